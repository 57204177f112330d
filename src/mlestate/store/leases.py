"""A region's queue, leases and pools as rows: read under the region's lock, and what was changed is
written back. What the documents say is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from .database import Database

metadata = MetaData()

regions = Table(
    "lease_regions",
    metadata,
    Column("region", String(64), primary_key=True),
    Column("fence", BigInteger, nullable=False),
)

rows = Table(
    "lease_rows",
    metadata,
    Column("region", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("key", String(512), primary_key=True),
    Column("document", LargeBinary, nullable=False),
)

Key = tuple[str, str]
# Made once: to put a statement together takes longer than to run it.
_ALL = select(rows.c.kind, rows.c.key, rows.c.document).where(rows.c.region == bindparam("region"))
_OF_KINDS = _ALL.where(rows.c.kind.in_(bindparam("kinds", expanding=True)))
_NAMED = _OF_KINDS.where(rows.c.key.in_(bindparam("keys", expanding=True)))
_ADD = insert(rows)


More = Callable[[dict[Key, bytes]], Sequence[Key]]


def _no_more(documents: dict[Key, bytes]) -> Sequence[Key]:
    return ()


class Turn:
    """One exclusive look at a region: `documents` by (kind, key), and the fence; change both."""

    def __init__(self, fence: int, documents: dict[Key, bytes]):
        self.fence = fence
        self.documents = documents


class Leases:
    def __init__(self, database: Database):
        self._database = database

    def open_region(self, region: str) -> None:
        """Make the region's row, whose lock every turn takes."""
        with self._database.write() as connection:
            if _fence(connection, region) is None:
                connection.execute(insert(regions).values(region=region, fence=0))

    @contextmanager
    def turn(self, region: str, kinds: Sequence[str] = (), more: More = _no_more) -> Iterator[Turn]:
        """Nobody else has a turn at the region meanwhile. Written when the block ends well.

        Only documents of these kinds are read, where there are any, and what `more` asks for when
        it has seen them; all others stay as they are.
        """
        with self._database.write() as connection:
            fence = _fence(connection, region)
            if fence is None:
                raise LookupError(f"the region `{region}` was not opened")
            before = _documents(connection, region, kinds)
            before |= _named(connection, region, more(before))
            turn = Turn(fence, dict(before))
            yield turn
            _save(connection, region, before, turn.documents)
            if turn.fence != fence:
                connection.execute(
                    update(regions).where(regions.c.region == region).values(fence=turn.fence)
                )

    @contextmanager
    def look(self, region: str, keys: Sequence[Key], kind: str) -> Iterator[Turn]:
        """As it was last written, what has these keys, and all of a kind where there is any such;
        what is changed here is not kept."""
        with self._database.read() as connection:
            documents = _named(connection, region, keys)
            if documents:
                documents |= _documents(connection, region, [kind])
            yield Turn(0, documents)


def _fence(connection: Connection, region: str) -> int | None:
    # SQLite has no row locks and needs none: its writer is alone from BEGIN IMMEDIATE on.
    query = select(regions.c.fence).where(regions.c.region == region).with_for_update()
    return connection.execute(query).scalar_one_or_none()


def _documents(connection: Connection, region: str, kinds: Sequence[str]) -> dict[Key, bytes]:
    if not kinds:
        return _by_key(connection.execute(_ALL, {"region": region}))
    return _by_key(connection.execute(_OF_KINDS, {"region": region, "kinds": list(kinds)}))


def _named(connection: Connection, region: str, keys: Sequence[Key]) -> dict[Key, bytes]:
    if not keys:
        return {}
    kinds, names = {kind for kind, _ in keys}, {name for _, name in keys}
    asked = {"region": region, "kinds": list(kinds), "keys": list(names)}
    return _by_key(connection.execute(_NAMED, asked))


def _by_key(found: Iterable[Any]) -> dict[Key, bytes]:
    return {(kind, key): bytes(document) for kind, key, document in found}


def _save(
    connection: Connection, region: str, before: dict[Key, bytes], after: dict[Key, bytes]
) -> None:
    for kind, key in before.keys() - after.keys():
        connection.execute(delete(rows).where(*_at(region, kind, key)))
    new = []
    for (kind, key), document in after.items():
        old = before.get((kind, key))
        if old is None:
            new.append({"region": region, "kind": kind, "key": key, "document": document})
        elif old != document:
            change = update(rows).where(*_at(region, kind, key))
            connection.execute(change.values(document=document))
    if new:
        connection.execute(_ADD, new)


def _at(region: str, kind: str, key: str) -> tuple[ColumnElement[bool], ...]:
    return rows.c.region == region, rows.c.kind == kind, rows.c.key == key
