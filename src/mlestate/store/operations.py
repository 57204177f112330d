"""Slow work as rows: asked for in the request's transaction, claimed under a lease, then settled.

A claim that is not settled before its lease ends is taken up again: nothing is popped.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    insert,
    or_,
    select,
    update,
)

from .columns import Id

metadata = MetaData()
operations = Table(
    "operations",
    metadata,
    Column("seq", Id, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("verb", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("body", JSON),
    Column("principal", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("error", JSON),
    Column("asked_at", Float, nullable=False),
    Column("ended_at", Float),
    Column("lease_until", Float, nullable=False, default=0.0),
    Column("tries", Integer, nullable=False, default=0),
    Column("correlation", Text),
    Index("operations_open", "status", "lease_until", "seq"),
    Index("operations_by_resource", "resource", "seq"),
)

RUNNING, SUCCEEDED, FAILED = "InProgress", "Succeeded", "Failed"
# Made once: to put a statement together takes longer than to run it.
_FIND = select(operations).where(operations.c.id.in_(bindparam("sought", expanding=True)))
_ASK = insert(operations)
_WAITING = (
    select(operations)
    .where(operations.c.status == RUNNING, operations.c.lease_until < bindparam("now"))
    .order_by(operations.c.seq)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_MINE = operations.c.id == bindparam("sought")
_HOLD = (
    update(operations)
    .where(_MINE)
    .values(lease_until=bindparam("until"), tries=operations.c.tries + 1)
)
_LATER = (
    select(operations.c.seq)
    .where(
        operations.c.resource == bindparam("of"),
        operations.c.seq > select(operations.c.seq).where(_MINE).scalar_subquery(),
    )
    .limit(1)
)
_SETTLE = update(operations).where(_MINE)


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of slow work. `asked_at` and `ended_at` are seconds since the epoch. `correlation`
    is that of the request; None where the first version wrote it."""

    id: str
    verb: str
    resource: str
    principal: str
    asked_at: float
    body: Any = None
    status: str = RUNNING
    error: dict[str, Any] | None = None
    ended_at: float | None = None
    tries: int = 0
    correlation: str | None = None


class Operations:
    """Speaks within the caller's transaction."""

    def __init__(self, connection: Connection):
        self.connection = connection

    def ask(self, operation: Operation) -> None:
        self.connection.execute(_ASK, msgspec.structs.asdict(operation))

    def find(self, id: str) -> Operation | None:
        row = self.connection.execute(select(operations).where(operations.c.id == id)).first()
        return _operation(row) if row else None

    def find_all(self, ids: Collection[str]) -> dict[str, Operation]:
        """By id, those that are there."""
        rows = self.connection.execute(_FIND, {"sought": list(ids)})
        return {row.id: _operation(row) for row in rows}

    def claim(self, now: float, lease: float) -> Operation | None:
        """The oldest work that nobody holds, held for `lease` seconds from now."""
        found = self.waiting(now, 1)
        self.hold(found, now + lease)
        return found[0] if found else None

    def waiting(self, now: float, most: int) -> list[Operation]:
        """The oldest work that nobody holds; nobody else takes it in this transaction."""
        rows = self.connection.execute(_WAITING, {"now": now, "most": most})
        return [_operation(row) for row in rows]

    def hold(self, some: Iterable[Operation], until: float) -> None:
        """Until then, unless it is settled, nobody takes it up again."""
        if held := [{"sought": each.id, "until": until} for each in some]:
            self.connection.execute(_HOLD, held)

    def free(self) -> int:
        """Let go of all that is held, at a start: whoever held it is gone. How many there were."""
        held = update(operations).where(
            operations.c.status == RUNNING, operations.c.lease_until > 0
        )
        return self.connection.execute(held.values(lease_until=0.0)).rowcount

    def is_newest(self, operation: Operation) -> bool:
        """No later work was asked for on the same resource: a later write settles itself."""
        sought = {"sought": operation.id, "of": operation.resource}
        return self.connection.execute(_LATER, sought).first() is None

    def settle(self, id: str, status: str, now: float, error: dict[str, Any] | None) -> None:
        done = {"sought": id, "status": status, "ended_at": now, "error": error}
        self.connection.execute(_SETTLE, done)

    def forget(self, before: float) -> int:
        """Drop what ended before then; how many."""
        old = operations.delete().where(
            or_(operations.c.status == SUCCEEDED, operations.c.status == FAILED),
            operations.c.ended_at < before,
        )
        return self.connection.execute(old).rowcount


def _operation(row: Any) -> Operation:
    fields = {name: getattr(row, name) for name in Operation.__struct_fields__}
    return Operation(**fields)
