"""Removing what no file names any more: dependants first, and nothing that holds data unasked.

Whether it holds any is asked of the server, right before it goes: what was written since the plan
counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from ...core.errors import PlatformError
from ..planning.contents import ask, guarded
from ..planning.graph import reversed_of
from ..planning.removals import Removal
from ..planning.staying import kept_with, objection, staying
from ..port import Pool, Port
from .outcome import Outcome
from .schedule import Crew, Schedule


class Remover:
    """`named`: by name or id, what may go with the data in it. `tell` hears each outcome once."""

    def __init__(
        self,
        removals: Sequence[Removal],
        port: Port,
        named: Collection[str],
        tell: Callable[[Outcome], None],
    ):
        self._removals = {each.key: each for each in removals}
        self._port, self._tell, self._named = port, tell, named
        self._cut = ""

    def run(self, pool: Pool, tick: Callable[[], float], stop: Callable[[], str]) -> None:
        stay = staying(list(self._removals.values()), self._named)
        for key in self._removals:
            if key in stay:
                self._say(key, stay[key])
        schedule = Schedule([key for key in self._removals if key not in stay], self._waits())
        crew: Crew[Outcome] = Crew(pool, self._remove, tick)

        def batches() -> Iterable[list[str]]:
            while crew.room and not (self._cut or stop()) and (batch := schedule.take(1)):
                yield batch

        crew.run(batches, lambda outcome: self._settle(schedule, outcome))
        if why := self._cut or stop():
            for key in schedule.rest():
                self._tell(Outcome(self._removals[key].desired.id, "skipped", why))

    def _waits(self) -> dict[str, set[str]]:
        """A thing waits until all that needs it is gone."""
        known = self._removals.keys()
        return reversed_of({key: set(each.needs & known) for key, each in self._removals.items()})

    def _remove(self, batch: list[str]) -> Outcome:
        removal = self._removals[batch[0]]
        address = removal.desired.id
        try:
            if guarded(removal.desired.type):
                now = ask(self._port, address).less(self._removals.keys())
                if why := objection(removal, now, self._named):
                    return Outcome(address, "kept", why)
            self._port.delete(address)
        except PlatformError as error:
            return Outcome(address, "failed", f"{error.code}: {error}")
        return Outcome(address, "deleted")

    def _settle(self, schedule: Schedule, outcome: Outcome) -> None:
        self._tell(outcome)
        key = outcome.id.lower()
        if outcome.result == "deleted":
            schedule.done(key)
        elif outcome.unanswered:
            self._cut = "the estate no longer answered: run it again when it does"
        else:
            for each in schedule.drop(key):
                self._say(each, kept_with(self._removals[key]))

    def _say(self, key: str, why: str) -> None:
        self._tell(Outcome(self._removals[key].desired.id, "kept", why))
