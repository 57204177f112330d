"""SQLite through apsw. Nothing else in the process may open this file: two libraries corrupt it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from ...core.errors import Invalid, Unavailable
from .. import misfit
from ..database import keep_private
from .schema import SQLITE_TYPES, migrate
from .session import Row, Session

_log = logging.getLogger(__name__)
_PRAGMAS = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=15000;
PRAGMA wal_autocheckpoint=4000; PRAGMA case_sensitive_like=ON;
"""


class SqliteSession:
    is_sqlite = True

    def __init__(self, path: Path, cache_kib: int):
        self.connection = apsw.Connection(str(path), statementcachesize=200)
        self._execute = self.connection.execute
        # A script goes no further than its rows are read.
        list(self._execute(f"{_PRAGMAS} PRAGMA cache_size=-{cache_kib};"))

    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        try:
            return list(self._execute(sql, args))
        except _ERRORS as error:
            raise _told(error) from error

    def one(self, sql: str, args: Sequence[Any] = ()) -> Row | None:
        rows = self.rows(sql, args)
        return rows[0] if rows else None

    def run(self, sql: str, args: Sequence[Any] = ()) -> None:
        try:
            self._execute(sql, args)
        except _ERRORS as error:
            raise _told(error) from error

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        try:
            self.connection.executemany(sql, rows)
        except _ERRORS as error:
            raise _told(error) from error


# A file that is away, full or locked for too long.
_AWAY = (
    apsw.BusyError,
    apsw.LockedError,
    apsw.FullError,
    apsw.IOError,
    apsw.CantOpenError,
    apsw.ReadOnlyError,
)
_ERRORS = (apsw.Error, OverflowError, UnicodeEncodeError)


def _told(error: Exception) -> Exception:
    """What whoever asks is told; faults of ours stay what they are."""
    if misfit.unfit(error):
        return Invalid(misfit.UNFIT)
    if misfit.too_much(error):
        return Invalid(misfit.TOO_MUCH)
    if isinstance(error, _AWAY):
        _log.warning("the tracking database does not serve: %s", misfit.in_a_line(error))
        return Unavailable("The tracking database does not answer; try again.")
    return error


class SqliteDatabase:
    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._lock = threading.Lock()
        self._idle: list[SqliteSession] = []
        self._open: list[SqliteSession] = []
        keep_private(path)
        self._writer = self._connect(cache_kib=32768)
        self._migrate()

    def _migrate(self) -> None:
        try:
            self._writer.run("BEGIN IMMEDIATE")
            migrate(self._writer, SQLITE_TYPES)
            self._writer.run("COMMIT")
        except BaseException:
            self.close()
            raise

    def writer(self) -> Session:
        return self._writer

    def begin(self, session: Session) -> Session:
        session.run("BEGIN IMMEDIATE")
        return session

    def rollback(self, session: Session) -> None:
        # Some failures (a full disk) have SQLite itself roll back.
        if self._writer.connection.in_transaction:
            session.run("ROLLBACK")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self._lock:
            session = self._idle.pop() if self._idle else self._connect(cache_kib=8192)
        session.run("BEGIN")
        try:
            yield session
        finally:
            session.run("ROLLBACK")
            with self._lock:
                self._idle.append(session)

    def close(self) -> None:
        for session in self._open:
            session.connection.close()

    def _connect(self, cache_kib: int) -> SqliteSession:
        session = SqliteSession(self.path, cache_kib)
        self._open.append(session)
        return session
