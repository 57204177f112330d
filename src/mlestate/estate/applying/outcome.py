"""What became of a step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from ...core.errors import Unavailable

Result = Literal["created", "changed", "moved", "deleted", "kept", "failed", "skipped"]
RESULTS: tuple[Result, ...] = (
    "created", "changed", "moved", "deleted", "kept", "failed", "skipped",
)  # fmt: skip


WRITTEN: tuple[Result, ...] = ("created", "changed", "moved")


class Outcome(msgspec.Struct, frozen=True):
    """`why` is the server's message of a failure, what a skipped step waited for, or why a thing
    that was to be deleted is kept, and how it would go."""

    id: str
    result: Result
    why: str = ""

    @property
    def unanswered(self) -> bool:
        """Whether it was done is not known: the server went away."""
        return self.result == "failed" and self.why.startswith(f"{Unavailable.code}: ")


class Progress(msgspec.Struct, frozen=True):
    """The `number`th of `total` has ended so."""

    outcome: Outcome
    number: int
    total: int


Told = Callable[[Progress], None]


def failed(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Those whose step was not done, or not as it was asked."""
    return [each for each in outcomes if each.result in ("failed", "skipped", "kept")]


def told(progress: Progress) -> None:
    """To nobody."""
