"""What time alone brings, while an estate is served: a table of duties, and who does them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

import msgspec
import structlog

from ..blob.sweep import Sweep
from ..store.operations import Operations
from .build import Estate

ONE, SECONDS, TEN, MINUTE, HOURLY = 1.0, 2.0, 10.0, 60.0, 3600.0
# How long an operation that has ended can still be asked for.
KEPT = 7 * 24 * 3600.0
# An estate that was just started has other things to do.
_FIRST = 60.0
_PATIENCE = 10.0
_log = structlog.get_logger(__name__)


class Duty(msgspec.Struct, frozen=True):
    """Done every so many seconds. Duties of one period share a thread, and so wait for each other;
    those of another do not."""

    name: str
    every: float
    do: Callable[[], object]


def duties(estate: Estate, renew: Callable[[], object]) -> list[Duty]:
    """`renew` sees to the server's certificate."""
    keeping = estate.safekeeping
    return [
        Duty("the queues' clock", SECONDS, estate.queue.tick),
        Duty("the end of roles that are held for a time", SECONDS, estate.ending.run),
        Duty("the activity log's journals", ONE, estate.journals.flush),
        Duty("how far the activity log reaches", TEN, lambda: keeping.note(estate.clock())),
        Duty("the activity log's heads", MINUTE, lambda: keeping.anchor(estate.clock())),
        Duty("renewal of the certificate", HOURLY, renew),
        Duty("removal of ended logins", HOURLY, estate.identities.sessions.forget_expired),
        Duty("removal of guests whose stay is over", HOURLY, estate.leaving.run),
        Duty("removal of what hangs on nothing", HOURLY, estate.ending.tidy),
        Duty("removal of old events", HOURLY, lambda: keeping.forget(estate.clock())),
        Duty("removal of old operations", HOURLY, lambda: forget_operations(estate)),
        Duty("removal of old letters to webhooks", HOURLY, estate.courier.forget),
        Duty("removal of unused objects", HOURLY, Sweeps(estate).run),
    ]


class Sweeps:
    """One for each region, also for those that are opened later."""

    def __init__(self, estate: Estate):
        self._estate = estate
        self._sweeps: dict[str, Sweep] = {}

    def run(self) -> None:
        for name, region in self._estate.regions.items():
            if name not in self._sweeps:
                self._sweeps[name] = Sweep(region.blobs)
            attempt(Duty(f"removal of unused objects in {name}", HOURLY, self._sweeps[name].run))


def forget_operations(estate: Estate) -> int:
    """How many there were, in all cells."""
    before, count = estate.clock() - KEPT, 0
    for database in estate.cells.all():
        with database.write() as connection:
            count += Operations(connection).forget(before)
    return count


class Upkeep:
    """Does its duties from `start` to `stop`. One that fails is logged, and tried again in time."""

    def __init__(self, duties: Iterable[Duty], clock: Callable[[], float] = time.monotonic):
        self._clock, now = clock, clock()
        self._due = {duty: now + min(duty.every, _FIRST) for duty in duties}
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep, args=(every,), name=f"every {every:g} s")
            for every in sorted({duty.every for duty in self._due})
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.daemon = True
            thread.start()

    def stop(self) -> None:
        """What is being done is waited for, but not for long: all of it may be cut off."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(_PATIENCE)

    def step(self, every: float) -> float:
        """Do what is due of one period; the seconds until something is due again."""
        mine = [duty for duty in self._due if duty.every == every]
        for duty in mine:
            if self._due[duty] <= self._clock() and not self._stopping.is_set():
                attempt(duty)
                self._due[duty] = self._clock() + every
        return max(0.0, min(self._due[duty] for duty in mine) - self._clock())

    def _keep(self, every: float) -> None:
        while not self._stopping.wait(self.step(every)):
            continue


def attempt(duty: Duty) -> None:
    try:
        duty.do()
    except Exception:  # noqa: BLE001 - the others are still to be done, and this one again
        _log.exception("a duty failed", duty=duty.name)
