"""Runs as ready JSON, kept in memory, dropped when a run is written to."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable


class Fragments:
    """`stamp` is taken before the rows are read: what was written since keeps the reading out."""

    def __init__(self, limit: int = 64 << 20):
        self._limit, self._size = limit, 0
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._dropped: dict[int, int] = {}
        self._clock = self._floor = 0
        self._lock = threading.Lock()

    def stamp(self) -> int:
        return self._clock

    def find(self, runs: Iterable[int]) -> dict[int, bytes]:
        with self._lock:
            return {run: self._kept[run] for run in runs if run in self._kept}

    def keep(self, made: dict[int, bytes], stamp: int) -> None:
        with self._lock:
            for run, body in made.items():
                if self._dropped.get(run, self._floor) <= stamp and run not in self._kept:
                    self._kept[run] = body
                    self._size += len(body)
            while self._size > self._limit:
                self._size -= len(self._kept.popitem(last=False)[1])

    def drop(self, runs: Iterable[int]) -> None:
        with self._lock:
            self._clock += 1
            for run in runs:
                self._dropped[run] = self._clock
                if (body := self._kept.pop(run, None)) is not None:
                    self._size -= len(body)
            if len(self._dropped) > 100_000:
                self._dropped.clear()
                self._floor = self._clock
