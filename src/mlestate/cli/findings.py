"""What lint found, for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ..estate.lint.finding import Finding


def as_documents(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    return [
        {
            "rule": one.rule,
            "severity": one.severity,
            "file": one.spot.file,
            "line": one.spot.line,
            "column": one.spot.column,
            "path": one.path,
            "message": one.message,
            "advice": one.advice,
        }
        for one in findings
    ]


def as_text(findings: Sequence[Finding]) -> str:
    counts = Counter(one.severity for one in findings)
    said = ", ".join(f"{counts[word]} {word}" for word in ("high", "medium", "low") if counts[word])
    return "\n".join([*map(str, findings), f"found: {said}" if said else "nothing to say"])
