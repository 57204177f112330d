"""The addresses of a job's data are signed for a while, and as long as its submitter is there."""

from __future__ import annotations

import time
from threading import Event

from ...core.errors import Forbidden, Unavailable
from ..protocol import Failure
from .patience import Interrupted

_SECONDS = 120.0
_STEP = 0.2


class Keys:
    """One job's. `wanted` is whether the next renewal shall ask for fresh ones."""

    def __init__(self) -> None:
        self.wanted = False
        self._answered = Event()
        self._refused: Failure | None = None

    def want(self) -> None:
        self._answered.clear()
        self.wanted = True

    def answer(self, refused: Failure | None) -> None:
        """They are in the lease now, or there will be none."""
        self.wanted, self._refused = False, refused
        self._answered.set()

    def fresh(self, halt: Event) -> None:
        """Ask, and wait for them. Raises Forbidden where there will be none, with the reason,
        Unavailable where nobody answers, and Interrupted when told to stop.
        """
        self.want()
        deadline = time.monotonic() + _SECONDS
        while not self._answered.wait(_STEP):
            if halt.is_set():
                raise Interrupted
            if time.monotonic() >= deadline:
                raise Unavailable("The API gave no fresh addresses of the job's data.")
        if self._refused is not None:
            raise Forbidden(self._refused.message, code=self._refused.code)
