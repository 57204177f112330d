"""What a kill left half done between the cells, put right at a start, before anyone is served."""

from __future__ import annotations

from collections.abc import Collection

import structlog

from ..core import ids
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
    for database in plane.cells.all():
        with database.turn() as connection:
            Operations(connection).free()


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
