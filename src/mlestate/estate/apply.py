"""Carry out a plan: level by level, many at a time, and what depends on a failure is left out.

Every step is a PUT of a whole desired body, so that an apply that was cut off is just run again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from ..core.errors import PlatformError
from .graph import dependencies
from .plan import Plan, Step
from .port import Port, Workers

Result = Literal["created", "changed", "failed", "skipped"]


class Outcome(msgspec.Struct, frozen=True):
    """`why` is the server's message of a failure, or what a skipped step waited for."""

    id: str
    result: Result
    why: str = ""


Progress = Callable[[Outcome], None]


def apply(
    plan: Plan, port: Port, workers: Workers = map, progress: Progress = lambda _: None
) -> list[Outcome]:
    """One outcome for each change of the plan; nothing is raised for a step that was refused."""
    needs = dependencies([step.desired for step in plan.steps])
    broken: dict[str, str] = {}
    outcomes: list[Outcome] = []

    def settle(step: Step) -> Outcome:
        return _settle(step, port, needs[step.desired.id.lower()], broken)

    for level in plan.levels:
        due = [step for step in level if step.action != "keep"]
        for outcome in workers(settle, due):
            outcomes.append(outcome)
            progress(outcome)
        # Only now: a level's steps read `broken` while they run, and none depends on another.
        broken |= {each.id.lower(): each.id for each in outcomes if _stopped(each)}
    return outcomes


def failed(outcomes: list[Outcome]) -> list[Outcome]:
    return [outcome for outcome in outcomes if _stopped(outcome)]


def _settle(step: Step, port: Port, needs: set[str], broken: Mapping[str, str]) -> Outcome:
    address = step.desired.id
    if missing := sorted(needs & broken.keys()):
        return Outcome(address, "skipped", f"`{broken[missing[0]]}` failed: this waits for it")
    try:
        port.put(address, step.desired.body)
    except PlatformError as error:
        return Outcome(address, "failed", f"{error.code}: {error}")
    return Outcome(address, "created" if step.action == "create" else "changed")


def _stopped(outcome: Outcome) -> bool:
    return outcome.result in ("failed", "skipped")
