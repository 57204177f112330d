"""SQLite through apsw. Nothing else in the process may open this file: two libraries corrupt it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from ..database import keep_private
from .schema import SQLITE_TYPES, migrate
from .session import Row, Session

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
        return list(self._execute(sql, args))

    def one(self, sql: str, args: Sequence[Any] = ()) -> Row | None:
        rows = list(self._execute(sql, args))
        return rows[0] if rows else None

    def run(self, sql: str, args: Sequence[Any] = ()) -> None:
        self._execute(sql, args)

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self.connection.executemany(sql, rows)


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
