"""Azure's built-in roles, by name and by id. Source: `data/rbac-builtin-roles.json`."""

from __future__ import annotations

from functools import cache

import msgspec

from .access import Permission, Role
from .data import text


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
def _names() -> dict[str, Role]:
    return {role.name.casefold(): role for role in builtin().values()}
