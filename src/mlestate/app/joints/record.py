"""The activity log of an estate that runs, as its addresses see it."""

from __future__ import annotations

from collections.abc import Callable

from ...control.journals import Journals
from ...control.safekeeping import Safekeeping
from ...store.activity.chain import Verdict
from ...store.activity.marks import Mark


class Record:
    """Implements the port of `api.audit`; what waits in a journal belongs to the log."""

    def __init__(self, journals: Journals, keeping: Safekeeping, clock: Callable[[], float]):
        self._journals, self._keeping, self._clock = journals, keeping, clock

    def heads(self) -> list[Mark]:
        self._journals.flush()
        return self._keeping.heads(self._clock())

    def verify(self, more: list[Mark]) -> list[Verdict]:
        self._journals.flush()
        return self._keeping.verify(more)
