"""Who may do what where, all at once: what `access matrix` says, and what two of them differ in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from ..areas import ancestors, keys_of
from ..principals import Principal
from ..rights import gives
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
    by_place: dict[Place, list[_Ready]] = {}
    for each in asked:
        ready = _Ready(each.ability.name, each.question, giving[each.ability.name])
        by_place.setdefault(each.place, []).append(ready)
    return [
        Cell(id, place, found)
        for id, own, roles in _people(world, people)
        for place, some in by_place.items()
        if (found := frozenset(_allowed(world, own, roles, some)))
    ]


def everybody(world: World, asked: Iterable[Asked], groups: bool = False) -> list[Principal]:
    """People and programs, and `groups` too, who hold a role where something is asked, or above it;
    by name."""
    scopes = {scope for each in asked for scope in ancestors(each.question.key)}
    holding = {each.principal for scope in scopes for each in world.placed.get(scope, ())}
    taken = (each for each in world.activations if not scopes.isdisjoint(keys_of(each.scope)))
    holding.update(each.principal for each in taken)
    inside = holding.union(*(world.below(id) for id in holding if id in world.members))
    found = [world.principals[id] for id in inside if id in world.principals]
    people = [each for each in found if groups or each.kind != "Group"]
    return sorted(people, key=lambda each: each.name.casefold())


_Roles = Mapping[str, frozenset[str]]


class _Ready(NamedTuple):
    """An ability somewhere, with the ids of the roles that give it."""

    ability: str
    question: Question
    giving: frozenset[str]


def _giving(world: World, asked: Sequence[Asked]) -> dict[str, frozenset[str]]:
    """By ability, the ids of the roles that have it."""
    known = {each.role.id: each.role for each in world.assignments}
    known |= {each.role.id: each.role for each in world.activations}
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
        given = (each for holder in own.ways for each in world.given.get(holder, ()))
        for each in (*given, *world.active_of(own.ways)):
            for key in each.keys:
                roles.setdefault(key, set()).add(each.role.id)
        yield id, own, {scope: frozenset(some) for scope, some in roles.items()}


def _allowed(world: World, own: Held, roles: _Roles, asked: Iterable[_Ready]) -> Iterator[str]:
    reached: dict[str, frozenset[str]] = {}
    for ability, question, giving in asked:
        there = reached.get(question.scope)
        if there is None:
            some = (roles[scope] for scope in ancestors(question.key) if scope in roles)
            there = reached[question.scope] = frozenset().union(*some)
        if there.isdisjoint(giving):
            continue
        if barred(own, question, world.now) is None and not denied(own, question):
            yield ability
