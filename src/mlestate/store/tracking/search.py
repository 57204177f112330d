"""Comparisons and orders -> SQL. The meaning is `core.search`'s: what is absent matches nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from ...core.search import Comparison, Order


class Shape(msgspec.Struct, frozen=True):
    """How one table and its satellites answer: `row` is the table's number column."""

    row: str
    columns: Mapping[str, str]
    # kind -> (table, its column that points at `row`, is its key a number of `key`)
    satellites: Mapping[str, tuple[str, str, bool]]


RUNS = Shape(
    row="r.id",
    columns={
        "run_id": "r.run_id",
        "run_name": "r.name",
        "user_id": "r.usr",
        "status": "r.status",
        "start_time": "r.start_time",
        "end_time": "r.end_time",
        "experiment_id": "r.exp",
        "lifecycle_stage": "r.lifecycle",
    },
    satellites={
        "metric": ("latest", "run", True),
        "param": ("param", "run", True),
        "tag": ("tag", "run", True),
    },
)
EXPERIMENTS = Shape(
    row="e.id",
    columns={
        "name": "e.name",
        "experiment_id": "CAST(e.id AS TEXT)",
        "creation_time": "e.created",
        "last_update_time": "e.updated",
    },
    satellites={"tag": ("experiment_tag", "experiment", False)},
)
MODELS = Shape(
    row="m.id",
    columns={
        "model_id": "m.model_id",
        "name": "m.name",
        "model_type": "m.model_type",
        "source_run_id": "m.source_run_id",
        "status": "m.status",
        "creation_timestamp_ms": "m.created",
        "last_updated_timestamp_ms": "m.updated",
        "experiment_id": "CAST(m.exp AS TEXT)",
    },
    satellites={
        "metric": ("model_metric", "model", False),
        "param": ("model_param", "model", False),
        "tag": ("model_tag", "model", False),
    },
)

Sql = tuple[str, list[Any]]


def condition(filters: Sequence[Comparison], shape: Shape) -> Sql:
    """` AND …` for each comparison, and the values for its marks."""
    parts, args = [], []
    for one in filters:
        text, values = _BY_KIND.get(one.kind, _satellite)(one, shape)
        parts.append(f" AND {text}")
        args += values
    return "".join(parts), args


def ordering(orders: Sequence[Order], shape: Shape, last: str) -> Sql:
    """What an order does not find comes at its end, whatever the direction; NaN just before."""
    parts, args = [], []
    for one in orders:
        way = "ASC" if one.ascending else "DESC"
        if one.kind == "attribute":
            column = shape.columns[one.key]
            parts.append(f"({column} IS NULL), {column} {way}")
            continue
        text, values = _lookup(one.kind, one.key, shape)
        exists, value = f"(SELECT 1 {text} LIMIT 1)", f"(SELECT o.value {text} LIMIT 1)"
        parts.append(f"({exists} IS NULL), ({value} IS NULL), {value} {way}")
        args += values * 3
    return ", ".join([*parts, last]), args


def compare(column: str, op: str, value: Any) -> Sql:
    if op == "ILIKE":
        return f"lower({column}) LIKE ?", [value.lower()]
    if op in ("IN", "NOT IN"):
        return f"{column} {op} ({','.join('?' * len(value))})", list(value)
    return f"{column} {op} ?", [value]


def _attribute(one: Comparison, shape: Shape) -> Sql:
    return compare(shape.columns[one.key], one.op, one.value)


def _satellite(one: Comparison, shape: Shape) -> Sql:
    text, args = _lookup(one.kind, one.key, shape)
    if one.op in ("IS NULL", "IS NOT NULL"):
        return f"{'NOT ' if one.op == 'IS NULL' else ''}EXISTS (SELECT 1 {text})", args
    if one.kind == "tag" and one.op == "=" and shape is RUNS:
        return _tagged(one, args)
    if one.kind == "metric":
        text, values = f"{text} AND ", [float(one.value)]  # type: ignore[arg-type]
        # NaN is NULL here, and differs from every number.
        nan = " OR o.value IS NULL" if one.op == "!=" else ""
        return f"EXISTS (SELECT 1 {text}(o.value {one.op} ?{nan}))", [*args, *values]
    test, values = compare("o.value", one.op, one.value)
    return f"EXISTS (SELECT 1 {text} AND {test})", [*args, *values]


def _tagged(one: Comparison, key: list[Any]) -> Sql:
    """Children of a run, runs of a job: few among many, so the index on values leads."""
    text = str(one.value)
    return (
        "r.id IN (SELECT o.run FROM tag o WHERE o.key = (SELECT id FROM key WHERE name = ?) "
        "AND substr(o.value, 1, 120) = ? AND o.value = ?)",
        [*key, text[:120], text],
    )


def _lookup(kind: str, key: str, shape: Shape) -> Sql:
    table, column, numbered = shape.satellites[kind]
    wanted = "(SELECT id FROM key WHERE name = ?)" if numbered else "?"
    return f"FROM {table} o WHERE o.{column} = {shape.row} AND o.key = {wanted}", [key]


def _dataset(one: Comparison, shape: Shape) -> Sql:
    if one.key == "context":
        test, args = compare("i.context", one.op, one.value)
    else:
        test, args = compare(f"d.{one.key}", one.op, one.value)
    return (
        "EXISTS (SELECT 1 FROM run_input i JOIN dataset d ON d.id = i.dataset "
        f"WHERE i.run = {shape.row} AND {test})",
        args,
    )


_BY_KIND: Mapping[str, Callable[[Comparison, Shape], Sql]] = {
    "attribute": _attribute,
    "dataset": _dataset,
}
