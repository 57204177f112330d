"""One database, SQLite or PostgreSQL, and its transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from sqlalchemy import Connection as Connection
from sqlalchemy import Engine, MetaData, create_engine, event
from sqlalchemy.pool import QueuePool

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA busy_timeout=15000",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-4096",
)


class Database:
    """`url` is SQLAlchemy's: `sqlite:////path/file.db` or `postgresql+psycopg://…`."""

    def __init__(self, url: str, pool_size: int = 8):
        self.engine: Engine = create_engine(
            url,
            poolclass=QueuePool,
            pool_size=pool_size,
            json_serializer=lambda value: msgspec.json.encode(value).decode(),
            json_deserializer=msgspec.json.decode,
        )
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)

    def create(self, metadata: MetaData) -> None:
        """Make the tables that are not there yet."""
        with self.write() as connection:
            metadata.create_all(connection)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot; nothing in it is committed."""
        with self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
            yield connection
            connection.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed (and on disk) when the block ends, else undone."""
        with self.engine.connect() as connection:
            if self.is_sqlite:
                # A writer takes its lock at once: two that upgrade later would deadlock.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()

    def close(self) -> None:
        self.engine.dispose()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own guessing at transactions is switched off: BEGIN is ours to say.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)
