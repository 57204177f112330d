"""Experiments and their tags. A workspace's key is in every question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ...core.search import Comparison, Order
from ...core.tracking import ACTIVE, DELETED, Experiment
from . import retelling
from .group import Group
from .search import EXPERIMENTS, condition, ordering
from .session import Row, Session, numbers

_COLUMNS = "e.id, e.workspace, e.name, e.lifecycle, e.created, e.updated"


def create(group: Group, workspace: str, name: str, tags: dict[str, str], now: int) -> int:
    group.writes += 1
    row = group.session.one(
        "INSERT INTO experiment (workspace, name, lifecycle, created, updated) "
        "VALUES (?, ?, ?, ?, ?) RETURNING id",
        (workspace, name, ACTIVE, now, now),
    )
    assert row is not None
    for key, value in tags.items():
        set_tag(group, row[0], key, value, now)
    group.retold_experiments.add(row[0])
    return int(row[0])


def find(session: Session, workspace: str, id: int) -> Experiment | None:
    return _one(session, "e.workspace = ? AND e.id = ?", (workspace, id))


def find_by_name(session: Session, workspace: str, name: str) -> Experiment | None:
    return _one(session, "e.workspace = ? AND e.name = ?", (workspace, name))


def among(session: Session, workspace: str, ids: Iterable[int]) -> list[int]:
    """Those of the ids that are the workspace's own."""
    wanted = numbers(ids)
    return [
        row[0]
        for row in session.rows(
            f"SELECT id FROM experiment WHERE workspace = ? AND id IN ({wanted or 'NULL'})",
            (workspace,),
        )
    ]


def of_workspace(session: Session, workspace: str) -> list[int]:
    rows = session.rows("SELECT id FROM experiment WHERE workspace = ?", (workspace,))
    return [row[0] for row in rows]


def search(
    session: Session,
    workspace: str,
    lifecycles: Sequence[str],
    filters: Sequence[Comparison],
    orders: Sequence[Order],
    limit: int,
    offset: int,
) -> list[Experiment]:
    where, args = condition(filters, EXPERIMENTS)
    order, order_args = ordering(orders, EXPERIMENTS, "e.updated DESC, e.id DESC")
    rows = session.rows(
        f"SELECT {_COLUMNS} FROM experiment e WHERE e.workspace = ? "
        f"AND e.lifecycle IN ({','.join('?' * len(lifecycles))}){where} "
        f"ORDER BY {order} LIMIT ? OFFSET ?",
        (workspace, *lifecycles, *args, *order_args, limit, offset),
    )
    return _with_tags(session, rows)


def infos(session: Session, ids: Iterable[int]) -> list[Experiment]:
    wanted = numbers(ids)
    sql = f"SELECT {_COLUMNS} FROM experiment e WHERE e.id IN ({wanted or 'NULL'})"
    return _with_tags(session, session.rows(sql))


def rename(group: Group, id: int, name: str, now: int) -> None:
    retelling.rename_experiment(group, id, name)
    group.run_sql("UPDATE experiment SET name = ?, updated = ? WHERE id = ?", (name, now, id))
    # Its runs' addresses have the name in them.
    for (number,) in group.session.rows("SELECT id FROM run WHERE exp = ?", (id,)):
        group.touched.add(number)


def mark(group: Group, id: int, lifecycle: str, now: int) -> None:
    """Deleted or active again; its runs go with it, as MLflow has it."""
    before = DELETED if lifecycle == ACTIVE else ACTIVE
    changed = group.session.rows("SELECT id, run_id, workspace FROM run WHERE exp = ?", (id,))
    group.run_sql(
        "UPDATE experiment SET lifecycle = ?, updated = ? WHERE id = ?", (lifecycle, now, id)
    )
    group.run_sql(
        "UPDATE run SET lifecycle = ? WHERE exp = ? AND lifecycle = ?", (lifecycle, id, before)
    )
    retelling.mark_experiment(group, id, lifecycle)
    for number, run_id, workspace in changed:
        group.touched.add(number)
        group.forget(workspace, run_id)


def set_tag(group: Group, id: int, key: str, value: str, now: int) -> None:
    group.run_sql(
        "INSERT INTO experiment_tag (experiment, key, value) VALUES (?, ?, ?) "
        "ON CONFLICT (experiment, key) DO UPDATE SET value = excluded.value",
        (id, key, value),
    )
    group.run_sql("UPDATE experiment SET updated = ? WHERE id = ?", (now, id))
    group.retold_experiments.add(id)


def delete_tag(group: Group, id: int, key: str) -> bool:
    row = group.session.one(
        "SELECT 1 FROM experiment_tag WHERE experiment = ? AND key = ?", (id, key)
    )
    if row is not None:
        group.run_sql("DELETE FROM experiment_tag WHERE experiment = ? AND key = ?", (id, key))
        group.retold_experiments.add(id)
    return row is not None


def _one(session: Session, where: str, args: tuple[object, ...]) -> Experiment | None:
    rows = session.rows(f"SELECT {_COLUMNS} FROM experiment e WHERE {where}", args)
    found = _with_tags(session, rows)
    return found[0] if found else None


def _with_tags(session: Session, rows: list[Row]) -> list[Experiment]:
    tags: dict[int, list[tuple[str, str]]] = {row[0]: [] for row in rows}
    if rows:
        for number, key, value in session.rows(
            "SELECT experiment, key, value FROM experiment_tag "
            f"WHERE experiment IN ({numbers(tags)}) ORDER BY key"
        ):
            tags[number].append((key, value))
    return [msgspec.structs.replace(Experiment(*row), tags=tuple(tags[row[0]])) for row in rows]
