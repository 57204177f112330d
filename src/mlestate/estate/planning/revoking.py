"""Access that an earlier file gave and this one gives no more: any apply takes it back.

It holds no data, and to leave it would leave a door open that the file says is shut.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from ...catalog import role_policies
from ...catalog.break_glass import GLASS
from ...catalog.schedule_requests import ELIGIBILITIES, Status
from ..desired import LOCKS, Desired, Document
from .compare import Difference
from .contents import name
from .graph import above
from .moves import Pairs

# What lets somebody in, or lets them in when they ask: who may come to hold a role has access.
_GIVING = frozenset(
    each.lower() for each in ("Microsoft.Authorization/roleAssignments", ELIGIBILITIES, GLASS)
)
# They give nothing: without them what is within reach is had on the usual terms, by asking.
_TERMS = frozenset(each.name.lower() for each in role_policies.TERMS)
GROUPS = "mlestate/groups"
_LOCK = "/providers/microsoft.authorization/locks/"


def scope_of(key: str) -> str:
    """What access is given on, by the id in lower case of what gives it; empty for all else."""
    return _scope_of(key, _GIVING)


def use_of(key: str) -> str:
    """As `scope_of`, of the terms as well on which it is given."""
    return _scope_of(key, _GIVING | _TERMS)


def revoked(gone: Sequence[Desired], moved: Pairs, actual: Mapping[str, Document]) -> list[Desired]:
    """The access that the file gives nowhere. What is given where a thing moved to stays with what
    that was, as long as that does."""
    left = {each.id.lower() for each in gone}
    return [
        each
        for each in gone
        if each.type.lower() in _GIVING
        and not (each.id.lower() in moved and scope_of(each.id.lower()) in left)
        and not _is_over(actual[each.id.lower()])
    ]


def emptied(
    gone: Iterable[Desired],
    moved: Pairs,
    said: Mapping[str, Sequence[Document]],
    actual: Mapping[str, Document],
) -> Iterator[tuple[Desired, Difference]]:
    """The groups that the file has no more, without those whom an earlier one put into them."""
    for each in gone:
        key = each.id.lower()
        bodies = said.get(key, ())
        if each.type != GROUPS or key in moved or any(body.get("guest") for body in bodies):
            continue  # a group of guests lets nobody in by itself, and ends with their stay
        there = actual[key]
        members = _names(there)
        put = {one.lower() for body in bodies for one in _names(body)}
        rest = [one for one in members if one.lower() not in put]
        if len(rest) < len(members):
            kept = {word: there[word] for word in ("displayName", "objectId") if word in there}
            wanted = msgspec.structs.replace(each, body={**kept, "members": rest}, needs=())
            yield wanted, Difference("members", members, rest)


class Locked:
    """What stays locked by the time that things are removed."""

    def __init__(self, gone: Iterable[Desired], actual: Iterable[str], prune: bool):
        self._going = {each.id.lower() for each in gone if each.type == LOCKS}
        locks = [key for key in actual if _LOCK in key and (not prune or key not in self._going)]
        self._locks = {key.partition(_LOCK)[0]: key for key in locks}

    def why(self, key: str) -> str:
        """What the server will say against removing it; empty where nothing."""
        scope = next((each for each in (key, *above(key)) if each in self._locks), "")
        if not scope or _LOCK in key:
            return ""
        if self._locks[scope] in self._going:
            return f"`{name(scope)}` is locked by an earlier file: `--prune` takes that lock away"
        return f"`{name(scope)}` is locked: take that lock off for this apply"


def _scope_of(key: str, types: Collection[str]) -> str:
    scope, _, rest = key.rpartition("/providers/")
    return scope if rest.rpartition("/")[0] in types else ""


def _is_over(document: Document) -> bool:
    """Of what somebody has taken back the request is still there."""
    said = document.get("properties")
    return isinstance(said, Mapping) and said.get("status") == Status.REVOKED.value


def _names(document: Document) -> list[str]:
    members = document.get("members")
    return [str(each) for each in members] if isinstance(members, Sequence) else []
