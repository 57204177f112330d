"""Who did what: a row per write and action, in the request's own transaction, chained by hash."""

from __future__ import annotations

import hashlib

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Float,
    Index,
    MetaData,
    Table,
    Text,
    insert,
    select,
)

from .columns import Id
from .database import take_turn

metadata = MetaData()
activity = Table(
    "activity",
    metadata,
    Column("seq", Id, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("principal", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("correlation", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("activity_by_resource", "resource", "seq"),
)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """`at` in seconds since the epoch; `principal` an object id, `name` what people call it."""

    at: float
    principal: str
    name: str
    action: str
    resource: str
    correlation: str = ""


# Made once: to put a statement together takes longer than to run it.
_LAST = select(activity.c.hash).order_by(activity.c.seq.desc()).limit(1)
_RECORD = insert(activity)


def record(connection: Connection, *events: Event) -> None:
    """In the order given."""
    if not events:
        return
    take_turn(connection)  # or two would follow the same event, and the chain fork
    hash = connection.execute(_LAST).scalar_one_or_none() or ""
    rows = []
    for event in events:
        hash = seal(hash, event)
        rows.append(msgspec.structs.asdict(event) | {"hash": hash})
    connection.execute(_RECORD, rows)


def seal(before: str, event: Event) -> str:
    """The hash of an event in the chain: of the one before, and of all its own fields."""
    return hashlib.sha256(before.encode() + msgspec.json.encode(event)).hexdigest()


def events(connection: Connection, resource: str = "", limit: int = 1000) -> list[Event]:
    """The newest first; of one resource, by its id in lower case, or of all."""
    found = select(activity).order_by(activity.c.seq.desc()).limit(limit)
    if resource:
        found = found.where(activity.c.resource == resource)
    names = Event.__struct_fields__
    return [Event(**{n: getattr(row, n) for n in names}) for row in connection.execute(found)]
