"""What a kill left half done between the cells, put right at a start, before anyone is served."""

from __future__ import annotations

from ..core import ids
from ..store.operations import Operations
from ..store.resources import Resources
from .plane import Plane


def settle(plane: Plane) -> None:
    """Only while nobody else works on these cells."""
    plane.cells.settle()
    _drop_what_sat_on_the_gone(plane)
    for database in plane.cells.all():
        with database.turn() as connection:
            Operations(connection).free()


def _drop_what_sat_on_the_gone(plane: Plane) -> None:
    """The estate's own cell holds extensions, such as role assignments, of resources that are in
    another cell: a kill after the resource's removal leaves them, and a namesake would have them.
    """
    extensions = [(id, top.key) for id in _estate_wide(plane) if (top := id.parent.top())]
    places = plane.cells.regions_of({top for _, top in extensions})
    sat: dict[str, dict[str, list[str]]] = {}
    for id, key in extensions:
        region = None if _of_the_estate(plane, id.parent) else places.get(key)
        if region is not None and region in plane.cells.regions:
            sat.setdefault(region, {}).setdefault(id.parent.key, []).append(id.key)
    for region, scopes in sat.items():
        with plane.cells.named(region).read() as connection:
            there = Resources(connection).present(list(scopes))
        lost = [key for scope, keys in scopes.items() if scope not in there for key in keys]
        with plane.cells.estate.turn() as connection:
            for key in lost:
                Resources(connection).drop_tree(key)


def _of_the_estate(plane: Plane, id: ids.ResourceId) -> bool:
    kind = plane.catalog.get(id.type.lower())
    return kind is None or kind.estate_wide


def _estate_wide(plane: Plane) -> list[ids.ResourceId]:
    with plane.cells.estate.read() as connection:
        return [ids.parse(id) for id in Resources(connection).every_id()]
