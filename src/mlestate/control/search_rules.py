"""What of all that is searched one caller may read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from ..catalog import searched
from ..catalog.references import WORKSPACE
from ..core.access import Caller, ancestors
from ..core.finding.compare import passes
from ..core.finding.places import Place, place_passes
from ..core.finding.tree import Test, Tree, verdict
from ..store.search.reading import Allowed

Below = tuple[tuple[int, str], ...]


def allowed(
    caller: Caller, kinds: Iterable[str], places: Sequence[Place], tree: Tree
) -> list[Allowed]:
    """By kind, the places where it may be read, less those where the tree finds nothing anyway.

    A kind that has several types, as a model and its versions, is read by who may read them all.
    """
    possible = [place for place in places if _possible(tree, place)]
    reach: dict[tuple[frozenset[int], Below], list[str]] = {}
    known: dict[tuple[frozenset[str], ...], tuple[frozenset[int], Below]] = {}
    for kind in kinds:
        if verdict(tree, lambda test, kind=kind: _of_kind(test, kind)) is False:  # type: ignore[misc]
            continue
        actions = [f"{type}/read" for type in searched.types_of(kind)]
        scopes = tuple(frozenset(caller.rights.scopes(action)) for action in actions)
        if scopes not in known:
            known[scopes] = _whole(scopes, possible), _below(scopes, possible)
        reach.setdefault(known[scopes], []).append(kind)
    return [
        Allowed(tuple(names), whole, below)
        for (whole, below), names in reach.items()
        if whole or below
    ]


def trimmed(caller: Caller, places: Iterable[Place]) -> list[Place]:
    """Places without the tags of those that the caller may not read themselves: one may be let to
    a model, and not to what its workspace says."""
    scopes = frozenset(caller.rights.scopes(f"{WORKSPACE}/read"))
    return [
        msgspec.structs.replace(place, tags={})
        if scopes.isdisjoint(ancestors(place.key))
        else place
        for place in places
    ]


def _of_kind(test: Test, kind: str) -> bool | None:
    return passes(test, kind, folded=True) if test.field == "kind" else None


def _possible(tree: Tree, place: Place) -> bool:
    def at(test: Test) -> bool | None:
        return place_passes(test, place) if test.of_place else None

    return verdict(tree, at) is not False


def _whole(scopes: Sequence[frozenset[str]], places: Iterable[Place]) -> frozenset[int]:
    """The places in which all of them reach everything."""
    return frozenset(
        place.number
        for place in places
        if all(not one.isdisjoint(ancestors(place.key)) for one in scopes)
    )


def _below(scopes: Sequence[frozenset[str]], places: Iterable[Place]) -> Below:
    """Single things, or collections, inside a place."""
    by_key = {place.key: place for place in places}
    return tuple(_inside(scopes, by_key))


def _inside(
    scopes: Sequence[frozenset[str]], by_key: dict[str, Place]
) -> Iterator[tuple[int, str]]:
    for scope in sorted(frozenset().union(*scopes)):
        above = [key for key in ancestors(scope) if key != scope and key in by_key]
        for key in above:
            if all(not one.isdisjoint(ancestors(scope)) for one in scopes):
                yield by_key[key].number, scope[len(key) :]
