"""Whatever the world is like, what is said about access is what the engine decides."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlestate.core.access import Grant, Rights
from mlestate.core.answers import matrix
from mlestate.core.answers.abilities import abilities
from mlestate.core.answers.holders import holders
from mlestate.core.answers.matrix import Asked
from mlestate.core.answers.verdict import Question, decide
from mlestate.core.answers.world import World
from tests.answer_worlds import PLACES, Worlds, scopes, some_worlds, worlds

questions = st.tuples(st.sampled_from(abilities()), scopes)


@pytest.fixture(scope="module")
def makes() -> Iterator[Worlds]:
    with some_worlds() as found:
        yield found


def decided(makes: Worlds, id: str, asked: Question) -> bool:
    """By the engine: the rights that a request of theirs is checked with."""
    caller = makes.house.directory.caller(id)
    return caller is not None and caller.rights.allows(asked.action, asked.scope, asked.data)


def people(world: World) -> list[str]:
    return [each.id for each in world.principals.values() if each.kind != "Group"]


@settings(max_examples=60, deadline=None)
@given(worlds, st.lists(questions, min_size=1, max_size=6))
def test_why_and_who_say_what_the_engine_decides(makes: Worlds, said: Any, asked: list[Any]):
    world = makes.make(said)
    for ability, scope in asked:
        one = Question(ability.action, scope, ability.data)
        able = {each.principal.id for each in holders(world, one)}
        for id in people(world):
            allowed = decide(world, id, one).allowed
            assert allowed == decided(makes, id, one)
            assert allowed == (id in able)
            _holds_up(makes, world, id, one)


def _holds_up(makes: Worlds, world: World, id: str, asked: Question) -> None:
    """The reasons: each way alone is enough, and the role that is named is all that was missing."""
    verdict = decide(world, id, asked)
    for way in verdict.through if verdict.allowed else ():
        alone = Rights([Grant(way.assignment.scope, way.assignment.role)])
        assert alone.allows(asked.action, asked.scope, asked.data)
        chain = [id, *way.groups]
        assert all(upper in world.groups[lower] for lower, upper in pairwise(chain))
        assert chain[-1] == way.assignment.principal
    if verdict.role is not None:
        makes.give(id, verdict.role, asked.scope)
        assert decided(makes, id, asked)
        makes.take_last(id)


@settings(max_examples=30, deadline=None)
@given(worlds)
def test_the_matrix_says_what_the_engine_decides(makes: Worlds, said: Any):
    world = makes.make(said)
    asked = [Asked(place, one) for place in PLACES for one in abilities()]
    cells = matrix.cells(world, people(world), asked)
    found = {(cell.principal, cell.place.id): cell.abilities for cell in cells}
    for id in people(world):
        for one in asked:
            told = one.ability.name in found.get((id, one.place.id), frozenset())
            assert told == decided(makes, id, one.question)
    holding = {each.id for each in matrix.everybody(world, asked)}
    assert {principal for principal, _ in found} <= holding
