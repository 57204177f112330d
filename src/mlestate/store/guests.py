"""Which principals are guests. Everything speaks within the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, bindparam, delete, insert, select

from ..core.guests import Guest
from ..core.principals import Kind
from .principal_tables import guests, memberships, principals

# As many words as any database takes in one statement; of more, all guests are read instead.
_FEW = 500
_sponsor = principals.alias("sponsor")
_KNOWN = (
    select(
        guests,
        principals.c.kind,
        principals.c.name,
        _sponsor.c.name.label("sponsor"),
        _sponsor.c.enabled.label("sponsored"),
    )
    .join(principals, principals.c.id == guests.c.principal_id)
    .outerjoin(_sponsor, _sponsor.c.id == guests.c.sponsor_id)
)
# Made once: to put a statement together takes longer than to run it.
_AMONG = _KNOWN.where(guests.c.principal_id.in_(bindparam("sought", expanding=True))).order_by(
    principals.c.name_key
)


def _everyone() -> Select[tuple[str]]:
    downward = select(guests.c.principal_id.label("id")).cte("downward", recursive=True)
    downward = downward.union(
        select(memberships.c.member_id).join(downward, memberships.c.group_id == downward.c.id)
    )
    return select(downward.c.id)


_EVERYONE = _everyone()


class Known(msgspec.Struct, frozen=True):
    """A principal that is a guest by itself. `sponsored`: there is a sponsor, who is enabled."""

    id: str
    kind: Kind
    name: str
    guest: Guest
    sponsored: bool


def put(connection: Connection, principal_id: str, guest: Guest | None, sponsor_id: str) -> None:
    """Make the principal a guest, or none any more."""
    connection.execute(delete(guests).where(guests.c.principal_id == principal_id))
    if guest is not None:
        row = {
            "principal_id": principal_id,
            "sponsor_id": sponsor_id,
            "until": guest.until.isoformat(),
            "scopes": list(guest.scopes),
        }
        connection.execute(insert(guests).values(row))


def among(connection: Connection, principal_ids: Collection[str]) -> list[Known]:
    """Those of the principals that are guests by themselves, by name."""
    if len(principal_ids) <= _FEW:
        rows = connection.execute(_AMONG, {"sought": list(principal_ids)})
    else:
        rows = connection.execute(_KNOWN.order_by(principals.c.name_key))
    found = (_known(row) for row in rows)
    return [known for known in found if known.id in principal_ids]


def every(connection: Connection) -> list[Known]:
    """All that are guests by themselves."""
    return [_known(row) for row in connection.execute(_KNOWN)]


def over(connection: Connection, today: date) -> list[Known]:
    """Those whose last day is over, by name."""
    over = _KNOWN.where(guests.c.until < today.isoformat())
    return [_known(row) for row in connection.execute(over.order_by(principals.c.name_key))]


def everyone(connection: Connection) -> frozenset[str]:
    """The ids of all who are guests, by themselves or through a group."""
    return frozenset(connection.scalars(_EVERYONE))


def sponsors(connection: Connection) -> set[str]:
    """The ids of all who sponsor a guest."""
    found = connection.scalars(select(guests.c.sponsor_id).distinct())
    return {sponsor for sponsor in found if sponsor is not None}


def _known(row: Any) -> Known:
    guest = Guest(row.sponsor, date.fromisoformat(row.until), tuple(row.scopes))
    return Known(row.principal_id, row.kind, row.name, guest, bool(row.sponsored))
