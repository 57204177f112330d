"""Slows the guessing of passwords and secrets: so many failures, then a pause."""

from __future__ import annotations

from threading import Lock

from ..core.errors import Unauthenticated
from .generation import Clock


class Throttle:
    """Counts failures per key (client address and whom it wants to be), in bounded memory."""

    def __init__(
        self, clock: Clock, failures: int = 10, pause: float = 60.0, most_keys: int = 10_000
    ):
        self._clock, self._failures, self._pause, self._most = clock, failures, pause, most_keys
        self._lock = Lock()
        self._counts: dict[tuple[str, str], tuple[int, float]] = {}

    def check(self, address: str, name: str) -> None:
        """Refuse while the pause lasts. Says nothing about whether the name exists."""
        count, until = self._counts.get(_key(address, name), (0, 0.0))
        wait = until - self._clock()
        if count >= self._failures and wait > 0:
            raise Unauthenticated(
                f"Too many failed logins: try again in {int(wait) + 1} seconds.",
                code="too_many_failures",
            )

    def failed(self, address: str, name: str) -> None:
        now, key = self._clock(), _key(address, name)
        with self._lock:
            count, until = self._counts.pop(key, (0, 0.0))
            count = count + 1 if now < until else 1
            # Popped and put back, the keys stand in the order of their last failure.
            self._counts[key] = (count, now + self._pause)
            if len(self._counts) > self._most:
                self._counts.pop(next(iter(self._counts)))

    def succeeded(self, address: str, name: str) -> None:
        with self._lock:
            self._counts.pop(_key(address, name), None)


def _key(address: str, name: str) -> tuple[str, str]:
    # Cut, so that long names do not fill the memory that few keys would not.
    return address, name.casefold()[:128]
