"""Whoever asks: nothing about others is told beyond what their role assignments may tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mlestate.api import access_documents as documents
from mlestate.control.answering import READ_ASSIGNMENTS, READ_PEOPLE, Answering, Wanted
from mlestate.control.targets import Target, Targets
from mlestate.core.access import Caller
from mlestate.core.answers.abilities import Ability, ability
from mlestate.core.answers.places import Place
from mlestate.core.answers.verdict import Question
from mlestate.core.answers.world import Assignment, World
from mlestate.core.areas import ancestors, keys_of
from mlestate.core.errors import Forbidden, PlatformError
from tests.answer_worlds import (
    ML,
    PEOPLE,
    PLACES,
    ROLES,
    SCOPES,
    TEAMS,
    Worlds,
    everybody,
    scopes,
    some_worlds,
    worlds,
)


@pytest.fixture(scope="module")
def makes() -> Iterator[Worlds]:
    with some_worlds() as found:
        yield found


class Known(Targets):
    """The places that are read by their own right."""

    def __init__(self) -> None:
        """Without an estate."""

    def places(self, caller: Caller) -> list[Place]:
        return [each for each in PLACES if caller.rights.allows(f"{ML}/read", each.id)]

    def find(self, caller: Caller, word: str) -> Target:
        return Target(word or "/")

    def questions(self, ability: Ability, target: Target) -> list[Question]:
        return [Question(ability.action, target.at(ability), ability.data)]


class Still:
    def __init__(self, world: World):
        self._world = world

    def now(self) -> World:
        return self._world

    def terms(self) -> dict[str, Any]:
        return {}


def answers(world: World, caller: Caller) -> list[Any]:
    """All that somebody is told: of everybody, everywhere, as it goes out."""
    answering = Answering(Known(), Still(world))
    told = [
        _told(documents.matrix, answering.matrix, caller, Wanted()),
        _told(documents.diff, answering.between, caller, "", "e0", "e1"),
    ]
    for word, scope in product(("train", "read-data", "see-access"), SCOPES):
        told.append(_told(documents.who, answering.who, caller, word, scope or "/", None))
        told += [
            _told(documents.why, answering.why, caller, name, word, scope or "/", None)
            for name in (*PEOPLE, *TEAMS, "nobody")
        ]
    return told


def _told(shown: Callable[[Any], Any], ask: Callable[..., Any], *said: Any) -> Any:
    """A document, or how it was refused."""
    try:
        return shown(ask(*said))
    except PlatformError as error:
        return type(error), str(error)


@settings(max_examples=25, deadline=None)
@given(worlds, st.tuples(everybody, st.sampled_from(ROLES), scopes))
def test_what_one_may_not_read_of_others_changes_no_answer(makes: Worlds, said: Any, more: Any):
    """One more role, for somebody else, where the asker may not read assignments nor below it."""
    world, (holder, role, scope) = makes.make(said), more
    caller, other = makes.house.directory.caller(makes.ids["p0"]), makes.ids[holder]
    assume(caller is not None and other != caller.id and other not in world.above(caller.id))
    assert caller is not None
    assume(not any(seen(caller, each) for each in below(scope)))
    given = (*world.assignments, Assignment(f"{scope}/more", other, scope, role))
    fuller = World(
        world.principals.values(),
        world.members,
        given,
        world.bounds,
        world.now,
        world.roles,
        world.against,
    )
    assert answers(world, caller) == answers(fuller, caller)


def seen(caller: Caller, scope: str) -> bool:
    return caller.rights.allows(READ_ASSIGNMENTS, scope)


def below(scope: str) -> list[str]:
    keys = set(keys_of(scope))
    return [each for each in SCOPES if not keys.isdisjoint(ancestors(each.lower()))]


@settings(max_examples=25, deadline=None)
@given(worlds)
def test_nobody_is_told_of_others_where_they_may_not_read_assignments(makes: Worlds, said: Any):
    world = makes.make(said)
    for name in PEOPLE:
        caller = makes.house.directory.caller(makes.ids[name])
        if caller is not None:
            told_within(caller, Answering(Known(), Still(world)))


def told_within(caller: Caller, answering: Answering) -> None:
    for scope in SCOPES:
        open_ = seen(caller, scope)
        for name in (*PEOPLE, "nobody"):
            answer = _told(documents.why, answering.why, caller, name, "train", scope or "/", None)
            refused = isinstance(answer, tuple) and answer[0] is Forbidden
            assert refused == (not open_ and name != caller.name)
            known = name == caller.name or caller.rights.allows(READ_PEOPLE[0], "/")
            if isinstance(answer, dict) and not known:
                assert answer["through"] or answer["beside"], "tells that somebody is there"
        everybody = _told(documents.who, answering.who, caller, "train", scope or "/", None)
        assert isinstance(everybody, dict) == open_
    found = _told(lambda matrix: matrix.cells, answering.matrix, caller, Wanted())
    cells = found if isinstance(found, list) else []
    for cell in (each for each in cells if each.principal != caller.id):
        scopes = {cell.place.scope(ability(name)) for name in cell.abilities}
        assert all(seen(caller, each) for each in scopes)
