"""Trying again: what is only unreachable is asked for until it is there, or time is up."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from typing import TypeVar

from ...core.errors import Unavailable

T = TypeVar("T")

_FIRST, _LONGEST = 0.1, 5.0


class Interrupted(Exception):
    """The agent is to stop; what was under way is taken up again by the next one."""


def persist(action: Callable[[], T], stop: Event, seconds: float = float("inf")) -> T:
    """Raises Unavailable after `seconds` of trying, and Interrupted when told to stop."""
    deadline = time.monotonic() + seconds
    pause = _FIRST
    while True:
        if stop.is_set():
            raise Interrupted
        try:
            return action()
        except Unavailable:
            if time.monotonic() >= deadline:
                raise
        stop.wait(pause)
        pause = min(2 * pause, _LONGEST)
