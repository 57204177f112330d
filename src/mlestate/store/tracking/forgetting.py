"""A workspace that is gone: all that was tracked in it goes too."""

from __future__ import annotations

from . import retelling
from .group import Group

_RUNS = "SELECT id FROM run WHERE workspace = ?"
_EXPERIMENTS = "SELECT id FROM experiment WHERE workspace = ?"
_MODELS = f"SELECT id FROM model WHERE exp IN ({_EXPERIMENTS})"
_OF_RUNS = ("latest", "param", "tag", "loose", "segment", "run_input", "run_model")
_OF_MODELS = ("model_tag", "model_param", "model_metric")
_STATEMENTS = (
    *(f"DELETE FROM {table} WHERE run IN ({_RUNS})" for table in _OF_RUNS),
    *(f"DELETE FROM {table} WHERE model IN ({_MODELS})" for table in _OF_MODELS),
    f"DELETE FROM model WHERE exp IN ({_EXPERIMENTS})",
    f"DELETE FROM dataset WHERE exp IN ({_EXPERIMENTS})",
    f"DELETE FROM experiment_tag WHERE experiment IN ({_EXPERIMENTS})",
    "DELETE FROM run WHERE workspace = ?",
    "DELETE FROM experiment WHERE workspace = ?",
)


def forget_workspace(group: Group, workspace: str) -> int:
    """By the workspace's GUID; how many runs there were. Safe to repeat."""
    group.flush()
    runs = group.session.rows(_RUNS, (workspace,))
    for statement in _STATEMENTS:
        group.run_sql(statement, (workspace,))
    retelling.forget(group, workspace)
    group.forget_workspace(workspace, [int(row[0]) for row in runs])
    return len(runs)
