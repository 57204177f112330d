"""What the queries of this folder need of a database: one connection inside a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ...core.errors import Invalid
from .. import misfit

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
    """A session inside a transaction of SQLAlchemy's, on the driver's own cursor: SQLAlchemy takes
    several times as long for a small statement as the database does."""

    def __init__(self, connection: Connection):
        self._connection = connection
        self.is_sqlite = connection.dialect.name == "sqlite"
        if not connection.in_transaction():
            connection.begin()  # or its commit would not know of ours

    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        with self._cursor() as cursor:
            return list(self._done(cursor.execute, sql, tuple(args)).fetchall())

    def one(self, sql: str, args: Sequence[Any] = ()) -> Row | None:
        rows = self.rows(sql, args)
        return rows[0] if rows else None

    def run(self, sql: str, args: Sequence[Any] = ()) -> None:
        with self._cursor() as cursor:
            self._done(cursor.execute, sql, tuple(args))

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        if every := [tuple(row) for row in rows]:
            with self._cursor() as cursor:
                self._done(cursor.executemany, sql, every)

    def _cursor(self) -> Any:
        return closing(self._connection.connection.cursor())

    def _done(self, execute: Callable[[str, Any], Any], sql: str, args: Any) -> Any:
        """What the driver raises is what SQLAlchemy would: others know it by that."""
        driver: Any = self._connection.dialect.dbapi
        try:
            return execute(sql if self.is_sqlite else _for_psycopg(sql), args)
        except (OverflowError, UnicodeEncodeError) as error:
            raise Invalid(misfit.UNFIT) from error
        except driver.Error as error:
            raise DBAPIError.instance(
                sql, args, error, driver.Error, dialect=self._connection.dialect
            ) from error


@lru_cache(maxsize=512)
def _for_psycopg(sql: str) -> str:
    """A backslash in a pattern means itself, as in SQLite."""
    return sql.replace("%", "%%").replace("LIKE ?", "LIKE ? ESCAPE ''").replace("?", "%s")
