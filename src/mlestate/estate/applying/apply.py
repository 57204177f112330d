"""Carry out a plan: each step as soon as what it needs is done, and the removals after them.

Every step is a PUT of a whole desired body, so that an apply that was cut off is just run again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Literal

import msgspec

from ...core.errors import PlatformError
from ..desired import Document
from ..planning.plan import Plan, Step
from ..port import BulkWriter, Inline, Pool, Port
from .outcome import Outcome as Outcome
from .outcome import Progress as Progress
from .outcome import Told, told
from .outcome import failed as failed
from .remove import Remover
from .schedule import Crew, Schedule

_WAITS = "it goes only when all that the file asks for is there"
_MOST, _LEAST, _BATCHES = 100, 25, 4
_WORDS: dict[str, Literal["created", "changed", "moved"]] = {
    "create": "created",
    "change": "changed",
    "move": "moved",
}


class Watchman(msgspec.Struct, frozen=True):
    """`tick` is called now and then while work goes on, and says how many seconds it can wait for
    the next time. `stop` says why nothing more is to be begun; empty while it may."""

    tick: Callable[[], float] = lambda: 3600.0
    stop: Callable[[], str] = lambda: ""


def apply(
    plan: Plan,
    port: Port,
    pool: Pool | None = None,
    progress: Told = told,
    watchman: Watchman | None = None,
    named: Collection[str] = (),
) -> list[Outcome]:
    """One outcome for each change of the plan; nothing is raised for a step that was refused.

    `named` are the names of what may be deleted with the data in it.
    """
    run = _Run(plan, port, pool or Inline(), progress, watchman or Watchman())
    run.write()
    run.remove(named)
    return run.outcomes


class _Run:
    def __init__(self, plan: Plan, port: Port, pool: Pool, progress: Told, watchman: Watchman):
        self._plan, self._port, self._pool, self._watchman = plan, port, pool, watchman
        self._progress = progress
        self._total = len(plan.changes) + len(plan.deletes)
        self._steps = {step.desired.id.lower(): step for step in plan.changes}
        self._schedule = Schedule(list(self._steps), plan.needs)
        self._cut = ""
        self.outcomes: list[Outcome] = []

    def write(self) -> None:
        crew: Crew[list[Outcome]] = Crew(self._pool, self._put, self._watchman.tick)
        crew.run(lambda: self._batches(crew), self._settle)
        why = self._stop()
        for key in self._schedule.rest() if why else ():
            self._tell(Outcome(self._steps[key].desired.id, "skipped", why))

    def remove(self, named: Collection[str]) -> None:
        if not self._plan.deletes:
            return
        # Access that is to go waits for nothing; what holds anything, for all else to be there.
        why = self._stop()
        waits = why or (_WAITS if failed(self.outcomes) else "")
        go = [each for each in self._plan.deletes if not (why or (waits and not each.revokes))]
        for removal in self._plan.deletes:
            if removal not in go:
                self._tell(Outcome(removal.desired.id, "skipped", waits))
        remover = Remover(go, self._port, named, self._tell)
        remover.run(self._pool, self._watchman.tick, self._stop)

    def _stop(self) -> str:
        return self._cut or self._watchman.stop()

    def _batches(self, crew: Crew[list[Outcome]]) -> Iterator[list[str]]:
        """As many as there is room for; in bulk, a few large ones."""
        while crew.room and not self._stop():
            size = 1
            if isinstance(self._port, BulkWriter):
                size = max(_LEAST, min(_MOST, -(-self._schedule.ready // _BATCHES)))
            batch = self._schedule.take(size)
            if not batch:
                return
            yield batch

    def _put(self, batch: list[str]) -> list[Outcome]:
        found = [self._steps[key] for key in batch]
        refused = [
            (step, error)
            for step in found
            if step.replaces and (error := _removed(self._port, step.replaces))
        ]
        stuck = {step.key for step, _ in refused}
        steps = [step for step in found if step.key not in stuck]
        if isinstance(self._port, BulkWriter):
            answers = _all(self._port, [(step.desired.id, step.desired.body) for step in steps])
        else:
            answers = [_one(self._port, step) for step in steps]
        answered = [*zip(steps, answers, strict=True), *refused]
        return [_outcome(step, answer) for step, answer in answered]

    def _settle(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            self._tell(outcome)
            key = outcome.id.lower()
            if outcome.result != "failed":
                self._schedule.done(key)
                continue
            if outcome.unanswered:
                self._cut = "the estate no longer answered: run it again when it does"
                continue
            for each in self._schedule.drop(key):
                why = f"`{outcome.id}` failed: this waits for it"
                self._tell(Outcome(self._steps[each].desired.id, "skipped", why))

    def _tell(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self._progress(Progress(outcome, len(self.outcomes), self._total))


def _removed(port: Port, id: str) -> PlatformError | None:
    """What the server has against it; None once it is gone."""
    try:
        port.delete(id)
    except PlatformError as error:
        return error
    return None


def _one(port: Port, step: Step) -> Document | PlatformError:
    try:
        return port.put(step.desired.id, step.desired.body)
    except PlatformError as error:
        return error


def _all(
    port: BulkWriter, items: Sequence[tuple[str, Document]]
) -> Sequence[Document | PlatformError]:
    try:
        return port.put_many(items)
    except PlatformError as error:
        return [error] * len(items)


def _outcome(step: Step, answer: Document | PlatformError) -> Outcome:
    if isinstance(answer, PlatformError):
        return Outcome(step.desired.id, "failed", f"{answer.code}: {answer}")
    return Outcome(step.desired.id, _WORDS[step.action])
