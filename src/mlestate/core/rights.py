"""Permissions, roles and grants, and what they add up to for one principal.

Source: facts on Azure RBAC (scope inheritance, notActions inside their own role, case-insensitive
actions and scopes, `*` across `/`, and `/*/` that also matches a bare `/`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

import msgspec


class Permission(msgspec.Struct, frozen=True, rename="camel"):
    """One element of a role's `permissions`: what it gives, less what it takes back."""

    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()


class Role(msgspec.Struct, frozen=True):
    id: str
    name: str
    permissions: tuple[Permission, ...]


class Grant(msgspec.Struct, frozen=True):
    """A role at a scope. `scope` is an id without trailing slash; `/` or `` is everything."""

    scope: str
    role: Role


class Rights:
    """All that one principal may do: its own grants and those of its groups."""

    def __init__(self, grants: Iterable[Grant], limits: tuple[Role, ...] = ()):
        self._limits = limits
        self._roles: dict[str, tuple[Role, ...]] = {}
        for grant in grants:
            key = grant.scope.rstrip("/").lower()
            self._roles[key] = (*self._roles.get(key, ()), grant.role)

    def allows(self, action: str, scope: str, data: bool = False) -> bool:
        """True when one role, at the scope or above it, gives the action."""
        action = action.lower()
        return self._within_limit(action, data) and any(
            gives(role, action, data)
            for key in ancestors(scope.rstrip("/").lower())
            for role in self._roles.get(key, ())
        )

    def through(self, action: str, scope: str, data: bool = False) -> Grant | None:
        """The grant that gives the action: the nearest to the scope. None where none does."""
        action = action.lower()
        for key in ancestors(scope.rstrip("/").lower()):
            for role in self._roles.get(key, ()):
                if gives(role, action, data):
                    return Grant(key or "/", role)
        return None

    def scopes(self, action: str, data: bool = False) -> list[str]:
        """The lower-case scopes under which the action is allowed; a list is filtered by these."""
        action = action.lower()
        if not self._within_limit(action, data):
            return []
        return sorted(
            key
            for key, roles in self._roles.items()
            if any(gives(role, action, data) for role in roles)
        )

    def places(self) -> list[str]:
        """The lower-case scopes at which anything at all is held."""
        return sorted(self._roles)

    def reach(self, scope: str) -> bool:
        """Whether anything at all is held at the scope, above it or below it."""
        key = scope.rstrip("/").lower()
        above = set(ancestors(key))
        return any(place in above or place.startswith(f"{key}/") for place in self._roles)

    def within(self, scope: str, limit: Role) -> Rights:
        """These rights, as far as they reach into `scope` and no further than `limit` gives."""
        return self.within_any((scope,), limit)

    def within_any(self, scopes: Iterable[str], limit: Role) -> Rights:
        """These rights inside some scopes alone. What limited them before still does."""
        inside = (grant for scope in scopes for grant in self._inside(scope.rstrip("/").lower()))
        return Rights(inside, (*self._limits, limit))

    def _inside(self, floor: str) -> Iterator[Grant]:
        above = set(ancestors(floor))
        for key, roles in self._roles.items():
            if key in above or key.startswith(f"{floor}/"):
                # What was given above the scope holds inside it, and only there.
                yield from (Grant(floor if key in above else key, role) for role in roles)

    def _within_limit(self, action: str, data: bool) -> bool:
        return all(gives(limit, action, data) for limit in self._limits)


def ancestors(key: str) -> Iterator[str]:
    """The scope itself, then every scope above it, up to the root (the empty string)."""
    while key:
        yield key
        head, _, _ = key.rpartition("/")
        # `/providers/ns` and an odd segment are no scopes of their own, and cost nothing to skip.
        key = head
    yield ""


def gives(role: Role, action: str, data: bool) -> bool:
    """`action` is in lower case. notActions take back inside their own permission only."""
    for permission in role.permissions:
        plus, minus = (
            (permission.data_actions, permission.not_data_actions)
            if data
            else (permission.actions, permission.not_actions)
        )
        if matches(plus, action) and not matches(minus, action):
            return True
    return False


@lru_cache(maxsize=65536)
def matches(patterns: tuple[str, ...], action: str) -> bool:
    return any(_pattern(p).fullmatch(action) for p in patterns)


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    escaped = re.escape(text.lower()).replace(r"/\*/", "/(?:.*/)?").replace(r"\*", ".*")
    return re.compile(escaped, re.DOTALL)
