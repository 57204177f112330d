"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from ..reading.source import Path, Spot
from .subject import Subject

Severity = Literal["high", "medium", "low"]


class Hit(msgspec.Struct, frozen=True):
    """One place that a rule does not like, and why."""

    path: Path
    message: str


class Rule(msgspec.Struct, frozen=True):
    """About one file. `finds` is said in the reference; `advice` to whoever gets the finding."""

    id: str
    severity: Severity
    finds: str
    advice: str
    look: Callable[[Subject], Iterable[Hit]]


class Change(msgspec.Struct, frozen=True):
    """A rule about a file and the one before it: what the newer one opens."""

    id: str
    severity: Severity
    finds: str
    advice: str
    look: Callable[[Subject, Subject], Iterable[Hit]]


class Finding(msgspec.Struct, frozen=True):
    rule: str
    severity: Severity
    spot: Spot
    path: str
    message: str
    advice: str

    @property
    def identity(self) -> tuple[str, str, str]:
        """The same in another version of the file, whatever line it is on there."""
        return self.rule, self.path, self.message

    def __str__(self) -> str:
        return f"{self.spot}: {self.severity} {self.rule}: {self.message}; {self.advice}"


def found(rule: Rule | Change, hit: Hit, subject: Subject) -> Finding:
    dotted = ".".join(str(part) for part in hit.path)
    spot = subject.source.nearest(hit.path)
    return Finding(rule.id, rule.severity, spot, dotted, hit.message, rule.advice)
