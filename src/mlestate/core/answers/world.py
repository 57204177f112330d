"""Everybody, whom they are with, and what was given to whom, at one moment."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from functools import reduce

import msgspec

from ..areas import keys_of
from ..guests import common, covers
from ..principals import Principal
from ..rights import EVERYONE, Denial, Role
from ..time_boxes import Activation, Eligibility, bounded
from ..user_names import names_of


class Assignment(msgspec.Struct, frozen=True):
    """A role that was given. `id` is the assignment's own; an empty `scope` is everything. `ends`
    is set where it is held for a time."""

    id: str
    principal: str
    scope: str
    role: Role
    ends: float = math.inf

    @property
    def keys(self) -> tuple[str, ...]:
        return keys_of(self.scope)


class Against(msgspec.Struct, frozen=True):
    """A denial, and whom it is about: some principals, EVERYONE among them for all, less others."""

    denial: Denial
    principals: frozenset[str]
    excluded: frozenset[str] = frozenset()

    def about(self, holders: Iterable[str]) -> bool:
        ids = set(holders)
        return not self.principals.isdisjoint({*ids, EVERYONE}) and self.excluded.isdisjoint(ids)


class Bound(msgspec.Struct, frozen=True):
    """What makes a principal a guest. `sponsored`: there is a sponsor, who is enabled."""

    scopes: tuple[str, ...]
    ends: float
    sponsored: bool = True


class Stay(msgspec.Struct, frozen=True):
    """What all the bounds of somebody and of their groups have in common."""

    scopes: tuple[str, ...]
    ends: float
    sponsored: bool

    def admits(self, scope: str) -> bool:
        return covers(self.scopes, scope)


class World:
    """`members` has the direct members of each group. Ids of principals are in lower case, those of
    assignments are keys of `assignments`; `roles` are all that can be given, by GUID."""

    def __init__(
        self,
        principals: Iterable[Principal],
        members: Mapping[str, Iterable[str]],
        assignments: Iterable[Assignment],
        bounds: Mapping[str, Bound],
        now: float,
        roles: Mapping[str, Role] | None = None,
        against: Iterable[Against] = (),
        eligible: Iterable[Eligibility] = (),
        activations: Iterable[Activation] = (),
    ):
        self.principals = {each.id.lower(): each for each in principals}
        self.names = {each.name.casefold(): id for id, each in self.principals.items()}
        self.members = {group: tuple(inside) for group, inside in members.items()}
        self.groups = _turned(self.members)
        self.assignments = tuple(assignments)
        # By who holds them, and by where.
        self.given = _by(self.assignments, lambda each: (each.principal,))
        self.placed = _by(self.assignments, lambda each: each.keys)
        self.bounds, self.now, self.roles = bounds, now, roles or {}
        self.against, self.eligible = tuple(against), tuple(eligible)
        self.activations = tuple(activations)

    def at(self, now: float) -> World:
        """The same at another moment: guests go by themselves."""
        later = copy(self)
        later.now = now
        return later

    def with_eligible(self, eligible: Iterable[Eligibility]) -> World:
        """The same, but for who may activate what."""
        other = copy(self)
        other.eligible = tuple(eligible)
        return other

    def find(self, word: str) -> Principal | None:
        """By object id, by name, or by user principal name."""
        if word.lower() in self.principals:
            return self.principals[word.lower()]
        found = (self.names.get(name.casefold()) for name in names_of(word))
        return next((self.principals[id] for id in found if id is not None), None)

    def above(self, id: str) -> dict[str, tuple[str, ...]]:
        """Every group that somebody is in, with a shortest way there: the groups from their own to
        that one. A ring of groups is harmless."""
        return _reached(id, self.groups)

    def below(self, group: str) -> dict[str, tuple[str, ...]]:
        """Everybody in a group, groups included, with a shortest way: from that group down."""
        return _reached(group, self.members)

    def eligible_of(self, held: Iterable[str]) -> list[Eligibility]:
        """What somebody with these ids may take now."""
        ids = set(held)
        mine = [each for each in self.eligible if each.principal in ids]
        return [each for each in mine if each.there(self.now)]

    def active_of(self, held: Iterable[str]) -> list[Assignment]:
        """What somebody with these ids has taken, and holds now."""
        if not self.activations:
            return []
        ids = set(held)
        known = {each.id: each for each in self.eligible_of(ids)}
        mine = (bounded(each, known) for each in self.activations if each.principal in ids)
        return [
            Assignment(
                each.shown or each.id,
                each.principal,
                each.place or each.scope,
                each.role,
                each.ends,
            )
            for each in mine
            if each is not None and each.begins <= self.now < each.ends
        ]

    def stay(self, held: Iterable[str]) -> Stay | None:
        """Of somebody who is, or is in, all of these; None for who is no guest."""
        bounds = [self.bounds[id] for id in held if id in self.bounds]
        if not bounds:
            return None
        return Stay(
            reduce(common, (each.scopes for each in bounds)),
            min(each.ends for each in bounds),
            all(each.sponsored for each in bounds),
        )


def _reached(start: str, ways: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    front: list[tuple[str, tuple[str, ...]]] = [(start, ())]
    while front:
        following: list[tuple[str, tuple[str, ...]]] = []
        for here, way in front:
            for there in ways.get(here, ()):
                if there != start and there not in found:
                    found[there] = (*way, there)
                    following.append((there, found[there]))
        front = following
    return found


def _turned(members: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """By member, the groups that they are in directly."""
    found: dict[str, list[str]] = {}
    for group, inside in members.items():
        for member in inside:
            found.setdefault(member, []).append(group)
    return {member: tuple(groups) for member, groups in found.items()}


def _by(
    assignments: Iterable[Assignment], keys: Callable[[Assignment], tuple[str, ...]]
) -> dict[str, tuple[Assignment, ...]]:
    found: dict[str, list[Assignment]] = {}
    for each in assignments:
        for key in keys(each):
            found.setdefault(key, []).append(each)
    return {word: tuple(some) for word, some in found.items()}
