"""Whose letters are carried next, and how many at once: one that hangs holds up no other."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable

import msgspec

# So many letters are under way at the same time, and so many of them to one webhook.
CARRIERS = 16
AT_ONE = 4
# So many to all that are not known to answer at once: the other carriers are never theirs.
_UNPROVEN = 12


class Queue(msgspec.Struct, frozen=True):
    """What waits in one cell for one webhook."""

    region: str
    webhook: str


class Turns:
    """A webhook whose last letter was not taken at once is given one at a time, and so is one that
    was given none yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy: dict[tuple[str, int], str] = {}
        self._prompt: set[str] = set()
        self._begun: dict[Queue, int] = {}
        self._count = 0

    def order(self, queues: Iterable[Queue]) -> list[Queue]:
        """First those that waited longest since they were last begun."""
        with self._lock:
            some = sorted(queues, key=lambda queue: self._begun.get(queue, 0))
            # Of those that are empty now nothing is kept.
            self._begun = {one: self._begun[one] for one in some if one in self._begun}
            return some

    def room(self, webhook: str) -> int:
        """How many letters it may be given now."""
        with self._lock:
            under_way = Counter(self._busy.values())
            if webhook in self._prompt:
                return AT_ONE - under_way[webhook]
            unproven = sum(n for name, n in under_way.items() if name not in self._prompt)
            return int(not under_way[webhook] and unproven < _UNPROVEN)

    def under_way(self, queue: Queue) -> list[int]:
        """The numbers of its letters that somebody carries."""
        with self._lock:
            busy = self._busy.items()
            return [seq for (region, seq), name in busy if Queue(region, name) == queue]

    def begin(self, queue: Queue, seq: int) -> None:
        with self._lock:
            self._count += 1
            self._begun[queue] = self._count
            self._busy[queue.region, seq] = queue.webhook

    def end(self, queue: Queue, seq: int, prompt: bool | None) -> None:
        """`prompt` is whether it was taken, and at once; None where nobody was asked to."""
        with self._lock:
            del self._busy[queue.region, seq]
            if prompt:
                self._prompt.add(queue.webhook)
            elif prompt is not None:
                self._prompt.discard(queue.webhook)
