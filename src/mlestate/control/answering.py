"""Questions about access, answered to those who may ask them.

Whoever may read role assignments at a scope may know who does what there; anyone may know it of
themselves. Nothing else is told: not who there is, nor which places there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Protocol

import msgspec

from ..core.access import Caller
from ..core.answers import difference, matrix
from ..core.answers.abilities import Ability, abilities, ability
from ..core.answers.chances import Chances, by_project, chances
from ..core.answers.change import Change
from ..core.answers.difference import Difference
from ..core.answers.holders import Holder, holders
from ..core.answers.known import slip
from ..core.answers.matrix import Asked, Cell
from ..core.answers.overlay import after, places_after
from ..core.answers.places import Place
from ..core.answers.verdict import Question, Verdict, decide_all
from ..core.answers.world import World
from ..core.errors import Invalid, NotFound
from ..core.principals import Principal
from ..core.user_names import upn
from .coming import Documents, documents_after, eligible_after, known_chances
from .targets import Targets

READ_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments/read"
# Who may read the whole directory may learn by a question who is in it.
READ_PEOPLE = ("mlestate.Identity/users/read", "mlestate.Identity/groups/read")
_MOST_CELLS = 200_000


class Worlds(Protocol):
    def now(self) -> World:
        """As it is at the moment; asked at every question."""

    def terms(self) -> Documents:
        """By id in lower case, what is said about activating roles."""


class Why(msgspec.Struct, frozen=True):
    principal: Principal
    ability: Ability
    question: Question
    verdict: Verdict
    ends: float | None
    world: World
    # Of an action that nobody has named.
    slip: str = ""


class Who(msgspec.Struct, frozen=True):
    ability: Ability
    question: Question
    holders: list[Holder]
    world: World
    slip: str = ""


class Matrix(msgspec.Struct, frozen=True):
    """`hidden` has, for each place, the abilities of which the caller, whose id is `own`, is told
    only their own."""

    people: list[Principal]
    places: list[Place]
    abilities: tuple[Ability, ...]
    hidden: dict[str, list[str]]
    cells: list[Cell]
    own: str
    world: World


class Diff(msgspec.Struct, frozen=True):
    differences: list[Difference]
    world: World


class Wanted(msgspec.Struct, frozen=True):
    """What of a matrix: a project, a workspace or a scope; some environments; some abilities and
    people. What is empty is all."""

    of: str = ""
    environments: tuple[str, ...] = ()
    abilities: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


class Answering:
    def __init__(self, targets: Targets, worlds: Worlds):
        self._targets, self._worlds = targets, worlds

    def why(self, caller: Caller, who: str, what: str, where: str, data: bool | None) -> Why:
        """Raises Forbidden, before anybody is looked up; Invalid where something is not said."""
        _hold_said(principal=who, action=what, scope=where)
        wanted = ability(what, data)
        own = is_self(caller, who)
        target = self._targets.find(caller, where)
        questions = self._targets.questions(wanted, target)
        if not own:
            _need_told(caller, questions)
        world = self._worlds.now()
        person = world.find(caller.id if own else who)
        question, verdict = questions[0], Verdict(False)
        if person:
            question, verdict = decide_all(world, person.id.lower(), questions)
        unseen = not (own or verdict.through or verdict.beside or _reads_people(caller))
        if person is None or unseen:
            # The same where there is nobody: who there is, only the directory tells.
            raise NotFound(
                f"nobody called `{who[:80]}` holds anything at `{question.scope}` or above it",
                code="PrincipalNotFound",
            )
        stay = world.stay({person.id.lower(), *world.above(person.id.lower())})
        ends = stay.ends if stay else None
        slip = self._slip(wanted, world)
        if slip:
            verdict = msgspec.structs.replace(verdict, role=None)
        return Why(person, wanted, question, verdict, ends, world, slip)

    def who(self, caller: Caller, what: str, where: str, data: bool | None) -> Who:
        _hold_said(action=what, scope=where)
        wanted = ability(what, data)
        questions = self._targets.questions(wanted, self._targets.find(caller, where))
        _need_told(caller, questions)
        world = self._worlds.now()
        found, *also = [holders(world, each) for each in questions]
        for others in also:
            able = {each.principal.id for each in others}
            found = [each for each in found if each.principal.id in able]
        return Who(wanted, questions[0], found, world, self._slip(wanted, world))

    def matrix(self, caller: Caller, wanted: Wanted) -> Matrix:
        places = self._places(caller, wanted)
        some = _abilities(wanted.abilities)
        every = [Asked(place, each) for place in places for each in some]
        open_ = _open(caller, every)
        world = self._worlds.now()
        people = _people(world, caller, open_, wanted.people)
        cells = _cells(world, caller, people, open_, every)
        shown = {each.principal for each in cells} | {caller.id.lower()}
        kept = [each for each in people if wanted.people or each.id.lower() in shown]
        told = {(each.place, each.ability.name) for each in open_}
        hidden: dict[str, list[str]] = {}
        for each in every:
            if (each.place, each.ability.name) not in told:
                hidden.setdefault(each.place.id, []).append(each.ability.name)
        own = "" if caller.job else caller.id
        return Matrix(kept, places, some, hidden, cells, own, world)

    def between(self, caller: Caller, of: str, before: str, after: str) -> Diff:
        """What people may do in one environment and not in the other, by project."""
        sides = [self._places(caller, Wanted(of, (one,))) for one in (before, after)]
        common = {each.project for each in sides[0]} & {each.project for each in sides[1]}
        first, second = (
            [
                Asked(place, each)
                for place in side
                if place.project in common
                for each in abilities()
            ]
            for side in sides
        )
        if not common:
            raise NotFound(f"no project has both `{before[:80]}` and `{after[:80]}`")
        first_open, second_open = _both(_open(caller, first), _open(caller, second))
        world = self._worlds.now()
        people = _people(world, caller, [*first_open, *second_open], ())
        then = _cells(world, caller, people, first_open, first)
        now = _cells(world, caller, people, second_open, second)
        coming = self._chances_between(caller, world, sides, common)
        return Diff(difference.between(then, now, *coming), world)

    def _chances_between(
        self, caller: Caller, world: World, sides: Sequence[list[Place]], projects: set[str]
    ) -> Iterator[Chances]:
        """By project, of those in which all may be known on both sides."""

        told = partial(_told, caller)
        hidden = {each.project for side in sides for each in side if not told(each.id)}
        known = known_chances(world.eligible, self._worlds.terms())
        for side in sides:
            some = [each for each in side if each.project in projects - hidden]
            yield by_project(chances(world, known, some, told), some)

    def change(self, caller: Caller, changes: Sequence[Change]) -> Diff:
        """What some writes and deletions would change. Takes reading the directory: by asking what
        if, one could find out who is in a group."""
        for action in READ_PEOPLE:
            caller.need(action, "/")
        before = self._worlds.now()
        later = after(before, changes, caller.id)
        later = later.with_eligible(
            eligible_after(before.eligible, changes, later.roles, later.now)
        )
        places = self._targets.places(caller)
        both_places = (places, places_after(places, changes))
        sides = [
            [Asked(place, each) for place in side for each in abilities()] for side in both_places
        ]
        opens = [_open(caller, side) for side in sides]
        then, now = (
            _cells(world, caller, _people(world, caller, open_, ()), open_, side)
            for world, open_, side in zip((before, later), opens, sides, strict=True)
        )
        coming = self._coming(caller, (before, later), both_places, changes)
        both = {**before.principals, **later.principals}
        known = World(both.values(), later.members, (), {}, later.now)
        return Diff(difference.over_time(then, now, *coming), known)

    def _coming(
        self,
        caller: Caller,
        worlds: tuple[World, World],
        places: tuple[Iterable[Place], Iterable[Place]],
        changes: Sequence[Change],
    ) -> tuple[Chances, Chances]:
        """What people may come to hold, before and after."""

        told = partial(_told, caller)
        documents = self._worlds.terms()
        then = known_chances(worlds[0].eligible, documents)
        now = known_chances(worlds[1].eligible, documents_after(documents, changes), changes)
        return (
            chances(worlds[0], then, places[0], told),
            chances(worlds[1], now, places[1], told),
        )

    def _slip(self, wanted: Ability, world: World) -> str:
        if wanted.name != wanted.action:
            return ""
        return slip(wanted.action, self._targets.actions(), world.roles.values())

    def _places(self, caller: Caller, wanted: Wanted) -> list[Place]:
        places = self._targets.places(caller)
        found = [each for each in places if not wanted.of or _is_of(each, wanted.of)]
        if not found and wanted.of:
            target = self._targets.find(caller, wanted.of)
            found = [each for each in places if each.within(target.scope)]
        some = {each.casefold() for each in wanted.environments}
        found = [each for each in found if not some or each.environment.casefold() in some]
        if not found:
            raise NotFound(
                f"there is no workspace of {_said(wanted)} that you may read", code="ScopeNotFound"
            )
        return found


def is_self(caller: Caller, who: str) -> bool:
    """Not a job: it has its submitter's id, and less than their rights."""
    names = {"me", caller.id.lower(), caller.name.casefold(), upn(caller.name).casefold()}
    return not caller.job and who.casefold() in names


