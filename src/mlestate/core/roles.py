"""Azure's built-in roles, by name and by id. Source: `data/rbac-builtin-roles.json`; which of them
people give is in `data/granted-roles.json`."""

from __future__ import annotations

from functools import cache

import msgspec

from .data import text
from .rights import Permission, Role, gives

# What an agent does with the API: lease jobs of its region.
LEASE = "mlestate.Runtime/agents/lease/action"
# The estate's own role: agents have it at the root, and nobody gives it.
AGENT = Role(
    "6b1c8a0e-51f7-5c0b-9d5e-6a3a0e3f7d11", "mlestate Agent", (Permission(actions=(LEASE,)),)
)


class _Row(msgspec.Struct, frozen=True, rename="camel"):
    role_name: str
    id: str
    permissions: tuple[Permission, ...]


class _Table(msgspec.Struct, frozen=True):
    roles: tuple[_Row, ...]


@cache
def builtin() -> dict[str, Role]:
    """Every built-in role by its id (a GUID in lower case)."""
    rows = msgspec.json.decode(text("rbac-builtin-roles.json"), type=_Table).roles
    return {row.id.lower(): Role(row.id.lower(), row.role_name, row.permissions) for row in rows}


def by_id(role_id: str) -> Role | None:
    """Takes the GUID alone, or any role definition id that ends with it."""
    return builtin().get(role_id.rsplit("/", 1)[-1].lower())


def by_name(name: str) -> Role | None:
    """Role names compare without case, as Azure compares them."""
    return _names().get(name.casefold())


def names() -> list[str]:
    return sorted(role.name for role in builtin().values())


@cache
def smallest(action: str, data: bool = False, besides: tuple[str, ...] = ()) -> Role | None:
    """The built-in role that gives the action, and those `besides`, and least beyond them: one that
    people give goes before those of other services. None where no role does."""
    able = [
        role
        for role in builtin().values()
        if gives(role, action.lower(), data)
        and all(gives(role, other.lower(), False) for other in besides)
    ]
    return min(able, key=_rank, default=None)


class _Granted(msgspec.Struct, frozen=True):
    roles: tuple[str, ...]


@cache
def granted() -> frozenset[str]:
    """The names of the roles that people give."""
    return frozenset(msgspec.json.decode(text("granted-roles.json"), type=_Granted).roles)


def _rank(role: Role) -> tuple[bool, float, str]:
    return role.name not in granted(), _breadth(role), role.name


def _breadth(role: Role) -> float:
    """How much a role gives, roughly: the earlier a pattern's star stands, the more; reading is
    worth little beside changing."""
    patterns = [p for x in role.permissions for p in (*x.actions, *x.data_actions)]
    return sum(_weight(pattern.lower()) for pattern in patterns)


def _weight(pattern: str) -> float:
    head, star, _ = pattern.partition("*")
    whole = 1_000_000 / 20.0 ** head.count("/") if star else 1.0
    return whole / 500_000 if pattern.endswith("/read") else whole


@cache
def _names() -> dict[str, Role]:
    return {role.name.casefold(): role for role in builtin().values()}
