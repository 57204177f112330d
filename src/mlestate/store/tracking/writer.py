"""The one thread that writes: many requests, one commit; none is answered before it."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple

from ...core.errors import PlatformError
from . import retelling
from .group import Group
from .session import Database

GROUP = 256

Work = Callable[[Group], Any]


class Ticket(NamedTuple):
    """A request waiting for its commit, from a thread or from an event loop."""

    work: Work
    future: Future[Any] | asyncio.Future[Any]


class Outcome(NamedTuple):
    value: Any = None
    error: BaseException | None = None


# What is done with a whole group once it is on disk, before anyone is answered.
Committed = Callable[[Group], None]


class Writer:
    def __init__(self, database: Database, committed: Committed):
        self._database, self._committed = database, committed
        self._queue: queue.SimpleQueue[Ticket | None] = queue.SimpleQueue()
        self._group = Group(database.writer())
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="tracking-writer", daemon=True)
        self._thread.start()

    def offer(self, work: Work, future: Future[Any] | asyncio.Future[Any]) -> bool:
        """False when it is too late: the writer is closing."""
        # The lock keeps a request from slipping in behind the last one.
        with self._lock:
            if not self._closed:
                self._queue.put(Ticket(work, future))
            return not self._closed

    def close(self) -> None:
        """Everything accepted so far is written, then the thread ends."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _serve(self) -> None:
        open_ = True
        while open_:
            tickets, open_ = self._gather()
            if tickets:
                answer(tickets, self._commit(tickets))

    def _gather(self) -> tuple[list[Ticket], bool]:
        ticket = self._queue.get()
        tickets: list[Ticket] = []
        while ticket is not None:
            tickets.append(ticket)
            if len(tickets) == GROUP or self._queue.empty():
                return tickets, True
            ticket = self._queue.get()
        return tickets, False

    def _commit(self, tickets: Sequence[Ticket]) -> Sequence[Outcome]:
        try:
            return self._together(tickets)
        except Exception as error:  # noqa: BLE001 - it is raised again to the one who caused it
            if len(tickets) == 1:
                return [self._undo(error)]
            self._undo(error)
        try:
            return self._one_by_one(tickets)
        except Exception as error:  # noqa: BLE001 - the commit itself failed: everyone hears it
            return [self._undo(error)] * len(tickets)

    def _together(self, tickets: Sequence[Ticket]) -> Sequence[Outcome]:
        group = self._group
        group.session = self._database.begin(group.session)
        outcomes = [attempt(ticket.work, group) for ticket in tickets]
        retelling.finish(group)
        self._end()
        return outcomes

    def _one_by_one(self, tickets: Sequence[Ticket]) -> Sequence[Outcome]:
        """The group failed as a whole: only the faulty one shall."""
        self._group.session = self._database.begin(self._group.session)
        outcomes = [self._alone(ticket.work) for ticket in tickets]
        self._end()
        return outcomes

    def _alone(self, work: Work) -> Outcome:
        group = self._group
        group.session.run("SAVEPOINT alone")
        touched = set(group.touched)
        try:
            value = work(group)
            retelling.finish(group)
        except Exception as error:  # noqa: BLE001 - handed to the one who caused it
            group.session.run("ROLLBACK TO SAVEPOINT alone")
            group.abandon()
            group.touched |= touched
            return Outcome(error=error)
        finally:
            group.session.run("RELEASE SAVEPOINT alone")
        return Outcome(value)

    def _end(self) -> None:
        self._group.session.run("COMMIT")
        self._committed(self._group)
        self._group.touched.clear()
        self._group.fresh.clear()

    def _undo(self, error: BaseException) -> Outcome:
        self._group.abandon()
        try:
            self._database.rollback(self._group.session)
        except Exception as second:  # noqa: BLE001 - the first error is the one to tell
            error.add_note(f"and the rollback failed: {second}")
        return Outcome(error=error)


def attempt(work: Work, group: Group) -> Outcome:
    """A refusal before anything was written concerns one request only; others go on."""
    before = group.writes
    try:
        return Outcome(work(group))
    except PlatformError as error:
        if group.writes != before:
            raise
        return Outcome(error=error)


def answer(tickets: Sequence[Ticket], outcomes: Sequence[Outcome]) -> None:
    """Waking an event loop costs more than the rest: once a loop and group, not once a request."""
    loops: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Outcome]]] = {}
    for ticket, outcome in zip(tickets, outcomes, strict=True):
        if isinstance(ticket.future, Future):
            settle(ticket.future, outcome)
        else:
            loops.setdefault(ticket.future.get_loop(), []).append((ticket.future, outcome))
    for loop, waiting in loops.items():
        try:
            loop.call_soon_threadsafe(settle_all, waiting)
        except RuntimeError:
            # The loop has ended and everyone who waited on it is gone; what was written stays.
            if not loop.is_closed():
                raise


def settle_all(waiting: Sequence[tuple[asyncio.Future[Any], Outcome]]) -> None:
    for future, outcome in waiting:
        settle(future, outcome)


def settle(future: Future[Any] | asyncio.Future[Any], outcome: Outcome) -> None:
    if future.cancelled():
        # The client went away while its request was being written.
        return
    if outcome.error is not None:
        future.set_exception(outcome.error)
    else:
        future.set_result(outcome.value)
