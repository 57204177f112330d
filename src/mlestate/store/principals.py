"""Principals and memberships. Everything speaks within the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection as Connection  # rooms above name it in their signatures
from sqlalchemy import Select, bindparam, delete, insert, or_, select, update

from ..core.principals import Kind, Principal
from .principal_tables import memberships, principals, tenant
from .principal_tables import metadata as metadata

_COLUMNS = [principals.c[name] for name in Principal.__struct_fields__]
# Made once: to put a statement together takes longer than to run it.
_ADVANCE = update(tenant).values(generation=tenant.c.generation + 1)
_GENERATION = select(tenant.c.generation)
_ADD = insert(principals)
_BY_ID = select(*_COLUMNS).where(principals.c.id == bindparam("sought"))
_BY_NAME = select(*_COLUMNS).where(principals.c.name_key == bindparam("sought"))
_BY_NAMES = select(*_COLUMNS).where(principals.c.name_key.in_(bindparam("sought", expanding=True)))
_MEMBERS = (
    select(*_COLUMNS)
    .join(memberships, memberships.c.member_id == principals.c.id)
    .where(memberships.c.group_id == bindparam("group"))
    .order_by(principals.c.name_key)
)
_NAMES_IN = (
    select(memberships.c.group_id, principals.c.name)
    .join(principals, memberships.c.member_id == principals.c.id)
    .where(memberships.c.group_id.in_(bindparam("groups", expanding=True)))
    .order_by(principals.c.name_key)
)
_MEMBER_IDS = select(memberships.c.member_id).where(memberships.c.group_id == bindparam("group"))
_JOIN = insert(memberships)
_LEAVE = delete(memberships).where(
    memberships.c.group_id == bindparam("group"), memberships.c.member_id == bindparam("member")
)


def _upward() -> Select[tuple[str]]:
    upward = (
        select(memberships.c.group_id)
        .where(memberships.c.member_id == bindparam("member"))
        .cte("upward", recursive=True)
    )
    # UNION, not UNION ALL: a group met before adds no row, and so a ring ends.
    upward = upward.union(
        select(memberships.c.group_id).join(upward, memberships.c.member_id == upward.c.group_id)
    )
    return select(upward.c.group_id)


_UPWARD = _upward()


def found(connection: Connection, tenant_id: str) -> str:
    """The id of this estate's tenant: the one kept here, or `tenant_id` if there was none."""
    known: str | None = connection.scalar(select(tenant.c.id))
    if known is not None:
        return known
    connection.execute(insert(tenant).values(one=1, id=tenant_id, generation=1))
    return tenant_id


def generation(connection: Connection) -> int:
    value: int = connection.execute(_GENERATION).scalar_one()
    return value


def advance(connection: Connection) -> int:
    """Mark a change; also makes writers on PostgreSQL take turns, as those on SQLite do."""
    connection.execute(_ADVANCE)
    return generation(connection)


def add(connection: Connection, principal: Principal) -> None:
    values = {name: getattr(principal, name) for name in Principal.__struct_fields__}
    connection.execute(_ADD, values | {"name_key": key(principal.name)})


def change(
    connection: Connection, principal_id: str, name: str, display_name: str, enabled: bool
) -> None:
    connection.execute(
        update(principals)
        .where(principals.c.id == principal_id)
        .values(name=name, name_key=key(name), display_name=display_name, enabled=enabled)
    )


def remove(connection: Connection, principal_id: str) -> None:
    connection.execute(delete(principals).where(principals.c.id == principal_id))


def by_id(connection: Connection, principal_id: str) -> Principal | None:
    return _one(connection, _BY_ID, principal_id)


def by_name(connection: Connection, name: str) -> Principal | None:
    return _one(connection, _BY_NAME, key(name))


def by_names(connection: Connection, names: Collection[str]) -> list[Principal]:
    keys = [key(name) for name in names]
    return [_principal(row) for row in connection.execute(_BY_NAMES, {"sought": keys})]


def by_client(connection: Connection, client: str) -> Principal | None:
    """Whom a client logs in as: by client id, or by name. No name looks like a client id."""
    same = or_(principals.c.client_id == client.lower(), principals.c.name_key == key(client))
    row = connection.execute(select(*_COLUMNS).where(same)).first()
    return _principal(row) if row else None


def page(connection: Connection, kind: Kind, after: str, limit: int) -> list[Principal]:
    """By name, those behind the name `after`."""
    rows = connection.execute(
        select(*_COLUMNS)
        .where(principals.c.kind == kind, principals.c.name_key > key(after))
        .order_by(principals.c.name_key)
        .limit(limit)
    )
    return [_principal(row) for row in rows]


def everyone(connection: Connection) -> list[Principal]:
    """All that there are, groups too."""
    return [_principal(row) for row in connection.execute(select(*_COLUMNS))]


def all_members(connection: Connection) -> dict[str, list[str]]:
    """By the id of each group that has any, the ids of its direct members."""
    found: dict[str, list[str]] = {}
    for group, member in connection.execute(
        select(memberships.c.group_id, memberships.c.member_id)
    ):
        found.setdefault(group, []).append(member)
    return found


def groups_of(connection: Connection, principal_id: str) -> frozenset[str]:
    """Every group the principal is in, groups in groups included. A ring of groups is harmless."""
    return frozenset(connection.scalars(_UPWARD, {"member": principal_id}))


def below(connection: Connection, group_id: str) -> frozenset[str]:
    """Everybody in the group, by id: in groups in it as well, and these groups themselves."""
    downward = (
        select(memberships.c.member_id)
        .where(memberships.c.group_id == group_id)
        .cte("downward", recursive=True)
    )
    downward = downward.union(
        select(memberships.c.member_id).join(
            downward, memberships.c.group_id == downward.c.member_id
        )
    )
    return frozenset(connection.scalars(select(downward.c.member_id)))


def members(connection: Connection, group_id: str) -> list[Principal]:
    return [_principal(row) for row in connection.execute(_MEMBERS, {"group": group_id})]


def names_in(connection: Connection, group_ids: Collection[str]) -> dict[str, list[str]]:
    """By group, the names of its direct members."""
    found: dict[str, list[str]] = {}
    for group, name in connection.execute(_NAMES_IN, {"groups": list(group_ids)}):
        found.setdefault(group, []).append(name)
    return found


def set_members(connection: Connection, group_id: str, member_ids: Iterable[str]) -> bool:
    """Make these the members of the group. True when that changed anything."""
    wanted = set(member_ids)
    known = set(connection.scalars(_MEMBER_IDS, {"group": group_id}))
    gone = [{"group": group_id, "member": member} for member in sorted(known - wanted)]
    if gone:
        connection.execute(_LEAVE, gone)
    new = [{"group_id": group_id, "member_id": member} for member in sorted(wanted - known)]
    if new:
        connection.execute(_JOIN, new)
    return wanted != known


def key(name: str) -> str:
    return name.casefold()


def _one(connection: Connection, query: Any, sought: str) -> Principal | None:
    row = connection.execute(query, {"sought": sought}).first()
    return _principal(row) if row else None


def _principal(row: Any) -> Principal:
    return Principal(**row._mapping)