def _need_told(caller: Caller, questions: Iterable[Question]) -> None:
    """To know of others what they may do there."""
    for each in questions:
        caller.need(READ_ASSIGNMENTS, each.scope)


def _told(caller: Caller, scope: str) -> bool:
    """Whether they may know who does what there."""
    return caller.rights.allows(READ_ASSIGNMENTS, scope)


def _hold_said(**said: str) -> None:
    """What is empty is meant to be something: nobody asks for all by it, nor about themselves."""
    for name, word in said.items():
        if not word.strip():
            raise Invalid(f"`{name}` is empty: say which", target=name)


def _reads_people(caller: Caller) -> bool:
    return all(caller.rights.allows(action, "/") for action in READ_PEOPLE)


def _abilities(words: Iterable[str]) -> tuple[Ability, ...]:
    """Raises Invalid with all that are none."""
    found, faults = [], []
    for word in words:
        try:
            found.append(ability(word))
        except Invalid as fault:
            faults.append(fault)
    if faults:
        text = "; ".join(map(str, faults))
        raise faults[0] if len(faults) == 1 else Invalid(text, details=tuple(faults))
    return tuple(dict.fromkeys(found)) or abilities()


def _open(caller: Caller, asked: Iterable[Asked]) -> list[Asked]:
    """Those of which the caller may know more than their own."""
    known: dict[str, bool] = {}
    found = []
    for each in asked:
        key = each.question.key
        if key not in known:
            known[key] = _told(caller, key)
        if known[key]:
            found.append(each)
    return found


