"""What both databases offer to the queries of this room: one connection inside a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

Row = tuple[Any, ...]


class Session(Protocol):
    """SQL is the common subset of both, with `?` for a value."""

    is_sqlite: bool

    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[Row]: ...

    def one(self, sql: str, args: Sequence[Any] = ()) -> Row | None: ...

    def run(self, sql: str, args: Sequence[Any] = ()) -> None: ...

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None: ...


class Database(Protocol):
    """One tracking database: a connection that writes, and a pool of those that read."""

    def writer(self) -> Session: ...

    def begin(self, session: Session) -> Session:
        """Start a writing transaction, on a new connection if the old one is gone."""

    def rollback(self, session: Session) -> None: ...

    def reading(self) -> AbstractContextManager[Session]:
        """A snapshot that sees whole commits only."""

    def close(self) -> None: ...


def marks(values: Sequence[Any]) -> str:
    return ",".join("?" * len(values))


def numbers(values: Iterable[int]) -> str:
    """Row numbers written into the SQL itself: they are ours, and may be thousands."""
    return ",".join([str(int(value)) for value in values])
