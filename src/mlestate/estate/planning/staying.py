"""What is not removed, though no file names it any more, and why: it holds what none can make."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import takewhile

from ..desired import LOCKS
from .contents import Contents, guarded, name
from .graph import above
from .removals import Removal
from .revoking import scope_of, use_of

# What they hold is held by what stands in them, and is asked for there.
_CONTAINERS = frozenset(
    {"microsoft.resources/subscriptions", "microsoft.resources/subscriptions/resourcegroups"}
)


def staying(removals: Sequence[Removal], named: Collection[str] = ()) -> dict[str, str]:
    """Why each of them stays that does, as far as the plan can tell, by id in lower case.

    `named`: by name or id, what may go with the data in it. What stays keeps all that it needs,
    and all that stands in it: its access and its computes are part of how it can be used.
    """
    known = {each.key: each for each in removals}
    stay = _objections(removals, named)
    root = {key: key for key in stay}
    for key in known.keys() - stay.keys():
        holder = next((each for each in above(key) if each in stay), None)
        if holder and _holds(known[holder], known[key]):
            root[key] = root[holder]
    open_keys = list(root)
    while open_keys:
        current = open_keys.pop()
        for key in known[current].needs & known.keys() - root.keys():
            root[key] = root[current]
            open_keys.append(key)
    return stay | {key: kept_with(known[of]) for key, of in root.items() if key not in stay}


def nameable(removals: Sequence[Removal]) -> Iterator[Removal]:
    """Those of which all that they wait for is to be named: see `--delete-data`."""
    for each in removals:
        container = each.desired.type.lower() in _CONTAINERS
        if not container and not each.contents.empty and not objection(each, Contents()):
            yield each


def _objections(removals: Sequence[Removal], named: Collection[str]) -> dict[str, str]:
    """Of each by itself, as far as they are known before anything has gone."""
    known = {each.key: each for each in removals}
    found = ((each.key, objection(each, _its_own(each, known), named)) for each in removals)
    return {key: why for key, why in found if why}


def _its_own(removal: Removal, known: Mapping[str, Removal]) -> Contents:
    """Of a container less what is in another of the removals: it goes, or stays, with that."""
    if removal.desired.type.lower() not in _CONTAINERS:
        return removal.contents
    contents = removal.contents
    inside = tuple(each for each in contents.inside if not _within(each, removal, known))
    told = any(each.contents.more and removal.key in above(key) for key, each in known.items())
    return Contents(inside=inside, more=contents.more and not told)


def _within(id: str, removal: Removal, known: Collection[str]) -> bool:
    below = takewhile(lambda each: each != removal.key, above(id.lower()))
    return any(each in known for each in below)


def _holds(holder: Removal, inner: Removal) -> bool:
    """Whether what stands in a thing that stays is part of how that can be used. A lock is not, and
    would hold fast what is to go; of a container, only who may use it is,
    and on which terms."""
    if inner.revokes or inner.desired.type == LOCKS:
        return False
    if holder.desired.type.lower() not in _CONTAINERS:
        return True
    return use_of(inner.key) == holder.key


def objection(removal: Removal, contents: Contents, named: Collection[str] = ()) -> str:
    """Why it must stay, with these contents; empty where it may go."""
    kind = removal.desired.type.lower()
    users = [each for each in removal.dependants if not scope_of(each.lower())]
    if removal.in_use:
        return f"`{removal.in_use}` gives it, or rests on it, and no file made that: take that back"
    if guarded(kind) and users:
        return f"`{name(users[0])}` uses it, and stays"
    if kind in _CONTAINERS and contents.inside:
        return f"`{contents.inside[0]}` stands in it, which no file made: delete that first"
    if kind in _CONTAINERS and contents.more:
        return "something is in it that you may not read: who may has to delete that first"
    if contents.empty or {removal.key, name(removal.key)} & {each.lower() for each in named}:
        return ""
    word = name(removal.desired.id)
    return f"it holds {contents}: to delete it with that, say `--prune --delete-data {word}`"


def kept_with(removal: Removal) -> str:
    return f"`{name(removal.desired.id)}` stays, and this with it"
