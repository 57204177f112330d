"""Guests: people and groups from outside, each with a sponsor, a last day and a few scopes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time

import msgspec

from .rights import Permission, Role

DAY = 86400.0
# The most that a guest can do in their scopes, whatever they are given. They let nobody in or
# out, and read no key: it would open the data after their last day.
GUEST = Role(
    "guest",
    "Guest",
    (
        Permission(
            actions=("*",),
            not_actions=(
                "Microsoft.Authorization/*/write",
                "Microsoft.Authorization/*/delete",
                "Mlestate.Organization/breakGlass/write",
                "Mlestate.Organization/breakGlass/delete",
                "Mlestate.Organization/denials/write",
                "Mlestate.Organization/denials/delete",
                "Microsoft.Storage/storageAccounts/listKeys/action",
                "Microsoft.Storage/storageAccounts/regenerateKey/action",
            ),
            data_actions=("*",),
        ),
    ),
)


class Guest(msgspec.Struct, frozen=True):
    """What makes a principal a guest. `sponsor` is the name of a user, None where they are gone;
    `until` is the last day, to its end in UTC; `scopes` are resource ids."""

    sponsor: str | None
    until: date
    scopes: tuple[str, ...]

    @property
    def ends(self) -> float:
        """The first second in which they are no guest any more."""
        return datetime.combine(self.until, time.min, UTC).timestamp() + DAY


def today(now: float) -> date:
    """The day as guests count days."""
    return datetime.fromtimestamp(now, UTC).date()


def last_day(ends: float) -> str:
    """The last day of whose rights end at that second."""
    return today(ends - DAY).isoformat()


def covers(scopes: Iterable[str], scope: str) -> bool:
    """Whether a scope is one of these or inside one of them."""
    key = scope.rstrip("/").lower()
    return any(key == floor or key.startswith(f"{floor}/") for floor in _keys(scopes))


def common(one: Iterable[str], other: Iterable[str]) -> tuple[str, ...]:
    """The scopes that are inside both."""
    first, second = tuple(one), tuple(other)
    inner = [scope for scope in first if covers(second, scope)]
    outer = [scope for scope in second if covers(first, scope)]
    return tuple({scope.lower(): scope for scope in (*inner, *outer)}.values())


def _keys(scopes: Iterable[str]) -> Iterator[str]:
    return (scope.rstrip("/").lower() for scope in scopes)
