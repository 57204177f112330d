"""The order of making: what stands above or is referred to comes first."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...catalog.management import ROOT_ID
from ...core.role_ids import folded
from ..desired import DENIALS, LOCKS, Desired, Json

Needs = Mapping[str, set[str]]


def ordered(desired: Sequence[Desired], needs: Needs) -> list[Desired]:
    """What is needed first; as far as that leaves it open, in the order given.

    Raises ValueError on a circle.
    """
    depth: dict[str, int] = {}
    for each in desired:
        _measure(each.id.lower(), needs, depth)
    # Sorting is stable: within a depth the order is that of `desired`.
    return sorted(desired, key=lambda each: depth[each.id.lower()])


def dependencies(desired: Sequence[Desired]) -> dict[str, set[str]]:
    """For each id, in lower case, the ids of `desired` that must be there before it."""
    names = names_of(desired)
    needs = {each.id.lower(): set(_needed(each, names)) for each in desired}
    for lock, held in _locked(desired):
        needs[lock].update(held)
    return needs


def names_of(desired: Iterable[Desired]) -> dict[str, str]:
    """Under what each may be referred to, in lower case, and its id."""
    known, objects = {}, {}
    for each in desired:
        key = each.id.lower()
        known[key] = known[_word(key)] = key
        # An assignment names its principal by object id, so that this leads to the address too.
        if object_id := each.body.get("objectId"):
            objects[str(object_id).lower()] = key
    return objects | known


def reversed_of(needs: Needs) -> dict[str, set[str]]:
    """For each id those that need it."""
    found: dict[str, set[str]] = {key: set() for key in needs}
    for key, targets in needs.items():
        for target in targets:
            found[target].add(key)
    return found


def references(document: Mapping[str, Json], names: Mapping[str, str]) -> set[str]:
    """The ids of those that a document speaks of."""
    return {names[key] for word in strings(document) if (key := _word(word)) in names}


def above(key: str) -> Iterator[str]:
    while key := key.rpartition("/")[0]:
        yield key


def strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, Iterable):
        for each in value:
            yield from strings(each)


def _word(word: str) -> str:
    """As it compares: a role has an id in each subscription."""
    lowered = word.lower()
    return folded(lowered) if "/roledefinitions/" in lowered else lowered


def _locked(desired: Sequence[Desired]) -> Iterator[tuple[str, list[str]]]:
    """Each lock and denial with all that it is about: it is made when that is there, and goes
    before it does."""
    last = (LOCKS, DENIALS)
    keys = sorted(each.id.lower() for each in desired if each.type not in last)
    for each in desired:
        if each.type in last:
            scope = each.id.lower().rpartition("/providers/")[0]
            if scope == ROOT_ID.lower():
                scope = "/subscriptions"
            # `0` is what follows `/`: all that begins with the scope and a slash.
            yield each.id.lower(), keys[bisect(keys, f"{scope}/") : bisect(keys, f"{scope}0")]


def _needed(desired: Desired, names: Mapping[str, str]) -> Iterator[str]:
    own = desired.id.lower()
    for word in (*desired.needs, *strings(desired.body)):
        target = names.get(_word(word))
        if target and target != own:
            yield target
    for key in above(own):
        if key in names:
            yield key


def _measure(key: str, needs: Needs, depth: dict[str, int]) -> None:
    """Depth first with a stack of its own: a chain may be longer than Python's."""
    if key in depth:
        return
    stack: list[tuple[str, Iterator[str]]] = [(key, iter(needs[key]))]
    open_keys = {key}
    while stack:
        current, rest = stack[-1]
        following = next((each for each in rest if each not in depth), None)
        if following is None:
            depth[current] = 1 + max((depth[each] for each in needs[current]), default=-1)
            open_keys.discard(current)
            stack.pop()
        elif following in open_keys:
            raise ValueError(f"`{following}` and `{current}` need each other")
        else:
            open_keys.add(following)
            stack.append((following, iter(needs[following])))
