"""Permissions, roles, grants and denials, and what they add up to for one principal.

Source: facts on Azure RBAC (scope inheritance, notActions inside their own role, case-insensitive
actions and scopes, `*` across `/`, `/*/` that also matches a bare `/`, deny before allow).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

import msgspec

from .areas import NOWHERE, Area, ancestors, key_of, keys_of, within

# So many actions are kept compiled for one principal.
_MOST = 256
# By this id a deny assignment names everybody.
EVERYONE = "00000000-0000-0000-0000-000000000000"
# What takes a denial back is never denied: nobody could, otherwise, once everything is.
_UNDENIABLE = (
    "mlestate.organization/denials/",
    "microsoft.authorization/denyassignments/write",
    "microsoft.authorization/denyassignments/delete",
)


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


class Denial(msgspec.Struct, frozen=True):
    """What no role gives at a scope and, where `inherited`, below it. `id` is the resource's."""

    id: str
    name: str
    scope: str
    permissions: tuple[Permission, ...]
    inherited: bool = True


class Rights:
    """All that one principal may do: its own grants and those of its groups, less its denials.

    What is asked of an action for the first time is compiled to the `Area` in which it is allowed.
    """

    def __init__(
        self,
        grants: Iterable[Grant],
        limits: tuple[Role, ...] = (),
        denials: Iterable[Denial] = (),
    ):
        self._limits, self._denials = limits, tuple(denials)
        self._roles: dict[str, tuple[Role, ...]] = {}
        for grant in grants:
            for key in keys_of(grant.scope):
                self._roles[key] = (*self._roles.get(key, ()), grant.role)
        self._areas: tuple[dict[str, Area], dict[str, Area]] = ({}, {})

    def allows(self, action: str, scope: str, data: bool = False) -> bool:
        """Whether a role gives the action, at the scope or above it, and no denial takes it."""
        area = self._areas[data].get(action) or self.area(action, data)
        return area.has(scope.rstrip("/").lower())

    def area(self, action: str, data: bool = False) -> Area:
        """Where the action is allowed; a list is filtered by it."""
        known = self._areas[data]
        found = known.get(action)
        if found is None:
            if len(known) >= _MOST:
                known.clear()
            found = known[action] = self._compiled(action.lower(), data)
        return found

    def through(self, action: str, scope: str, data: bool = False) -> Grant | None:
        """The grant that gives the action: the nearest to the scope. None where none does."""
        action = action.lower()
        for key in ancestors(scope.rstrip("/").lower()):
            for role in self._roles.get(key, ()):
                if gives(role, action, data):
                    return Grant(key or "/", role)
        return None

    def denial(self, action: str, scope: str, data: bool = False) -> Denial | None:
        """What takes away there what a role gives; None where nothing does."""
        action, key = action.lower(), key_of(scope)
        given = self._given(action, data)
        if given.isdisjoint(ancestors(key)):
            return None
        return next((one for one in self._against(action, data) if _reaches(one, key)), None)

    def places(self) -> list[str]:
        """The lower-case scopes at which anything at all is held."""
        return sorted(self._roles)

    def reach(self, scope: str) -> bool:
        """Whether anything at all is held at the scope, above it or below it."""
        key = key_of(scope)
        above = set(ancestors(key))
        return any(place in above or within(place, key) for place in self._roles)

    def limited(self, action: str, data: bool = False) -> bool:
        """Whether no further role would give the action, since a limit keeps it from them."""
        return not all(gives(limit, action.lower(), data) for limit in self._limits)

    def within(self, scope: str, limit: Role) -> Rights:
        """These rights, as far as they reach into `scope` and no further than `limit` gives."""
        return self.within_any((scope,), limit)

    def within_any(self, scopes: Iterable[str], limit: Role) -> Rights:
        """These rights inside some scopes alone. What limited them before still does."""
        inside = (grant for scope in scopes for grant in self._inside(key_of(scope)))
        return Rights(inside, (*self._limits, limit), self._denials)

    def held(self, scope: str) -> list[Role]:
        """The roles that count at a scope, each once."""
        found = (self._roles.get(key, ()) for key in ancestors(key_of(scope)))
        return list({role.id: role for roles in found for role in roles}.values())

    def bounds(self, scope: str) -> tuple[tuple[Role, ...], list[Denial]]:
        """What bounds these roles there: the limits of guests and jobs, and denials."""
        key = key_of(scope)
        return self._limits, [one for one in self._denials if _reaches(one, key)]

    def _compiled(self, action: str, data: bool) -> Area:
        given, against = self._given(action, data), self._against(action, data)
        if not given and not against:
            return NOWHERE
        taken = frozenset(key for one in against if one.inherited for key in keys_of(one.scope))
        hidden = frozenset(key_of(one.scope) for one in against if not one.inherited)
        return Area(given, taken, hidden)

    def _given(self, action: str, data: bool) -> frozenset[str]:
        if not all(gives(limit, action, data) for limit in self._limits):
            return frozenset()
        return frozenset(
            key
            for key, roles in self._roles.items()
            if any(gives(role, action, data) for role in roles)
        )

    def _against(self, action: str, data: bool) -> list[Denial]:
        if action.startswith(_UNDENIABLE):
            return []
        return [one for one in self._denials if gives(one, action, data)]

    def _inside(self, floor: str) -> Iterator[Grant]:
        above = set(ancestors(floor))
        for key, roles in self._roles.items():
            if key in above or within(key, floor):
                # What was given above the scope holds inside it, and only there.
                yield from (Grant(floor if key in above else key, role) for role in roles)


def _reaches(denial: Denial, key: str) -> bool:
    if not denial.inherited:
        return key == key_of(denial.scope)
    return not set(keys_of(denial.scope)).isdisjoint(ancestors(key))


def gives(role: Role | Denial, action: str, data: bool) -> bool:
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
