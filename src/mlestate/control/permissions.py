"""`{scope}/providers/Microsoft.Authorization/permissions`: what the caller may do there, told as
permissions of roles. Azure's clients ask for it before they offer something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..core.access import Caller, Permission, matches
from ..core.ids import Address

COLLECTION = "Microsoft.Authorization/permissions"


def permissions(caller: Caller, address: Address) -> list[dict[str, Any]]:
    """Never more than they may: where patterns cannot say it exactly, less. It is about the caller
    alone, and takes no right."""
    limits, denials = caller.rights.bounds(str(address.id))
    found = [each for role in caller.rights.held(str(address.id)) for each in role.permissions]
    for limit in limits:
        found = [both for each in found for one in limit.permissions for both in _both(each, one)]
    denied = [each for one in denials for each in one.permissions]
    return [_shown(each, denied) for each in found]


def _both(one: Permission, other: Permission) -> Iterator[Permission]:
    actions = _common(one.actions, other.actions)
    data_actions = _common(one.data_actions, other.data_actions)
    if actions or data_actions:
        yield Permission(
            actions,
            (*one.not_actions, *other.not_actions),
            data_actions,
            (*one.not_data_actions, *other.not_data_actions),
        )


def _common(some: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    """Of each pair the narrower pattern: one that fits into another is matched by it as a text."""
    pairs = [(one, other) for one in some for other in others]
    narrow = [one for one, other in pairs if matches((other,), one.lower())]
    narrow += [other for one, other in pairs if matches((one,), other.lower())]
    return tuple(dict.fromkeys(narrow))


def _shown(found: Permission, denied: Iterable[Permission]) -> dict[str, Any]:
    return {
        "actions": list(found.actions),
        "notActions": [*found.not_actions, *(a for one in denied for a in one.actions)],
        "dataActions": list(found.data_actions),
        "notDataActions": [
            *found.not_data_actions,
            *(a for one in denied for a in one.data_actions),
        ],
    }
