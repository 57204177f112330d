"""Why somebody may do a thing at a scope, or why not: what `access why` says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from .. import roles
from ..areas import ancestors
from ..guests import GUEST
from ..rights import Denial, Rights, Role, gives
from ..time_boxes import Eligibility
from .world import Assignment, Stay, World

# What stands in the way of whoever holds any role at all.
Bar = Literal["disabled", "denied", "guest-over", "guest-unsponsored", "guest-scope", "guest-never"]


class Question(msgspec.Struct, frozen=True):
    """`action` in any case; `scope` an id, empty or `/` for everything."""

    action: str
    scope: str
    data: bool = False

    @property
    def key(self) -> str:
        return self.scope.rstrip("/").lower()


class Way(msgspec.Struct, frozen=True):
    """An assignment that reaches somebody: through `groups`, from the one that they are in to the
    one that holds it; none where they hold it themselves."""

    assignment: Assignment
    groups: tuple[str, ...] = ()


class Verdict(msgspec.Struct, frozen=True):
    """`through` gives it; `beside` reaches the scope and does not. `bar` stops it whatever is
    given, a `denial` where that is one. `role` is the smallest built-in one that would do."""

    allowed: bool
    through: tuple[Way, ...] = ()
    beside: tuple[Way, ...] = ()
    bar: Bar | None = None
    denial: Denial | None = None
    role: Role | None = None
    eligible: tuple[Eligibility, ...] = ()


class Held(msgspec.Struct, frozen=True):
    """Who somebody is for the rules: themselves and each of their groups, with the way there."""

    ways: Mapping[str, tuple[str, ...]]
    stay: Stay | None
    enabled: bool = True
    against: Rights | None = None


def held(world: World, id: str) -> Held:
    ways = {id: (), **world.above(id)}
    known = world.principals.get(id)
    enabled = known is None or known.kind == "Group" or known.enabled
    denials = [each.denial for each in world.against if each.about(ways)]
    return Held(ways, world.stay(ways), enabled, Rights((), (), denials) if denials else None)


def decide_all(world: World, id: str, questions: Sequence[Question]) -> tuple[Question, Verdict]:
    """The first if all are allowed, else the one that is not. The role that would do has them all
    where several are asked."""
    besides = tuple(each.action for each in questions)
    first, *others = [(each, decide(world, id, each, besides)) for each in questions]
    return next((found for found in (first, *others) if not found[1].allowed), first)


def decide(world: World, id: str, question: Question, besides: tuple[str, ...] = ()) -> Verdict:
    """Of a group: what its members have through it. `besides`: what the smallest role has too."""
    own = held(world, id)
    reaching = list(reach(world, own.ways, question.key))
    through = tuple(way for way in reaching if _gives(way.assignment.role, question))
    beside = tuple(way for way in reaching if way not in through)
    denial = denied(own, question)
    bar = barred(own, question, world.now) or ("denied" if denial else None)
    if through and bar is None:
        return Verdict(True, through, beside)
    role = None if bar else roles.smallest(question.action, question.data, besides)
    eligible = () if bar else _eligible(world, own, question)
    return Verdict(False, through, beside, bar, denial, role, eligible)


def reach(world: World, holders: Mapping[str, tuple[str, ...]], key: str) -> Iterator[Way]:
    """Every assignment at a scope or above it to one of the holders, the nearest first; then what
    they hold for a time."""
    for scope in ancestors(key):
        for each in world.placed.get(scope, ()):
            if each.principal in holders:
                yield Way(each, holders[each.principal])
    above = set(ancestors(key))
    for each in world.active_of(holders):
        if not above.isdisjoint(each.keys):
            yield Way(each, holders[each.principal])


def barred(own: Held, question: Question, now: float) -> Bar | None:
    """What no grant helps against, deny assignments aside."""
    if not own.enabled:
        return "disabled"
    stay = own.stay
    if stay is None:
        return None
    if now >= stay.ends:
        return "guest-over"
    if not stay.sponsored:
        return "guest-unsponsored"
    if not stay.admits(question.scope):
        return "guest-scope"
    return None if _gives(GUEST, question) else "guest-never"


def denied(own: Held, question: Question) -> Denial | None:
    """The deny assignment that takes it from them."""
    if own.against is None:
        return None
    action, key = question.action.lower(), question.key
    if not own.against.area(action, question.data).bars(key):
        return None
    _, there = own.against.bounds(key)
    return next(each for each in there if gives(each, action, question.data))


def _eligible(world: World, own: Held, question: Question) -> tuple[Eligibility, ...]:
    """What would do; that for emergencies last."""
    found = [
        each
        for each in world.eligible_of(own.ways)
        if each.covers(question.scope) and _gives(each.role, question)
    ]
    return tuple(sorted(found, key=lambda each: each.glass))


def _gives(role: Role, question: Question) -> bool:
    return gives(role, question.action.lower(), question.data)
