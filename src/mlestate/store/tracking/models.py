"""Logged models: what a run made, before (and whether or not) it is registered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ...core.search import Comparison, Order
from ...core.tracking import ACTIVE, LoggedModel, ModelMetric
from .group import Group
from .search import MODELS, compare, condition, ordering
from .session import Row, Session, marks, numbers

_COLUMNS = (
    "m.id, m.model_id, m.exp, m.name, m.model_type, m.source_run_id, m.status, m.created, "
    "m.updated FROM model m JOIN experiment e ON e.id = m.exp"
)


def create(group: Group, exp: int, model: LoggedModel) -> None:
    group.run_sql(
        "INSERT INTO model (model_id, exp, name, model_type, source_run_id, status, created, "
        "updated, lifecycle) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            model.model_id,
            exp,
            model.name,
            model.model_type,
            model.source_run_id,
            model.status,
            model.created,
            model.updated,
            ACTIVE,
        ),
    )


def number(
    session: Session, workspace: str, model_id: str, lifecycles: Sequence[str]
) -> int | None:
    row = session.one(
        "SELECT m.id FROM model m JOIN experiment e ON e.id = m.exp WHERE m.model_id = ? "
        f"AND e.workspace = ? AND m.lifecycle IN ({marks(lifecycles)})",
        (model_id, workspace, *lifecycles),
    )
    return None if row is None else row[0]


def find(session: Session, id: int) -> LoggedModel:
    rows = session.rows(f"SELECT {_COLUMNS} WHERE m.id = ?", (id,))
    return _whole(session, rows)[0]


def update(group: Group, id: int, status: str, lifecycle: str, now: int) -> None:
    group.run_sql(
        "UPDATE model SET status = ?, lifecycle = ?, updated = ? WHERE id = ?",
        (status, lifecycle, now, id),
    )


def set_pairs(group: Group, table: str, id: int, pairs: Mapping[str, str]) -> None:
    """`table` is model_tag or model_param."""
    for key, value in pairs.items():
        group.run_sql(
            f"INSERT INTO {table} (model, key, value) VALUES (?, ?, ?) "
            "ON CONFLICT (model, key) DO UPDATE SET value = excluded.value",
            (id, key, value),
        )


def pairs(session: Session, table: str, id: int) -> dict[str, str]:
    return dict(session.rows(f"SELECT key, value FROM {table} WHERE model = ?", (id,)))


def delete_tag(group: Group, id: int, key: str) -> None:
    group.run_sql("DELETE FROM model_tag WHERE model = ? AND key = ?", (id, key))


def add_metric(group: Group, id: int, metric: ModelMetric) -> None:
    """The latest of each metric, run and dataset stays."""
    value = metric.value if metric.value == metric.value else None
    group.run_sql(
        "INSERT INTO model_metric (model, key, run_id, dataset_name, dataset_digest, step, ts, "
        "value) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (model, key, run_id, dataset_name, dataset_digest) DO UPDATE "
        "SET step = excluded.step, ts = excluded.ts, value = excluded.value "
        "WHERE (excluded.step, excluded.ts) >= (model_metric.step, model_metric.ts)",
        (
            id,
            metric.key,
            metric.run_id,
            metric.dataset_name,
            metric.dataset_digest,
            metric.step,
            metric.timestamp,
            value,
        ),
    )


def search(
    session: Session,
    experiments: Sequence[int],
    filters: Sequence[Comparison],
    orders: Sequence[Order],
    datasets: Sequence[tuple[str, str | None]],
    limit: int,
    offset: int,
) -> list[LoggedModel]:
    """`datasets` narrows what the metric comparisons may be about."""
    metrics = [one for one in filters if one.kind == "metric"] if datasets else []
    where, args = condition([one for one in filters if one not in metrics], MODELS)
    for part, values in [_on_datasets(one, datasets) for one in metrics] or (
        [_on_datasets(None, datasets)] if datasets else []
    ):
        where, args = where + part, args + values
    order, order_args = ordering(orders, MODELS, "m.created DESC, m.id DESC")
    rows = session.rows(
        f"SELECT {_COLUMNS} WHERE m.exp IN ({numbers(experiments) or 'NULL'}) "
        f"AND m.lifecycle = ?{where} ORDER BY {order} LIMIT ? OFFSET ?",
        (ACTIVE, *args, *order_args, limit, offset),
    )
    return _whole(session, rows)


def _on_datasets(
    one: Comparison | None, datasets: Sequence[tuple[str, str | None]]
) -> tuple[str, list[object]]:
    tests, args = [], []
    for name, digest in datasets:
        tests.append("o.dataset_name = ?" + (" AND o.dataset_digest = ?" if digest else ""))
        args += [name, digest] if digest else [name]
    text = f"o.model = m.id AND ({' OR '.join(f'({test})' for test in tests)})"
    if one is not None:
        test, values = compare("o.value", one.op, one.value)
        text, args = f"{text} AND o.key = ? AND {test}", [*args, one.key, *values]
    return f" AND EXISTS (SELECT 1 FROM model_metric o WHERE {text})", list(args)


def _whole(session: Session, rows: list[Row]) -> list[LoggedModel]:
    wanted = numbers(row[0] for row in rows)
    if not wanted:
        return []
    tags, params, metrics = (
        _satellites(session, sql, wanted)
        for sql in (
            "SELECT model, key, value FROM model_tag",
            "SELECT model, key, value FROM model_param",
            "SELECT model, key, value, ts, step, run_id, dataset_name, dataset_digest "
            "FROM model_metric",
        )
    )
    return [
        msgspec.structs.replace(
            LoggedModel(*row[1:]),
            tags=tuple(tags.get(row[0], ())),
            params=tuple(params.get(row[0], ())),
            metrics=tuple(_metric(values) for values in metrics.get(row[0], ())),
        )
        for row in rows
    ]


def _satellites(session: Session, sql: str, wanted: str) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for number, *values in session.rows(f"{sql} WHERE model IN ({wanted}) ORDER BY model, key"):
        found.setdefault(number, []).append(tuple(values))
    return found


def _metric(values: Row) -> ModelMetric:
    key, value, *rest = values
    return ModelMetric(key, float("nan") if value is None else value, *rest)
