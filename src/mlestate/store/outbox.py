"""What webhooks are still to be told, and were: a row for each of them, written with what it tells
of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    and_,
    column,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from .columns import Id, Key

WAITING, DELIVERED, SET_ASIDE = "Waiting", "Delivered", "SetAside"

metadata = MetaData()
outbox = Table(
    "outbox",
    metadata,
    Column("seq", Id, primary_key=True, autoincrement=True),
    Column("event", String(36), nullable=False),
    Column("webhook", Text, nullable=False),  # its name in lower case
    Column("key", Key, nullable=False),  # what it is about: told in the order of `seq`
    Column("type", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("answer", Text, nullable=False),  # what the last try came to
    Column("ended_at", Float),
    Index("outbox_by_turn", "state", "webhook", "key", "seq"),
    Index("outbox_by_due", "state", "webhook", "due_at", "seq"),
)
_PUT = insert(outbox)
_earlier = outbox.alias("earlier")


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """`body` is what is sent, as it is signed. `seq` is given by the database."""

    event: str
    webhook: str
    key: str
    type: str
    body: str
    at: float
    due_at: float
    tries: int = 0
    state: str = WAITING
    answer: str = ""
    ended_at: float | None = None
    seq: int = 0


class Outbox:
    """Speaks within the caller's transaction."""

    def __init__(self, connection: Connection):
        self.connection = connection

    def put(self, letters: Sequence[Letter]) -> None:
        rows = [msgspec.structs.asdict(one) for one in letters]
        for row in rows:
            del row["seq"]
        if rows:
            self.connection.execute(_PUT, rows)

    def webhooks(self) -> list[str]:
        """Those for which anything waits; found by as many steps, however much it is."""
        c = outbox.c
        first = select(func.min(c.webhook).label("name")).where(c.state == WAITING)
        found = first.cte("found", recursive=True)
        after = select(func.min(c.webhook)).where(c.state == WAITING, c.webhook > found.c.name)
        later = select(after.scalar_subquery()).where(found.c.name.is_not(None))
        every = select(found.union_all(later)).where(column("name").is_not(None))
        return list(self.connection.execute(every).scalars())

    def due(
        self, webhook: str, now: float, limit: int, besides: Collection[int] = ()
    ) -> list[Letter]:
        """Those whose time has come first, and before which none about the same waits."""
        c, e = outbox.c, _earlier.c
        before = exists().where(
            and_(e.state == WAITING, e.webhook == c.webhook, e.key == c.key, e.seq < c.seq)
        )
        mine = and_(c.state == WAITING, c.webhook == webhook, c.due_at <= now)
        found = select(outbox).where(mine, c.seq.not_in(besides), ~before)
        return _letters(self.connection.execute(found.order_by(c.due_at, c.seq).limit(limit)))

    def again(self, seq: int, due_at: float, answer: str) -> None:
        self._set(seq, due_at=due_at, answer=answer, tries=outbox.c.tries + 1)

    def end(self, seq: int, state: str, at: float, answer: str) -> None:
        tries = outbox.c.tries + 1
        self._set(seq, state=state, ended_at=at, answer=answer, tries=tries)

    def list(self, webhook: str, limit: int, before: int | None = None) -> list[Letter]:
        """The newest first; `before` is the number of a letter, to go on from."""
        c = outbox.c
        found = select(outbox).where(c.webhook == webhook).order_by(c.seq.desc()).limit(limit)
        if before is not None:
            found = found.where(c.seq < before)
        return _letters(self.connection.execute(found))

    def redeliver(self, webhook: str, event: str, now: float) -> int:
        """One event, or without one all that were set aside; how many there are."""
        c = outbox.c
        which = c.event == event if event else c.state == SET_ASIDE
        anew = {"state": WAITING, "due_at": now, "at": now, "tries": 0, "ended_at": None}
        found = update(outbox).where(c.webhook == webhook, which).values(**anew)
        return self.connection.execute(found).rowcount

    def forget(self, before: float) -> int:
        """Those that ended so long ago."""
        c = outbox.c
        ended = delete(outbox).where(c.state != WAITING, c.ended_at < before)
        return self.connection.execute(ended).rowcount

    def drop(self, webhook: str) -> None:
        self.connection.execute(delete(outbox).where(outbox.c.webhook == webhook))

    def _set(self, seq: int, **values: Any) -> None:
        self.connection.execute(update(outbox).where(outbox.c.seq == seq).values(**values))


def _letters(rows: Iterable[Any]) -> list[Letter]:
    names = Letter.__struct_fields__
    return [Letter(**{name: getattr(row, name) for name in names}) for row in rows]
