"""What two answers differ in: two environments, or before and after a change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

from .chances import Chance, Chances
from .matrix import Cell


class Difference(msgspec.Struct, frozen=True):
    """Of one person in one project, or in one workspace: what they may only do on one side, and
    what they may only there come to hold."""

    principal: str
    where: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    gained_chances: tuple[Chance, ...] = ()
    lost_chances: tuple[Chance, ...] = ()


T = TypeVar("T", str, Chance)
NONE: Chances = {}
Sides = Mapping[tuple[str, str], frozenset[str]]


def between(
    before: Iterable[Cell], after: Iterable[Cell], then: Chances = NONE, now: Chances = NONE
) -> list[Difference]:
    """By person and project, as the chances are: what the second has that the first has not.
    Workspaces of one project and environment, in several regions, count together."""
    return _differences(_by_project(before), _by_project(after), then, now)


def over_time(
    before: Iterable[Cell], after: Iterable[Cell], then: Chances = NONE, now: Chances = NONE
) -> list[Difference]:
    """By person and workspace."""
    return _differences(
        {(each.principal, each.place.id.lower()): each.abilities for each in before},
        {(each.principal, each.place.id.lower()): each.abilities for each in after},
        then,
        now,
    )


def _by_project(cells: Iterable[Cell]) -> Sides:
    found: dict[tuple[str, str], frozenset[str]] = {}
    for each in cells:
        key = (each.principal, each.place.project)
        found[key] = found.get(key, frozenset()) | each.abilities
    return found


def _differences(
    before: Sides, after: Sides, then: Chances = NONE, now: Chances = NONE
) -> list[Difference]:
    found = (
        Difference(
            *key,
            gained=_more(after, before, key),
            lost=_more(before, after, key),
            gained_chances=_more(now, then, key),
            lost_chances=_more(then, now, key),
        )
        for key in dict.fromkeys([*before, *after, *then, *now])
    )
    return [
        each
        for each in found
        if each.gained or each.lost or each.gained_chances or each.lost_chances
    ]


def _more(
    here: Mapping[tuple[str, str], frozenset[T]],
    there: Mapping[tuple[str, str], frozenset[T]],
    key: tuple[str, str],
) -> tuple[T, ...]:
    return tuple(sorted(here.get(key, frozenset()) - there.get(key, frozenset())))
