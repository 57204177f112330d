"""Ids of role definitions. A role has one in each subscription and one above them all; its GUID
alone tells it from others."""

from __future__ import annotations

import re

DEFINITIONS = "Microsoft.Authorization/roleDefinitions"
_ID = re.compile(rf"(?:/.+)?/providers/{re.escape(DEFINITIONS)}/[^/]+", re.I)


def guid(role: str) -> str:
    """Of a definition's id, in lower case."""
    return role.rpartition("/")[2].lower()


def seen_in(subscription: str, role: str) -> str:
    """The id, as Azure shows it to who asks in a subscription; with none, above them all. `role` is
    any id of the role, or its GUID."""
    within = f"/subscriptions/{subscription}" if subscription else ""
    return f"{within}/providers/{DEFINITIONS}/{guid(role)}"


def folded(id: str) -> str:
    """The form in which ids of anything compare: without case, and of a role all ids as one."""
    return (seen_in("", id) if _ID.fullmatch(id) else id).lower()
