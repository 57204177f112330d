"""Slows the guessing of passwords and secrets: so many failures, then a pause."""

from __future__ import annotations

import ipaddress
from threading import Lock
from typing import Any

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
            _forget_oldest(self._counts, self._most)

    def succeeded(self, address: str, name: str) -> None:
        with self._lock:
            self._counts.pop(_key(address, name), None)


class Crowd:
    """Slows an address that tries many names: a pause for each name would never come. Whoever came
    in from there before is let through, so that others behind the same address are not shut out."""

    def __init__(
        self, clock: Clock, failures: int = 60, pause: float = 60.0, most_keys: int = 10_000
    ):
        self._clock, self._failures, self._pause, self._most = clock, failures, pause, most_keys
        self._lock = Lock()
        self._counts: dict[str, tuple[int, float]] = {}
        self._known: dict[tuple[str, str], None] = {}

    def check(self, address: str, name: str) -> None:
        """Refuse strangers while the pause lasts."""
        count, until = self._counts.get(whence(address), (0, 0.0))
        wait = until - self._clock()
        if count >= self._failures and wait > 0 and _key(address, name) not in self._known:
            raise Unauthenticated(
                f"Too many failed logins from your address: try again in {int(wait) + 1} seconds.",
                code="too_many_failures",
            )

    def failed(self, address: str) -> None:
        now, key = self._clock(), whence(address)
        with self._lock:
            count, until = self._counts.pop(key, (0, 0.0))
            if now >= until:
                # A minute of its own, that no failure makes longer: many people come from one
                # address, and some of them mistype.
                count, until = 0, now + self._pause
            if count + 1 == self._failures:
                until = now + self._pause
            self._counts[key] = (count + 1, until)
            _forget_oldest(self._counts, self._most)

    def succeeded(self, address: str, name: str) -> None:
        with self._lock:
            key = _key(address, name)
            self._known.pop(key, None)
            self._known[key] = None
            _forget_oldest(self._known, self._most)


def whence(address: str) -> str:
    """What one machine cannot choose at will of its address: of IPv6, the network."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))


def _key(address: str, name: str) -> tuple[str, str]:
    # Cut, so that long names do not fill the memory that few keys would not.
    return whence(address), name.casefold()[:128]


def _forget_oldest(kept: dict[Any, Any], most: int) -> None:
    if len(kept) > most:
        kept.pop(next(iter(kept)))
