"""The order of making: what stands above or is referred to comes first.

Levels, for work in parallel: all of a level can be made at once when the ones before it are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from .desired import Desired, Json

Levels = list[list[Desired]]


def levels(desired: Sequence[Desired]) -> Levels:
    """Within a level the order is that of `desired`. Raises ValueError on a circle."""
    needs = dependencies(desired)
    depth: dict[str, int] = {}
    for each in desired:
        _measure(each.id.lower(), needs, depth)
    found: Levels = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for each in desired:
        found[depth[each.id.lower()]].append(each)
    return found


def dependencies(desired: Sequence[Desired]) -> dict[str, set[str]]:
    """For each id, in lower case, the ids of `desired` that must be there before it."""
    known = {each.id.lower(): each.id.lower() for each in desired}
    # An assignment names its principal by object id, so that this id leads to the address too.
    objects = {
        str(each.body["objectId"]).lower(): each.id.lower()
        for each in desired
        if "objectId" in each.body
    }
    names = objects | known
    return {each.id.lower(): set(_needed(each, names)) for each in desired}


def _needed(desired: Desired, names: Mapping[str, str]) -> Iterator[str]:
    own = desired.id.lower()
    words = [*desired.needs, *_strings(desired.body), *_above(own)]
    for word in words:
        target = names.get(word.lower())
        if target and target != own:
            yield target


def _above(key: str) -> Iterator[str]:
    while key := key.rpartition("/")[0]:
        yield key


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, Iterable):
        for each in value:
            yield from _strings(each)


def _measure(key: str, needs: Mapping[str, set[str]], depth: dict[str, int]) -> None:
    """Depth first with a stack of its own: a chain may be longer than Python's."""
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
