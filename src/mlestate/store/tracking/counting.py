"""How much was tracked in a workspace."""

from __future__ import annotations

from ...core.tracking import ACTIVE
from .session import Session

_RUNS = "SELECT count(*) FROM run WHERE workspace = ? AND lifecycle = ?"
_MODELS = (
    "SELECT count(*) FROM model WHERE lifecycle = ? "
    "AND exp IN (SELECT id FROM experiment WHERE workspace = ?)"
)


def count_runs(session: Session, workspace: str) -> int:
    """Less those that were deleted."""
    row = session.one(_RUNS, (workspace, ACTIVE))
    return int(row[0]) if row else 0


def count_models(session: Session, workspace: str) -> int:
    row = session.one(_MODELS, (ACTIVE, workspace))
    return int(row[0]) if row else 0
