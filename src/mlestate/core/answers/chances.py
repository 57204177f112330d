"""What people may come to hold: roles that they could activate in a place, and on which terms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from ..areas import ancestors, key_of, keys_of
from ..time_boxes import Eligibility
from .places import Place
from .verdict import held
from .world import World

_WORKSPACES = "/providers/microsoft.machinelearningservices/workspaces/"


class Chance(msgspec.Struct, frozen=True, order=True):
    """A role by its name, for `longest` seconds at most. `approval`: one of `approvers`, by their
    object ids, has to agree. `glass`: it is taken at once, in an emergency."""

    glass: bool
    role: str
    longest: float
    approval: bool = False
    approvers: tuple[str, ...] = ()


Chances = Mapping[tuple[str, str], frozenset[Chance]]


def chances(
    world: World,
    known: Mapping[str, Chance],
    places: Iterable[Place],
    told: Callable[[str], bool],
) -> Chances:
    """By person and workspace. `known` has what an eligibility, by its id, comes to; `told` says of
    which scopes the asker may know."""
    found: dict[tuple[str, str], set[Chance]] = {}
    where = _Where(places)
    for each in world.eligible:
        chance = known.get(each.id)
        if chance is None or not each.there(world.now):
            continue
        for scope, place in where.of(each):
            if told(scope):
                for id in _able(world, each.principal, scope):
                    found.setdefault((id, place.id.lower()), set()).add(chance)
    return {key: frozenset(some) for key, some in found.items()}


def by_project(found: Chances, places: Iterable[Place]) -> Chances:
    """By person and project, those by person and workspace."""
    projects = {place.id.lower(): place.project for place in places}
    kept: dict[tuple[str, str], frozenset[Chance]] = {}
    for (person, workspace), some in found.items():
        key = (person, projects[workspace])
        kept[key] = kept.get(key, frozenset()) | some
    return kept


class _Where:
    """The workspaces that a scope is about: above them, or one of the things beside them."""

    def __init__(self, places: Iterable[Place]):
        self._below: dict[str, list[Place]] = {}
        self._beside: dict[str, list[Place]] = {}
        for place in places:
            for key in ancestors(key_of(place.id)):
                self._below.setdefault(key, []).append(place)
            for beside in (key_of(place.group), key_of(place.storage)):
                self._beside.setdefault(beside, []).append(place)

    def of(self, each: Eligibility) -> Iterator[tuple[str, Place]]:
        """Each with the scope at which the role counts: the workspace, or what is beside it."""
        above = [place for key in keys_of(each.scope) for place in self._below.get(key, ())]
        if above or _WORKSPACES in f"{each.scope}/":
            yield from ((place.id, place) for place in above)
            return
        group = "/".join(each.scope.split("/")[:5])
        found = [place for key in (each.scope, group) for place in self._beside.get(key, ())]
        yield from ((each.scope, place) for place in dict.fromkeys(found))


def _able(world: World, principal: str, scope: str) -> Iterator[str]:
    """People and programs, who are not shut out there altogether."""
    for id in (principal, *world.below(principal)):
        person = world.principals.get(id)
        if person is None or person.kind == "Group" or not person.enabled:
            continue
        stay = held(world, id).stay if world.bounds else None
        if stay is None or (world.now < stay.ends and stay.sponsored and stay.admits(scope)):
            yield id
