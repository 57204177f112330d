"""Runs and experiments in the search index of their database.

Written once a transaction for each run whose name, state or tags it changed: a metric costs
nothing here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import islice

from ...core.finding.entry import Entry, labels, searched_text
from ...core.tracking import DELETED
from ..search import writing
from ..search.codes import Codes
from ..search.session import padded
from .group import Group
from .session import Session, marks

NOTE, OURS = "mlflow.note.content", "mlflow."
# MLflow's words for how a run is, in those of jobs.
STATUS = {
    "RUNNING": "Running",
    "SCHEDULED": "NotStarted",
    "FINISHED": "Completed",
    "FAILED": "Failed",
    "KILLED": "Canceled",
}
_AT_ONCE = 500


def finish(group: Group) -> None:
    """All that was gathered is written, and told to the index."""
    group.flush()
    if group.retold or group.retold_experiments:
        tell(group.session, group.codes, group.retold, group.retold_experiments)
        group.retold.clear()
        group.retold_experiments.clear()


def tell(
    session: Session, codes: Codes, runs: Collection[int], experiments: Collection[int]
) -> None:
    for few in _chunks(experiments):
        _keep(session, codes, list(_experiments(session, few)))
    for few in _chunks(runs):
        _keep(session, codes, list(_runs(session, few)))


def refill(session: Session) -> None:
    """What was tracked before there was an index."""
    codes = Codes()
    every = [[row[0] for row in session.rows(f"SELECT id FROM {t}")] for t in ("run", "experiment")]
    tell(session, codes, *every)


def rename_experiment(group: Group, id: int, name: str) -> None:
    if place := _place_of(group, id):
        group.run_sql(
            "UPDATE search SET experiment = ? WHERE place = ? AND experiment = "
            "(SELECT name FROM experiment WHERE id = ?)",
            (name, place, id),
        )
    group.retold_experiments.add(id)


def mark_experiment(group: Group, id: int, lifecycle: str) -> None:
    """Deleted or active again, and its runs with it."""
    if place := _place_of(group, id):
        group.run_sql(
            "UPDATE search SET archived = ? WHERE place = ? AND experiment = "
            "(SELECT name FROM experiment WHERE id = ?)",
            (int(lifecycle == DELETED), place, id),
        )


def forget(group: Group, workspace: str) -> None:
    place = group.codes.place(group.session, workspace)
    if place is not None:
        group.writes += 1
        writing.drop_places(group.session, [place])
    group.codes.forget()


def _place_of(group: Group, experiment: int) -> int | None:
    row = group.session.one("SELECT workspace FROM experiment WHERE id = ?", (experiment,))
    return group.codes.place(group.session, row[0]) if row else None


def _keep(session: Session, codes: Codes, entries: Sequence[Entry]) -> None:
    for workspace in {entry.place for entry in entries}:
        if codes.place(session, workspace) is None:
            writing.keep_place(session, workspace, "", workspace, {})
    writing.keep_all(session, codes, entries)


def _chunks(ids: Iterable[int]) -> Iterable[list[int]]:
    rest = iter(sorted(ids))
    while few := list(islice(rest, _AT_ONCE)):
        yield few


def _runs(session: Session, ids: list[int]) -> Iterable[Entry]:
    each = marks(ids := padded(ids))
    tags = _tags(
        session,
        "SELECT o.run, k.name, o.value FROM tag o JOIN key k ON k.id = o.key "
        f"WHERE o.run IN ({each})",
        ids,
    )
    for number, workspace, run_id, name, user, status, start, end, lifecycle, exp in session.rows(
        "SELECT r.id, r.workspace, r.run_id, r.name, r.usr, r.status, r.start_time, r.end_time, "
        "r.lifecycle, e.name FROM run r JOIN experiment e ON e.id = r.exp "
        f"WHERE r.id IN ({each})",
        ids,
    ):
        own, note = tags.get(number, ({}, ""))
        yield Entry(
            place=workspace,
            tail=f"/runs/{run_id}",
            kind="run",
            name=name,
            status=STATUS[status],
            author=user,
            editor=user,
            experiment=exp,
            created=start / 1000,
            modified=(end or start) / 1000,
            archived=lifecycle == DELETED,
            tags=own,
            text=searched_text(f"{name} {run_id}", note, own),
            number=number,
        )


def _experiments(session: Session, ids: list[int]) -> Iterable[Entry]:
    each = marks(ids := padded(ids))
    tags = _tags(
        session,
        f"SELECT experiment, key, value FROM experiment_tag WHERE experiment IN ({each})",
        ids,
    )
    for number, workspace, name, lifecycle, created, updated in session.rows(
        "SELECT id, workspace, name, lifecycle, created, updated FROM experiment "
        f"WHERE id IN ({each})",
        ids,
    ):
        own, note = tags.get(number, ({}, ""))
        yield Entry(
            place=workspace,
            tail=f"/experiments/{number}",
            kind="experiment",
            name=name,
            status="",
            experiment=name,
            created=created / 1000,
            modified=updated / 1000,
            archived=lifecycle == DELETED,
            tags=own,
            text=searched_text(name, note, own),
        )


def _tags(session: Session, sql: str, ids: Sequence[int]) -> dict[int, tuple[dict[str, str], str]]:
    """By the thing's number: its own tags, and what MLflow keeps as its description."""
    found: dict[int, tuple[dict[str, str], str]] = {}
    pairs: dict[int, dict[str, str]] = {}
    for number, key, value in session.rows(sql, ids):
        pairs.setdefault(number, {})[key] = value
    for number, tags in pairs.items():
        own = labels((k, v) for k, v in tags.items() if not k.startswith(OURS))
        found[number] = (own, tags.get(NOTE, ""))
    return found
