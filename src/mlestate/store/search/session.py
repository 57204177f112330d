"""What the queries of this folder need of a database: one connection inside a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")
Row = tuple[Any, ...]


class Session(Protocol):
    """SQL is the common subset of both databases, with `?` for a value."""

    is_sqlite: bool

    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[Row]: ...

    def one(self, sql: str, args: Sequence[Any] = ()) -> Row | None: ...

    def run(self, sql: str, args: Sequence[Any] = ()) -> None: ...

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None: ...


def padded(values: Sequence[T]) -> list[T]:
    """The last value again, up to a power of two: statements of few lengths are parsed once."""
    return [*values, *[values[-1]] * ((1 << (len(values) - 1).bit_length()) - len(values))]


class OnConnection:
    """A session on a transaction of SQLAlchemy's, whose own statements cost more than they do."""

    def __init__(self, connection: Connection):
        self._connection = connection
        self.is_sqlite = connection.dialect.name == "sqlite"

    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        found = self._connection.exec_driver_sql(self._spoken(sql), tuple(args))
        return [tuple(row) for row in found]

    def one(self, sql: str, args: Sequence[Any] = ()) -> Row | None:
        rows = self.rows(sql, args)
        return rows[0] if rows else None

    def run(self, sql: str, args: Sequence[Any] = ()) -> None:
        self._connection.exec_driver_sql(self._spoken(sql), tuple(args))

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        if every := [tuple(row) for row in rows]:
            self._connection.exec_driver_sql(self._spoken(sql), every)

    def _spoken(self, sql: str) -> str:
        return sql if self.is_sqlite else _for_psycopg(sql)


@lru_cache(maxsize=512)
def _for_psycopg(sql: str) -> str:
    """A backslash in a pattern means itself, as in SQLite."""
    return sql.replace("%", "%%").replace("LIKE ?", "LIKE ? ESCAPE ''").replace("?", "%s")
