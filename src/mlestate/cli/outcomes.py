"""What an apply did, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ..estate.applying.outcome import RESULTS, Outcome, Progress
from ..estate.planning.removals import Removal
from . import left_behind


def as_document(outcomes: Sequence[Outcome]) -> list[Any]:
    return [msgspec.to_builtins(outcome) for outcome in outcomes]


def progress_text(progress: Progress) -> str:
    width = len(str(progress.total))
    return f"{progress.number:{width}}/{progress.total} {outcome_text(progress.outcome)}"


def outcome_text(outcome: Outcome) -> str:
    why = f": {outcome.why}" if outcome.why else ""
    return f"{outcome.result:8} {outcome.id}{why}"


def summary(outcomes: Sequence[Outcome], kept: int, left: Sequence[Removal] = ()) -> str:
    """`kept` is how many were as the file says already; `left`, what it names no more and stays."""
    also = f"; {left_behind.count(left)}" if left else ""
    if not outcomes:
        begin = "nothing to make or change" if left else "nothing to do"
        return f"{begin}: all {kept} resources are as the file says{also}"
    counts = dict.fromkeys(RESULTS, 0)
    for outcome in outcomes:
        counts[outcome.result] += 1
    said = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    again = "; mend what failed and run it again" if counts["failed"] or counts["skipped"] else ""
    return f"{said}, {kept} as they were{also}{again}"
