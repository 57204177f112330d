"""Who may do what where, all at once: what `access matrix` says, and what two of them differ in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from ..principals import Principal
from ..rights import ancestors, gives
from .abilities import Ability
from .places import Place
from .verdict import Held, Question, barred, denied, held
from .world import World


class Cell(msgspec.Struct, frozen=True):
    """What one person may do in one place; by the names of abilities."""

    principal: str
    place: Place
    abilities: frozenset[str]


class Asked(msgspec.Struct, frozen=True):
    """One ability in one place. Of some, only those are told who may know more than themselves."""

    place: Place
    ability: Ability

    @property
    def question(self) -> Question:
        return Question(self.ability.action, self.place.scope(self.ability), self.ability.data)


def cells(world: World, people: Iterable[str], asked: Sequence[Asked]) -> list[Cell]:
    """Of each person in each place; what is empty is left out."""
    giving = _giving(world, asked)
    by_place: dict[Place, list[Asked]] = {}
    for each in asked:
        by_place.setdefault(each.place, []).append(each)
    return [
        Cell(id, place, found)
        for id, own, roles in _people(world, people)
        for place, some in by_place.items()
        if (found := frozenset(_allowed(world, own, roles, some, giving)))
    ]


def everybody(world: World, asked: Iterable[Asked]) -> list[Principal]:
    """People and programs who hold a role where something is asked, or above it; by name."""
    scopes = {scope for each in asked for scope in ancestors(each.question.key)}
    holding = {each.principal for scope in scopes for each in world.placed.get(scope, ())}
    inside = holding.union(*(world.below(id) for id in holding if id in world.members))
    found = [world.principals[id] for id in inside if id in world.principals]
    people = [each for each in found if each.kind != "Group"]
    return sorted(people, key=lambda each: each.name.casefold())


_Roles = Mapping[str, frozenset[str]]


def _giving(world: World, asked: Sequence[Asked]) -> dict[str, frozenset[str]]:
    """By ability, the ids of the roles that have it."""
    known = {each.role.id: each.role for each in world.assignments}
    wanted = {each.ability.name: each.ability for each in asked}
    return {
        name: frozenset(
            id for id, role in known.items() if gives(role, each.action.lower(), each.data)
        )
        for name, each in wanted.items()
    }


def _people(world: World, people: Iterable[str]) -> Iterator[tuple[str, Held, _Roles]]:
    """Each with the roles that they hold, by scope."""
    for id in people:
        own = held(world, id)
        roles: dict[str, set[str]] = {}
        for holder in own.ways:
            for each in world.given.get(holder, ()):
                roles.setdefault(each.key, set()).add(each.role.id)
        yield id, own, {scope: frozenset(some) for scope, some in roles.items()}


def _allowed(
    world: World,
    own: Held,
    roles: _Roles,
    asked: Iterable[Asked],
    giving: Mapping[str, frozenset[str]],
) -> Iterator[str]:
    reached: dict[str, frozenset[str]] = {}
    for each in asked:
        question = each.question
        if question.key not in reached:
            some = (roles[scope] for scope in ancestors(question.key) if scope in roles)
            reached[question.key] = frozenset().union(*some)
        if reached[question.key].isdisjoint(giving[each.ability.name]):
            continue
        if barred(own, question, world.now) is None and not denied(world, own.ways, question):
            yield each.ability.name
