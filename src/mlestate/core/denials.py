"""Denials, and what they are called where Azure's clients read them."""

from __future__ import annotations

import uuid

DENIAL = "Mlestate.Organization/denials"
DENY_ASSIGNMENT = "Microsoft.Authorization/denyAssignments"
_OF_DENIALS = uuid.UUID("0a8f5c1e-7d52-5b0c-8f3e-2f6c1a9d7b44")


def shown_as(key: str) -> str:
    """The name of the deny assignment that stands beside a denial, which is said by its id in lower
    case."""
    return str(uuid.uuid5(_OF_DENIALS, key))
