"""What may be done now: a thing is ready as soon as all that it waits for is done."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from ..port import Pool

T = TypeVar("T")
_IN_FLIGHT = 8


class Schedule:
    """`waits` says for each of `keys` what it waits for; what is not among the keys is done."""

    def __init__(self, keys: Sequence[str], waits: Mapping[str, Collection[str]]):
        due = dict.fromkeys(keys)
        self._missing: dict[str, int] = {}
        self._waiting: dict[str, list[str]] = {}
        self._ready: deque[str] = deque()
        for key in due:
            pending = [each for each in waits.get(key, ()) if each in due]
            self._missing[key] = len(pending)
            for each in pending:
                self._waiting.setdefault(each, []).append(key)
            if not pending:
                self._ready.append(key)

    @property
    def ready(self) -> int:
        return len(self._ready)

    def take(self, most: int) -> list[str]:
        """Those that may be done now, and are yet given to nobody."""
        return [self._ready.popleft() for _ in range(min(most, len(self._ready)))]

    def done(self, key: str) -> None:
        for each in self._waiting.pop(key, ()):
            if each in self._missing:
                self._missing[each] -= 1
                if not self._missing[each]:
                    self._ready.append(each)

    def drop(self, key: str) -> list[str]:
        """All that waits for it, near and far: it is never ready."""
        dropped: list[str] = []
        open_keys = [key]
        while open_keys:
            for each in self._waiting.pop(open_keys.pop(), ()):
                if self._missing.pop(each, None) is not None:
                    dropped.append(each)
                    open_keys.append(each)
        return dropped

    def rest(self) -> list[str]:
        """Those that were never given to anybody, and are not dropped."""
        ready = set(self._ready)
        return [key for key, missing in self._missing.items() if missing or key in ready]


class Crew(Generic[T]):
    """Does batches in a pool, several at a time, and hands what comes back to one thread.

    `tick` is called between, and gives how many seconds it can wait until it is called again.
    """

    def __init__(self, pool: Pool, work: Callable[[list[str]], T], tick: Callable[[], float]):
        self._pool, self._work, self._tick = pool, work, tick
        self._back: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()
        self._flying = 0

    def run(self, batches: Callable[[], Iterable[list[str]]], settle: Callable[[T], None]) -> None:
        """Until `batches` gives none and none is out. What the work raises is raised here, when
        all that was begun has ended."""
        try:
            while True:
                for batch in batches():
                    self._tick()
                    self._flying += 1
                    self._pool.submit(partial(self._do, batch))
                if not self._flying:
                    return
                self._settle_next(settle)
        except BaseException:
            self._drain()
            raise

    @property
    def room(self) -> int:
        return _IN_FLIGHT - self._flying

    def _do(self, batch: list[str]) -> None:
        try:
            self._back.put((self._work(batch), None))
        except BaseException as error:  # noqa: BLE001 - raised again by `run`, in its own thread
            self._back.put((None, error))

    def _settle_next(self, settle: Callable[[T], None]) -> None:
        try:
            result, error = self._back.get(timeout=self._tick())
        except Empty:
            return
        self._flying -= 1
        if error is not None:
            raise error
        assert result is not None
        settle(result)

    def _drain(self) -> None:
        while self._flying:
            self._back.get()
            self._flying -= 1
