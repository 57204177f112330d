"""The count of changes to the directory: what makes a cached caller too old to be believed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from ..store import principals
from ..store.database import Database
from ..store.principals import Connection

Clock = Callable[[], float]


class Generation:
    """Exact for changes made through this object; those of other processes are seen in `poll`
    seconds, so that a request does not cost a query."""

    def __init__(self, database: Database, clock: Clock, poll: float = 1.0):
        self._database, self._clock, self._poll = database, clock, poll
        self._lock = Lock()
        self._value, self._due = 0, 0.0

    def current(self) -> int:
        known = self.peek()
        return known if known is not None else self._ask()

    def peek(self) -> int | None:
        """The count, or None when the database has to be asked for it."""
        return self._value if self._clock() < self._due else None

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """A transaction that alters what somebody may do; in force everywhere here when it ends."""
        with self._database.write() as connection:
            value = principals.advance(connection)
            yield connection
        self._note(value)

    def _ask(self) -> int:
        with self._database.read() as connection:
            value = principals.generation(connection)
        return self._note(value)

    def _note(self, value: int) -> int:
        with self._lock:
            # Two writers may come here in the other order than they committed.
            self._value = max(self._value, value)
            self._due = self._clock() + self._poll
            return self._value
