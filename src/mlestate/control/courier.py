"""The courier: takes what is in the outboxes to the webhooks, each at least once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor

import structlog

from ..core.signature import sign
from ..store.cells import ESTATE, Cells
from ..store.outbox import DELIVERED, SET_ASIDE, Letter, Outbox
from ..store.resources import Resources
from .hooks import Hook, Hooks, key_of
from .turns import Queue, Turns

DAY = 24 * 3600.0
# How long one that ended can still be looked at.
KEPT = 7 * DAY
_FIRST, _FACTOR, _LONGEST = 2.0, 4.0, 2 * 3600.0
_JITTER = 0.25
# Whoever takes longer is given one letter at a time.
_PROMPT = 1.0
# Answers come by the dozen: the outboxes are looked into once for some of them.
_PAUSE = 0.02
GONE = 410
_log = structlog.get_logger(__name__)

# Sends a body with headers to an address: the status of the answer. Raises OSError with what went
# wrong before there was one.
Send = Callable[[str, bytes, dict[str, str]], int]
# Why a letter is not to be told to a webhook; empty where it is.
Withheld = Callable[[Hook, Letter], str]


class Courier:
    """`random` is between 0 and 1. What is under way when the process ends is sent again by the
    next one: the receiver knows it by its id."""

    def __init__(
        self,
        cells: Cells,
        hooks: Hooks,
        withheld: Withheld,
        send: Send,
        clock: Callable[[], float],
        random: Callable[[], float],
        threads: Executor,
    ):
        self.cells, self.hooks = cells, hooks
        self.withheld, self.send = withheld, send
        self.clock, self.random = clock, random
        self._threads = threads
        self._turns = Turns()
        self._wake, self._rest = threading.Event(), threading.Event()
        self._stop = False

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stop = True
        self._wake.set()
        self._rest.set()

    def close(self) -> None:
        """What has begun ends; what has not stays in the outbox."""
        self.stop()
        self._threads.shutdown(cancel_futures=True)

    def run(self, idle: float = 1.0) -> None:
        """Deliver until stopped: on being woken, and every `idle` seconds."""
        while not self._stop:
            self._wake.clear()
            try:
                begun = self.step()
            except Exception:  # noqa: BLE001 - the border: a cell that is away comes back
                _log.exception("the courier stumbled")
                begun = 0
            if not begun:
                self._wake.wait(idle)
            self._rest.wait(_PAUSE)

    def step(self) -> int:
        """Begin with what is due; how many were begun. For one thread."""
        if not self.hooks.all():
            return 0
        return sum(map(self._begin, self._turns.order(self._waiting())))

    def forget(self) -> int:
        """What ended a week ago; how many letters."""
        count, before = 0, self.clock() - KEPT
        for database in self.cells.all():
            with database.write() as connection:
                count += Outbox(connection).forget(before)
        return count

    def _waiting(self) -> Iterator[Queue]:
        for region in (ESTATE, *self.cells.regions):
            with self.cells.named(region).read() as connection:
                names = Outbox(connection).webhooks()
            yield from (Queue(region, name) for name in names)

    def _begin(self, queue: Queue) -> int:
        room = self._turns.room(queue.webhook)
        if not room or self._stop:
            return 0
        # Before the look into the outbox: there, what ends meanwhile may still seem to wait.
        carried = self._turns.under_way(queue)
        with self.cells.named(queue.region).read() as connection:
            due = Outbox(connection).due(queue.webhook, self.clock(), room, carried)
        for letter in due:
            self._turns.begin(queue, letter.seq)
            self._threads.submit(self._carry, queue, letter)
        return len(due)

    def _carry(self, queue: Queue, letter: Letter) -> None:
        prompt: bool | None = False
        try:
            prompt = self._deliver(queue.region, letter)
        except Exception:  # noqa: BLE001 - the border: it stays in the outbox, and is tried again
            _log.exception("a delivery failed", webhook=letter.webhook, event=letter.event)
        finally:
            self._turns.end(queue, letter.seq, prompt)
            self._wake.set()

    def _deliver(self, region: str, letter: Letter) -> bool | None:
        """Whether it was taken, and at once; None where it was not sent."""
        hook = self.hooks.named(letter.webhook)
        why = self.withheld(hook, letter) if hook else "the webhook is gone, or not enabled"
        if hook is None or why:
            self._end(region, letter, SET_ASIDE, why)
            return None
        begun, body = self.clock(), letter.body.encode()
        try:
            status = self.send(hook.url, body, self._headers(hook, letter, body))
        except OSError as error:
            self._failed(region, letter, str(error)[:300])
            return False
        took = self.clock() - begun
        self._answered(region, letter, status)
        return 200 <= status < 300 and took < _PROMPT

    def _answered(self, region: str, letter: Letter, status: int) -> None:
        if 200 <= status < 300:
            self._end(region, letter, DELIVERED, str(status))
        elif status == GONE:
            self._end(region, letter, SET_ASIDE, "410: it wants to hear no more")
        else:
            self._failed(region, letter, str(status))

    def _headers(self, hook: Hook, letter: Letter, body: bytes) -> dict[str, str]:
        now = int(self.clock())
        return {
            "content-type": "application/cloudevents+json; charset=utf-8",
            "webhook-id": letter.event,
            "webhook-timestamp": str(now),
            "webhook-signature": sign(self._secrets(hook.name), letter.event, now, body),
        }

    def _secrets(self, name: str) -> list[str]:
        with self.cells.estate.read() as connection:
            kept = Resources(connection).secret(key_of(name)) or {}
        return [one["value"] for one in kept.get("secrets", ()) if one["until"] > self.clock()]

    def _failed(self, region: str, letter: Letter, answer: str) -> None:
        now = self.clock()
        due = now + patience(letter.tries, self.random())
        if due - letter.at > DAY:
            self._end(region, letter, SET_ASIDE, answer)
            return
        with self.cells.named(region).write() as connection:
            Outbox(connection).again(letter.seq, due, answer)

    def _end(self, region: str, letter: Letter, state: str, answer: str) -> None:
        with self.cells.named(region).write() as connection:
            Outbox(connection).end(letter.seq, state, self.clock(), answer)


def patience(tries: int, random: float) -> float:
    """Seconds until the next try: longer each time, and not the same for all."""
    plain = min(_FIRST * _FACTOR**tries, _LONGEST)
    return plain * (1 + _JITTER * (2 * random - 1))
