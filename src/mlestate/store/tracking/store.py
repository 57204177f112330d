"""A cell's tracking database as other rooms hold it: `read`, `write`, `submit`, `close`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from ...core.errors import Unavailable
from . import metrics, runs
from .fragments import Fragments
from .group import Group
from .session import Database, Session
from .sqlite import SqliteDatabase
from .writer import Writer

T = TypeVar("T")

_REMEMBERED = 100_000


def open_tracking(url: str, schema: str = "tracking") -> TrackingStore:
    """`url` is a file's path, or `postgresql://…` (then with a schema for the cell)."""
    url = url.replace("postgresql+psycopg://", "postgresql://", 1)
    if url.startswith(("postgresql://", "postgres://")):
        # Its driver costs time and memory that an estate on files need not pay.
        from .postgres import PostgresDatabase

        return TrackingStore(PostgresDatabase(url, schema))
    return TrackingStore(SqliteDatabase(Path(url)))


class TrackingStore:
    def __init__(self, database: Database, readers: int = 4):
        self._database = database
        self._threads = ThreadPoolExecutor(readers, "tracking-reader")
        self._fragments = Fragments()
        with database.reading() as session:
            self._loose = metrics.untidy(session)
        self._tidying: set[int] = set()
        self._writer = Writer(database, self._committed)
        self.write(self._tidy_all)

    def read(self, work: Callable[[Session], T]) -> T:
        """In a snapshot, on the caller's thread."""
        with self._database.reading() as session:
            return work(session)

    async def reading(self, work: Callable[[Session], T]) -> T:
        """The same from an event loop, which goes on meanwhile."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self.read, work)

    def write(self, work: Callable[[Group], T]) -> T:
        """Returns when it is on disk. `work` may run twice: its group may fail for another."""
        future: Future[T] = Future()
        self._offer(work, future)
        return future.result()

    def submit(self, work: Callable[[Group], T]) -> asyncio.Future[T]:
        """The same from an event loop."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._offer(work, future)
        return future

    def read_runs(self, find: Callable[[Session], Sequence[int]]) -> list[bytes]:
        """The JSON of the runs that `find` finds (see `runs.fragments`), mostly from memory."""
        stamp = self._fragments.stamp()
        with self._database.reading() as session:
            ids = find(session)
            known = self._fragments.find(ids)
            made = runs.fragments(session, [number for number in ids if number not in known])
        self._fragments.keep(made, stamp)
        known.update(made)
        return [known[number] for number in ids]

    async def reading_runs(self, find: Callable[[Session], Sequence[int]]) -> list[bytes]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self.read_runs, find)

    def close(self) -> None:
        """Everything accepted is written first."""
        self._writer.close()
        self._threads.shutdown()
        self._database.close()

    def _offer(self, work: Callable[[Group], T], future: Future[T] | asyncio.Future[T]) -> None:
        if not self._writer.offer(work, future):
            raise Unavailable("The tracking database is closing; try again.")

    # All below runs on the writer's thread.

    def _committed(self, group: Group) -> None:
        self._fragments.drop(group.touched)
        if len(self._loose) > _REMEMBERED:
            self._loose.clear()
        for run, count in group.fresh.items():
            self._loose[run] = self._loose.get(run, 0) + count
            self._tidy(run)

    def _tidy_all(self, group: Group) -> None:
        for run in list(self._loose):
            self._tidy(run)

    def _tidy(self, run: int) -> None:
        if run in self._tidying or self._loose[run] < metrics.LOOSE_CHUNKS:
            return
        future: Future[int] = Future()
        future.add_done_callback(lambda done: self._tidied(run, done))
        # Refused when the writer is closing: the next start finds the chunks as they are.
        if self._writer.offer(lambda group: metrics.compact(group, run), future):
            self._tidying.add(run)

    def _tidied(self, run: int, done: Future[int]) -> None:
        self._tidying.discard(run)
        # A failure leaves the count as it is, and the run's next write tries again.
        if done.exception() is None:
            self._loose[run] = done.result()
            self._tidy(run)
