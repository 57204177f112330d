"""What a directory elsewhere owns, its tokens, and who is who in it. Within the caller's
transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from ..core.principals import Kind, Principal
from ..core.provisioned import Identity, PendingLogin, Provisioned, ProvisioningToken, Source
from .principal_tables import memberships, passwords, principals, secrets, sessions
from .principals import key
from .provider_tables import identities, pending_logins, provisioned, provisioning_tokens
from .provisioned_filters import Condition
from .waiting import make_room

_OWN = [provisioned.c[name] for name in Provisioned.__struct_fields__]
_WHO = [principals.c[name] for name in Principal.__struct_fields__]
_TOKEN = [provisioning_tokens.c[name] for name in ProvisioningToken.__struct_fields__]
_PENDING = [pending_logins.c[name] for name in PendingLogin.__struct_fields__]
# As many words as any database takes in one statement.
_FEW = 500
Owned = tuple[Principal, Provisioned]


def put(connection: Connection, row: Provisioned) -> None:
    values = msgspec.structs.asdict(row) | {"handle_key": key(row.handle)}
    same = provisioned.c.principal_id == row.principal_id
    if connection.execute(update(provisioned).where(same).values(values)).rowcount == 0:
        connection.execute(insert(provisioned).values(values))


def release(connection: Connection, principal_id: str) -> None:
    """Nobody elsewhere owns it any more."""
    connection.execute(delete(provisioned).where(provisioned.c.principal_id == principal_id))


def of(connection: Connection, principal_id: str) -> Provisioned | None:
    row = connection.execute(select(*_OWN).where(provisioned.c.principal_id == principal_id))
    found = row.first()
    return Provisioned(**found._mapping) if found else None


def among(connection: Connection, ids: Collection[str]) -> dict[str, Source]:
    """Who owns those of them that somebody elsewhere owns."""
    query = select(provisioned.c.principal_id, provisioned.c.source)
    if len(ids) <= _FEW:
        query = query.where(provisioned.c.principal_id.in_(ids))
    return {row[0]: row[1] for row in connection.execute(query) if row[0] in ids}


def living(connection: Connection, ids: Collection[str]) -> set[str]:
    """Those of them that SCIM made and has not taken away."""
    found: set[str] = set()
    wanted = list(ids)
    for start in range(0, len(wanted), _FEW):
        some = provisioned.c.principal_id.in_(wanted[start : start + _FEW])
        mine = (provisioned.c.source == "scim", provisioned.c.deleted.is_(None))
        found.update(connection.scalars(select(provisioned.c.principal_id).where(some, *mine)))
    return found


def page(
    connection: Connection, kind: Kind, where: Condition | None, offset: int, limit: int
) -> list[Owned]:
    """Those that SCIM made and has not taken away, by their age."""
    query = (
        _live(select(*_OWN, *_labelled()), kind, where)
        .order_by(provisioned.c.created, provisioned.c.principal_id)
        .offset(offset)
        .limit(limit)
    )
    return [_owned(row) for row in connection.execute(query)]


def count(connection: Connection, kind: Kind, where: Condition | None) -> int:
    return int(connection.execute(_live(select(func.count()), kind, where)).scalar_one())


def by_external_id(connection: Connection, source: Source, external_id: str) -> list[Provisioned]:
    """Those that were taken away too."""
    rows = connection.execute(
        select(*_OWN).where(
            provisioned.c.source == source, provisioned.c.external_id == external_id
        )
    )
    return [Provisioned(**row._mapping) for row in rows]


def deleted(connection: Connection, before: float) -> list[Principal]:
    """Whom their directory took away until then, for good now."""
    rows = connection.execute(
        select(*_WHO)
        .join(provisioned, provisioned.c.principal_id == principals.c.id)
        .where(provisioned.c.deleted <= before)
    )
    return [Principal(**row._mapping) for row in rows]


def is_only_named(connection: Connection, principal: Principal) -> bool:
    """That nothing of this estate's own hangs on it: no member, nothing but a provider's word that
    proves who it is."""
    if principal.kind == "Group":
        mine = memberships.c.group_id == principal.id
        return connection.execute(select(memberships.c.member_id).where(mine)).first() is None
    if is_linked(connection, principal.id):
        return True
    for table in (passwords, secrets, sessions):
        if connection.execute(
            select(table.c.principal_id).where(table.c.principal_id == principal.id)
        ).first():
            return False
    return True


def member_ids(connection: Connection, group_id: str) -> list[tuple[str, Kind]]:
    """The id and kind of those directly in the group."""
    rows = connection.execute(
        select(principals.c.id, principals.c.kind)
        .join(memberships, memberships.c.member_id == principals.c.id)
        .where(memberships.c.group_id == group_id)
        .order_by(principals.c.name_key)
    )
    return [(row[0], row[1]) for row in rows]


def groups_of(connection: Connection, ids: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """By member, the id and display name of the groups of SCIM that they are directly in."""
    rows = connection.execute(
        select(memberships.c.member_id, principals.c.id, principals.c.display_name)
        .join(principals, memberships.c.group_id == principals.c.id)
        .join(provisioned, provisioned.c.principal_id == principals.c.id)
        .where(memberships.c.member_id.in_(list(ids)), provisioned.c.source == "scim")
        .order_by(principals.c.name_key)
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for member, group, shown in rows:
        found.setdefault(member, []).append((group, shown))
    return found


def join(connection: Connection, group_id: str, member_id: str) -> None:
    connection.execute(insert(memberships).values(group_id=group_id, member_id=member_id))


def leave(connection: Connection, group_id: str, member_id: str) -> None:
    connection.execute(
        delete(memberships).where(
            memberships.c.group_id == group_id, memberships.c.member_id == member_id
        )
    )


def groups_by_source(connection: Connection, member_id: str, source: Source) -> set[str]:
    """The ids of the groups of that source that somebody is directly in."""
    rows = connection.scalars(
        select(memberships.c.group_id)
        .join(provisioned, provisioned.c.principal_id == memberships.c.group_id)
        .where(memberships.c.member_id == member_id, provisioned.c.source == source)
    )
    return set(rows)


def link(connection: Connection, identity: Identity, principal_id: str, now: float) -> None:
    values = {"issuer": identity.issuer, "subject": identity.subject}
    connection.execute(insert(identities).values(**values, principal_id=principal_id, linked=now))


def linked(connection: Connection, identity: Identity) -> str | None:
    """The id of the principal that is meant by it."""
    found: str | None = connection.scalar(
        select(identities.c.principal_id).where(
            identities.c.issuer == identity.issuer, identities.c.subject == identity.subject
        )
    )
    return found


def is_linked(connection: Connection, principal_id: str) -> bool:
    """That somebody logs in by a provider."""
    own = identities.c.principal_id == principal_id
    return connection.execute(select(identities.c.subject).where(own)).first() is not None


def wait(connection: Connection, digest: str, login: PendingLogin) -> None:
    connection.execute(insert(pending_logins).values(**msgspec.structs.asdict(login), hash=digest))


def make_room_to_wait(connection: Connection, whence: str, of_one: int, of_all: int) -> None:
    """The oldest go first."""
    first = (pending_logins.c.expires,)
    make_room(connection, pending_logins, whence, first, of_one, of_all)


def take_waiting(connection: Connection, digest: str) -> PendingLogin | None:
    """Use it up. Of two who try, one is told."""
    same = pending_logins.c.hash == digest
    row = connection.execute(select(*_PENDING).where(same)).first()
    done = connection.execute(delete(pending_logins).where(same))
    return PendingLogin(**row._mapping) if row and done.rowcount == 1 else None


def sweep(connection: Connection, now: float) -> None:
    connection.execute(delete(pending_logins).where(pending_logins.c.expires <= now))


def add_token(connection: Connection, token: ProvisioningToken, digest: str) -> None:
    connection.execute(
        insert(provisioning_tokens).values(**msgspec.structs.asdict(token), hash=digest)
    )


def tokens(connection: Connection) -> list[ProvisioningToken]:
    rows = connection.execute(select(*_TOKEN).order_by(provisioning_tokens.c.created))
    return [ProvisioningToken(**row._mapping) for row in rows]


def token_by_hash(connection: Connection, digest: str) -> ProvisioningToken | None:
    row = connection.execute(select(*_TOKEN).where(provisioning_tokens.c.hash == digest)).first()
    return ProvisioningToken(**row._mapping) if row else None


def revoke_token(connection: Connection, token_id: str, now: float) -> None:
    mine = provisioning_tokens.c.id == token_id
    connection.execute(update(provisioning_tokens).where(mine).values(revoked=now))


def _live(query: Any, kind: Kind, where: Condition | None) -> Any:
    query = (
        query.select_from(provisioned)
        .join(principals, principals.c.id == provisioned.c.principal_id)
        .where(
            principals.c.kind == kind,
            provisioned.c.source == "scim",
            provisioned.c.deleted.is_(None),
        )
    )
    return query if where is None else query.where(where)


def _labelled() -> list[Any]:
    # Both tables have `created`.
    return [column.label(f"who_{column.name}") for column in _WHO]


def _owned(row: Any) -> Owned:
    found = row._mapping
    who = {name: found[f"who_{name}"] for name in Principal.__struct_fields__}
    own = {column.name: found[column] for column in _OWN}
    return Principal(**who), Provisioned(**own)
