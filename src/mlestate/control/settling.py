"""What a kill left half done between the cells, put right at a start, before anyone is served."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import structlog

from ..core import ids
from ..core.resource_type import ResourceType
from ..store.cells import Cells, Place
from ..store.operations import Operations
from ..store.resources import Resources
from .plane import Plane

_log = structlog.get_logger(__name__)


def settle(plane: Plane, whole: Collection[str]) -> None:
    """Only while nobody else works on these cells. Those that are not `whole` may lack more than a
    kill took, such as one that was put back from a backup: nothing is taken from them."""
    regions = [region for region in plane.cells.regions if region in whole]
    places = plane.cells.settle(regions)
    extensions = _drop_what_sat_on_the_gone(plane, regions)
    if places or extensions:
        _log.warning("taken back what was half done", places=places, extensions=extensions)
    if found := _place_what_has_no_place(plane):
        _log.warning("the estate's database did not know of these, and does now", places=found)
    for database in plane.cells.all():
        with database.turn() as connection:
            Operations(connection).free()


def _place_what_has_no_place(plane: Plane) -> list[str]:
    """Their keys. A place is taken before it is filled and given back after it is emptied: without
    one is only what came with a database that was put back, or stayed while the estate's own was.
    Of two that have a name that is unique, who has the place keeps the name, too."""
    cells, found = plane.cells, list[str]()
    for region, there in without_place(cells, plane.catalog):
        places = [_place(plane, region, id) for id in there]
        for key in (taken := cells.reserve_all(places, plane.clock())):
            _log.error("its name was given to another resource meanwhile", key=key, region=region)
        cells.reserve_all([Place(key, region) for key in sorted(taken)], plane.clock())
        found += [place.key for place in places]
    return found


def without_place(
    cells: Cells, catalog: Mapping[str, ResourceType]
) -> Iterator[tuple[str, list[ids.ResourceId]]]:
    """By region, what is there and in no region as far as the estate's own database knows.
    `catalog` is by name in lower case."""
    types = [key for key, kind in catalog.items() if not (kind.estate_wide or kind.parent)]
    for region, database in cells.regions.items():
        with database.read() as connection:
            every = [ids.parse(id) for id in Resources(connection).ids_of("", types)]
        there = [id for id in every if id.top() == id]
        known = cells.regions_of([id.key for id in there])
        for id in there:
            if known.get(id.key, region) != region:
                _log.error("it is in two regions", key=id.key, regions=[region, known[id.key]])
        if lost := [id for id in there if id.key not in known]:
            yield region, lost


def _place(plane: Plane, region: str, id: ids.ResourceId) -> Place:
    return Place(id.key, region, plane.kind(id).unique_in, id.name)


def _drop_what_sat_on_the_gone(plane: Plane, regions: Collection[str]) -> list[str]:
    """Their keys. The estate's own cell holds extensions, such as role assignments, of resources
    that are in another cell: a kill after the resource's removal leaves them, and a namesake would
    have them."""
    extensions = [(id, top.key) for id in _estate_wide(plane) if (top := id.parent.top())]
    places = plane.cells.regions_of({top for _, top in extensions})
    sat: dict[str, dict[str, list[str]]] = {}
    for id, key in extensions:
        region = None if _of_the_estate(plane, id.parent) else places.get(key)
        if region is not None and region in regions:
            sat.setdefault(region, {}).setdefault(id.parent.key, []).append(id.key)
    dropped: list[str] = []
    for region, scopes in sat.items():
        with plane.cells.named(region).read() as connection:
            there = Resources(connection).present(list(scopes))
        lost = [key for scope, keys in scopes.items() if scope not in there for key in keys]
        with plane.cells.estate.turn() as connection:
            for key in lost:
                Resources(connection).drop_tree(key)
        dropped += lost
    return dropped


def _of_the_estate(plane: Plane, id: ids.ResourceId) -> bool:
    kind = plane.catalog.get(id.type.lower())
    return kind is None or kind.estate_wide


def _estate_wide(plane: Plane) -> list[ids.ResourceId]:
    with plane.cells.estate.read() as connection:
        return [ids.parse(id) for id in Resources(connection).every_id()]
