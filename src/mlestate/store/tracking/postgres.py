"""PostgreSQL through psycopg; each cell has a schema of its own."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg

from ...core.errors import Invalid, Unavailable
from .. import misfit, postgres_settings
from .schema import POSTGRES_TYPES, migrate
from .session import Row, Session

_log = logging.getLogger(__name__)


@lru_cache(maxsize=2048)
def _sql(text: str) -> str:
    """`?` -> `%s`; and a backslash in a pattern means itself, as in SQLite."""
    return text.replace("%", "%%").replace("LIKE ?", "LIKE ? ESCAPE ''").replace("?", "%s")


class PostgresSession:
    is_sqlite = False

    def __init__(self, url: str, schema: str):
        with _told():
            self.connection = _connected(url)
            self.connection.execute(postgres_settings.STATEMENTS)
            self.connection.execute(f"SET search_path TO {schema}")
        self._cursor = self.connection.cursor()

    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        with _told():
            return self._cursor.execute(_sql(sql), args).fetchall()

    def one(self, sql: str, args: Sequence[Any] = ()) -> Row | None:
        with _told():
            return self._cursor.execute(_sql(sql), args).fetchone()

    def run(self, sql: str, args: Sequence[Any] = ()) -> None:
        with _told():
            self._cursor.execute(_sql(sql), args)

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        with _told():
            self._cursor.executemany(_sql(sql), rows)


def _connected(url: str) -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(url, autocommit=True, client_encoding=postgres_settings.ENCODING)


@contextmanager
def _told() -> Iterator[None]:
    """PostgreSQL has no text with a NUL in it, and may be away for a while: who asks is told so."""
    try:
        yield
    except (psycopg.DataError, OverflowError, UnicodeEncodeError) as error:
        raise Invalid(misfit.UNFIT) from error
    except psycopg.Error as error:
        if misfit.too_much(error):
            raise Invalid(misfit.TOO_MUCH) from error
        if not (misfit.altered(error) or isinstance(error, psycopg.OperationalError)):
            raise
        _log.warning("the tracking database does not serve: %s", misfit.in_a_line(error))
        raise Unavailable("The tracking database does not answer; try again.") from error


class PostgresDatabase:
    def __init__(self, url: str, schema: str):
        if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", schema):
            raise ValueError(f"`{schema}` is no name for a schema: use a-z, 0-9 and `_`")
        self.url, self.schema = url, schema
        self._lock = threading.Lock()
        self._idle: list[PostgresSession] = []
        with _told(), _connected(url) as connection:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        self._writer = PostgresSession(url, schema)
        self._migrate()

    def _migrate(self) -> None:
        try:
            self._writer.run("BEGIN")
            # Two programs that start at once must not both make the tables.
            self._writer.rows("SELECT pg_advisory_xact_lock(hashtext(?))", (self.schema,))
            migrate(self._writer, POSTGRES_TYPES)
            self._writer.run("COMMIT")
        except BaseException:
            self._writer.connection.close()
            raise

    def writer(self) -> Session:
        return self._writer

    def begin(self, session: Session) -> Session:
        if self._writer.connection.closed:
            self._writer = PostgresSession(self.url, self.schema)
        self._writer.run("BEGIN")
        return self._writer

    def rollback(self, session: Session) -> None:
        if not self._writer.connection.closed:
            session.run("ROLLBACK")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self._lock:
            session = self._idle.pop() if self._idle else None
        session = session or PostgresSession(self.url, self.schema)
        try:
            session.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield session
            session.run("ROLLBACK")
        except BaseException:
            # What state it is in is not worth finding out.
            session.connection.close()
            raise
        with self._lock:
            self._idle.append(session)

    def close(self) -> None:
        for session in (self._writer, *self._idle):
            session.connection.close()
