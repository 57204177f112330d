"""What two answers differ in: two environments, or before and after a change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from .matrix import Cell


class Difference(msgspec.Struct, frozen=True):
    """Of one person in one project, or in one workspace: what they may only do on one side."""

    principal: str
    where: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]


Sides = Mapping[tuple[str, str], frozenset[str]]


def between(before: Iterable[Cell], after: Iterable[Cell]) -> list[Difference]:
    """By person and project: what the second has that the first has not. Workspaces of one project
    and environment, in several regions, count together."""
    return _differences(_by_project(before), _by_project(after))


def over_time(before: Iterable[Cell], after: Iterable[Cell]) -> list[Difference]:
    """By person and workspace."""
    return _differences(
        {(each.principal, each.place.id.lower()): each.abilities for each in before},
        {(each.principal, each.place.id.lower()): each.abilities for each in after},
    )


def _by_project(cells: Iterable[Cell]) -> Sides:
    found: dict[tuple[str, str], frozenset[str]] = {}
    for each in cells:
        key = (each.principal, each.place.project)
        found[key] = found.get(key, frozenset()) | each.abilities
    return found


def _differences(before: Sides, after: Sides) -> list[Difference]:
    none: frozenset[str] = frozenset()
    found = (
        Difference(
            *key,
            gained=tuple(sorted(after.get(key, none) - before.get(key, none))),
            lost=tuple(sorted(before.get(key, none) - after.get(key, none))),
        )
        for key in dict.fromkeys([*before, *after])
    )
    return [each for each in found if each.gained or each.lost]
