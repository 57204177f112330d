"""What an apply did, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ..estate.applying.outcome import RESULTS, Outcome, Progress


def as_document(outcomes: Sequence[Outcome]) -> list[Any]:
    return [msgspec.to_builtins(outcome) for outcome in outcomes]


def progress_text(progress: Progress) -> str:
    width = len(str(progress.total))
    return f"{progress.number:{width}}/{progress.total} {outcome_text(progress.outcome)}"


def outcome_text(outcome: Outcome) -> str:
    why = f": {outcome.why}" if outcome.why else ""
    return f"{outcome.result:8} {outcome.id}{why}"


def summary(outcomes: Sequence[Outcome], kept: int) -> str:
    """`kept` is how many were as the file says already."""
    if not outcomes:
        return f"nothing to do: all {kept} resources are as the file says"
    counts = dict.fromkeys(RESULTS, 0)
    for outcome in outcomes:
        counts[outcome.result] += 1
    said = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    again = "; mend what failed and run it again" if counts["failed"] or counts["skipped"] else ""
    return f"{said}, {kept} as they were{again}"
