"""Who may do what, worked out anew for each question by going through everything: slow, and so
plain that it can be checked against the rules by reading it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

EVERYONE = "00000000-0000-0000-0000-000000000000"
Lists = tuple[list[str], list[str], list[str], list[str]]


@dataclass
class World:
    """`members` has who is directly in a group; a permission is its four lists."""

    members: dict[str, set[str]] = field(default_factory=dict)
    roles: dict[str, list[Lists]] = field(default_factory=dict)
    assignments: list[tuple[str, str, str]] = field(default_factory=list)
    denials: list[Denied] = field(default_factory=list)


@dataclass
class Denied:
    scope: str
    permissions: list[Lists]
    principals: list[str]
    excluded: list[str]
    only_here: bool


def allowed(world: World, who: str, action: str, scope: str, data: bool) -> bool:
    ids = everything_that_is(world, who)
    for denial in world.denials:
        if (
            (EVERYONE in denial.principals or ids & set(denial.principals))
            and not ids & set(denial.excluded)
            and any(gives(lists, action, data) for lists in denial.permissions)
            and (
                reaches(denial.scope, scope) if not denial.only_here else same(denial.scope, scope)
            )
        ):
            return False
    return any(
        principal in ids
        and reaches(where, scope)
        and any(gives(lists, action, data) for lists in world.roles[role])
        for principal, role, where in world.assignments
    )


def everything_that_is(world: World, who: str) -> set[str]:
    found = {who}
    while more := {g for g, inside in world.members.items() if inside & found} - found:
        found |= more
    return found


def gives(lists: Lists, action: str, data: bool) -> bool:
    plus, minus = lists[2:] if data else lists[:2]
    return any(fits(p, action) for p in plus) and not any(fits(p, action) for p in minus)


def fits(pattern: str, action: str) -> bool:
    return any(glob(each, action.lower()) for each in variants(pattern.lower()))


def variants(pattern: str) -> Iterator[str]:
    """A star between slashes may stand for nothing, and then one slash goes with it."""
    yield pattern
    if "/*/" in pattern:
        yield pattern.replace("/*/", "/")


def glob(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(glob(pattern[1:], text[i:]) for i in range(len(text) + 1))
    return bool(text) and text[0] == pattern[0] and glob(pattern[1:], text[1:])


def same(one: str, other: str) -> bool:
    return words(one) == words(other)


def reaches(where: str, scope: str) -> bool:
    above, below = words(where), words(scope)
    if above[:2] == ["providers", "microsoft.management"] and below[:1] == ["subscriptions"]:
        return True  # every subscription is in the one management group
    return below[: len(above)] == above


def words(scope: str) -> list[str]:
    return [word for word in scope.lower().split("/") if word]
