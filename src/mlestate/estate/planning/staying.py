"""What is not removed, though no file names it any more, and why: it holds what none can make."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from .contents import Contents, guarded, name
from .graph import above
from .removals import Removal

_ASSIGNMENT = "microsoft.authorization/roleassignments"
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
    stay = {key: why for key, each in known.items() if (why := planned_objection(each, named))}
    root = {key: key for key in stay}
    for key in known.keys() - stay.keys():
        if holder := next((each for each in above(key) if each in stay), None):
            root[key] = root[holder]
    open_keys = list(root)
    while open_keys:
        current = open_keys.pop()
        for key in known[current].needs & known.keys() - root.keys():
            root[key] = root[current]
            open_keys.append(key)
    return stay | {key: kept_with(known[of]) for key, of in root.items() if key not in stay}


def planned_objection(removal: Removal, named: Collection[str] = ()) -> str:
    """Why it must stay; empty where it may go, as far as it is known before anything has gone."""
    if removal.desired.type.lower() in _CONTAINERS:
        return objection(removal, Contents(inside=removal.contents.inside), named)
    return objection(removal, removal.contents, named)


def objection(removal: Removal, contents: Contents, named: Collection[str] = ()) -> str:
    """Why it must stay, with these contents; empty where it may go."""
    kind = removal.desired.type.lower()
    users = [each for each in removal.dependants if _ASSIGNMENT not in each.lower()]
    if guarded(kind) and users:
        return f"`{name(users[0])}` uses it, and stays"
    if kind in _CONTAINERS and contents.inside:
        return f"`{contents.inside[0]}` stands in it, which no file made: delete that first"
    if contents.empty or {removal.key, name(removal.key)} & {each.lower() for each in named}:
        return ""
    word = name(removal.desired.id)
    return f"it holds {contents}: to delete it with that, say `--prune --delete-data {word}`"


def kept_with(removal: Removal) -> str:
    return f"`{name(removal.desired.id)}` stays, and this with it"
