"""Runs: their making, their end, and what is searched and read of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..core.errors import Conflict, Invalid, NotFound
from ..core.search import parse_filter, parse_orders
from ..core.tracking import ACTIVE, DELETED, NAME_TAG, STATUSES, USER_TAG, Pair, RunInfo
from ..store.tracking import links, metrics
from ..store.tracking import runs as rows
from ..store.tracking.group import Group, RunRow
from ..store.tracking.history import Point
from ..store.tracking.session import Session
from . import experiments, grammar, limits, pages
from .names import run_name


def create(
    group: Group,
    workspace: str,
    experiment: str,
    run_id: str,
    name: str,
    user: str,
    start: int,
    tags: Iterable[Pair],
    status: str = "RUNNING",
) -> tuple[RunInfo, dict[str, str]]:
    """The run and its tags. A name may come as a tag too; both must then agree."""
    checked = limits.tags(tags)
    tagged = checked.get(NAME_TAG, "")
    if name and tagged and name != tagged:
        raise Invalid(
            f"Both 'run_name' argument and '{NAME_TAG}' tag are specified, but with different "
            f"values (run_name='{name}', {NAME_TAG}='{tagged}')."
        )
    name = limits.text(name or tagged or run_name(run_id), "run_name", limits.TAG_LENGTH)
    exp = experiments.get_active(group, workspace, experiment or "0")
    if rows.exists(group.session, workspace, limits.run_id(run_id)):
        raise Conflict(f"A run with id `{run_id}` exists already.")
    user = limits.text(user or checked.get(USER_TAG, ""), "user_id", limits.KEY_LENGTH)
    run = rows.create(group, workspace, exp.id, run_id, name, user, check_status(status), start)
    checked[NAME_TAG] = name
    for key, value in checked.items():
        group.set_tag(run, key, value)
    made = RunInfo(run_id, name, exp.id, exp.name, user, status, start, None, ACTIVE)
    return made, checked


def update(
    group: Group,
    workspace: str,
    run_id: str,
    status: str | None = None,
    end: int | None = None,
    name: str | None = None,
) -> RunInfo:
    run = group.active_run(workspace, run_id)
    changes: dict[str, Any] = {}
    if status:
        changes["status"] = check_status(status)
    if end:
        changes["end_time"] = end
    if name:
        changes["name"] = limits.text(name, "run_name", limits.TAG_LENGTH)
    if changes:
        rows.update(group, run, changes)
    if name:
        group.set_tag(run, NAME_TAG, name)
    return info(group.session, workspace, run_id)


def delete(group: Group, workspace: str, run_id: str) -> None:
    _mark(group, group.run(workspace, run_id), run_id, DELETED)


def restore(group: Group, workspace: str, run_id: str) -> None:
    _mark(group, group.run(workspace, run_id), run_id, ACTIVE)


def info(session: Session, workspace: str, run_id: str) -> RunInfo:
    found = rows.info(session, workspace, run_id)
    if found is None:
        raise NotFound(f"Run with id={run_id} not found")
    return found


def number(session: Session, workspace: str, run_id: str) -> int:
    found = rows.number(session, workspace, run_id)
    if found is None:
        raise NotFound(f"Run with id={run_id} not found")
    return found


def search(
    session: Session,
    workspace: str,
    experiment_ids: Sequence[str],
    filter: str,
    orders: Sequence[str],
    view: str,
    limit: int,
    offset: int,
) -> list[int]:
    """The runs' numbers, at most `limit`."""
    return rows.search(
        session,
        experiments.own(session, workspace, experiment_ids),
        experiments.lifecycles(view),
        parse_filter(filter, grammar.RUNS),
        parse_orders(orders, grammar.RUNS),
        limit,
        offset,
    )


def history(session: Session, workspace: str, run_id: str, key: str) -> list[Point]:
    """(step, timestamp, value) of each point, by time."""
    return metrics.read_history(session, number(session, workspace, run_id), key)


def history_page(
    session: Session, workspace: str, run_id: str, key: str, limit: int | None, token: str | None
) -> tuple[list[Point], str | None]:
    points = history(session, workspace, run_id, key)
    if limit is None:
        return points, None
    offset = pages.start(token)
    return pages.cut(points[offset : offset + limit + 1], limit, offset)


def datasets(
    session: Session, workspace: str, experiment_ids: Sequence[str]
) -> list[tuple[Any, ...]]:
    return links.summaries(session, experiments.own(session, workspace, experiment_ids), 1000)


def check_status(status: str) -> str:
    if status not in STATUSES:
        raise Invalid(f"`{status}` is no status of a run; these are: {', '.join(STATUSES)}")
    return status


def _mark(group: Group, run: RunRow, run_id: str, lifecycle: str) -> None:
    rows.update(group, run, {"lifecycle": lifecycle})
    group.forget(run.workspace, run_id)