def _both(first: list[Asked], second: list[Asked]) -> tuple[list[Asked], list[Asked]]:
    """Of each project, what may be known on both sides: else what is hidden looked like a loss."""
    there = [{(a.place.project, a.ability.name) for a in side} for side in (first, second)]
    common = there[0] & there[1]
    kept = [
        [a for a in side if (a.place.project, a.ability.name) in common] for side in (first, second)
    ]
    return kept[0], kept[1]


def _people(
    world: World, caller: Caller, asked: Iterable[Asked], names: Sequence[str]
) -> list[Principal]:
    """Those of whom something may be told; oneself among them, and groups where they are named."""
    everybody = matrix.everybody(world, asked, groups=bool(names))
    found = {each.id.lower(): each for each in everybody}
    own = None if caller.job else world.principals.get(caller.id.lower())
    if own is not None:
        found[own.id.lower()] = own
    if not names:
        return sorted(found.values(), key=lambda each: each.name.casefold())
    meant = {name: world.find(caller.name if name == "me" else name) for name in names}
    some = {each.id.lower(): each for each in meant.values() if each is not None}
    missing = [name for name, each in meant.items() if not each or each.id.lower() not in found]
    if missing:
        told = ", ".join(f"`{name[:80]}`" for name in sorted(missing))
        raise NotFound(f"nobody called {told} holds anything there", code="PrincipalNotFound")
    return sorted(some.values(), key=lambda each: each.name.casefold())


def _cells(
    world: World,
    caller: Caller,
    people: Sequence[Principal],
    open_: Sequence[Asked],
    every: Sequence[Asked],
) -> list[Cell]:
    """Of others what is open, of oneself all."""
    places = len({each.place for each in every})
    if len(people) * places > _MOST_CELLS:
        raise Invalid(
            f"{len(people):,} people in {places:,} workspaces are too many at once: name a "
            "project, environments or people"
        )
    own = [each.id.lower() for each in people if each.id == caller.id and not caller.job]
    others = [each.id.lower() for each in people if each.id.lower() not in own]
    return [*matrix.cells(world, others, open_), *matrix.cells(world, own, every)]


def _is_of(place: Place, word: str) -> bool:
    return word.casefold() in (place.project.casefold(), place.name.casefold(), place.id.casefold())


def _said(wanted: Wanted) -> str:
    of = f"`{wanted.of[:80]}`" if wanted.of else "the estate"
    named = ", ".join(f"`{each[:80]}`" for each in wanted.environments)
    return f"{of} in {named}" if named else of
