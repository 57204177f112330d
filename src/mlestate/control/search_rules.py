"""What of all that is searched one caller may read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from ..catalog import searched
from ..catalog.references import WORKSPACE
from ..core.access import Area, Caller, ancestors
from ..core.finding.compare import passes
from ..core.finding.places import Place, place_passes
from ..core.finding.tree import Test, Tree, verdict
from ..store.search.reading import Allowed

Tails = tuple[tuple[int, str], ...]


class _Reach(NamedTuple):
    whole: frozenset[int]
    below: Tails
    taken: Tails
    hidden: Tails


def allowed(
    caller: Caller, kinds: Iterable[str], places: Sequence[Place], tree: Tree
) -> list[Allowed]:
    """By kind, the places where it may be read, less those where the tree finds nothing anyway.

    A kind that has several types, as a model and its versions, is read by who may read them all.
    """
    possible = [place for place in places if _possible(tree, place)]
    reach: dict[_Reach, list[str]] = {}
    known: dict[tuple[Area, ...], _Reach] = {}
    for kind in kinds:
        if verdict(tree, lambda test, kind=kind: _of_kind(test, kind)) is False:  # type: ignore[misc]
            continue
        actions = [f"{type}/read" for type in searched.types_of(kind)]
        areas = tuple(caller.rights.area(action) for action in actions)
        if areas not in known:
            known[areas] = _reach(areas, possible)
        reach.setdefault(known[areas], []).append(kind)
    return [Allowed(tuple(names), *each) for each, names in reach.items() if each[0] or each[1]]


def trimmed(caller: Caller, places: Iterable[Place]) -> list[Place]:
    """Places without the tags of those that the caller may not read themselves: one may be let to
    a model, and not to what its workspace says."""
    area = caller.rights.area(f"{WORKSPACE}/read")
    return [
        place if area.has(place.key) else msgspec.structs.replace(place, tags={})
        for place in places
    ]


def _of_kind(test: Test, kind: str) -> bool | None:
    return passes(test, kind, folded=True) if test.field == "kind" else None


def _possible(tree: Tree, place: Place) -> bool:
    def at(test: Test) -> bool | None:
        return place_passes(test, place) if test.of_place else None

    return verdict(tree, at) is not False


def _reach(areas: Sequence[Area], places: Iterable[Place]) -> _Reach:
    """What all of them have in common: places as a whole, single things or collections inside a
    place, and what of these is denied."""
    by_key = {place.key: place for place in places}
    whole = (place.number for key, place in by_key.items() if _common(areas, key))
    given = {key for area in areas for key in area.given if _common(areas, key)}
    taken = {key for area in areas for key in area.taken}
    hidden = {key for area in areas for key in area.hidden}
    return _Reach(
        frozenset(whole), *(tuple(_inside(keys, by_key)) for keys in (given, taken, hidden))
    )


def _common(areas: Sequence[Area], key: str) -> bool:
    return all(area.reaches(key) for area in areas)


def _inside(keys: Iterable[str], by_key: dict[str, Place]) -> Iterator[tuple[int, str]]:
    for key in sorted(keys):
        for above in ancestors(key):
            if above != key and above in by_key:
                yield by_key[above].number, key[len(above) :]
