"""Everybody who may do a thing at a scope: what `access who` says."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import msgspec

from ..areas import ancestors
from ..principals import Principal
from ..rights import gives
from .verdict import Question, Way, barred, denied, held
from .world import World


class Holder(msgspec.Struct, frozen=True):
    """`ends` is set for a guest: the first second after their last day."""

    principal: Principal
    through: tuple[Way, ...]
    ends: float | None = None


def holders(world: World, question: Question) -> list[Holder]:
    """People and programs, by name. Groups are how, not who."""
    found: dict[str, list[Way]] = {}
    for id, way in chain(_given(world, question), _taken(world, question)):
        found.setdefault(id, []).append(way)
    known = ((world.principals.get(id), ways) for id, ways in found.items())
    people = [
        holder
        for person, ways in known
        if person is not None and person.kind != "Group"
        if (holder := _holder(world, person, ways, question))
    ]
    return sorted(people, key=lambda each: each.principal.name.casefold())


def _given(world: World, question: Question) -> Iterator[tuple[str, Way]]:
    """Each principal with each way to the action; below groups as well."""
    action = question.action.lower()
    inside: dict[str, dict[str, tuple[str, ...]]] = {}
    for scope in ancestors(question.key):
        for each in world.placed.get(scope, ()):
            if not gives(each.role, action, question.data):
                continue
            yield each.principal, Way(each)
            if each.principal not in inside:
                inside[each.principal] = world.below(each.principal)
            for id, way in inside[each.principal].items():
                # The way leads down to them; said is the way up, from their own group.
                yield id, Way(each, (*reversed(way[:-1]), each.principal))


def _taken(world: World, question: Question) -> Iterator[tuple[str, Way]]:
    """Each principal with what they hold for a time, and what it gives."""
    takers = {each.principal for each in world.activations}
    above = set(ancestors(question.key))
    for id in takers.union(*(world.below(id) for id in takers)):
        ways = {id: (), **world.above(id)}
        for each in world.active_of(ways):
            reaches = not above.isdisjoint(each.keys)
            if reaches and gives(each.role, question.action.lower(), question.data):
                yield id, Way(each, ways[each.principal])


def _holder(world: World, person: Principal, ways: list[Way], question: Question) -> Holder | None:
    if not world.bounds and not world.against:
        return Holder(person, tuple(ways)) if person.enabled else None
    own = held(world, person.id.lower())
    if barred(own, question, world.now) or denied(own, question):
        return None
    return Holder(person, tuple(ways), own.stay.ends if own.stay else None)
