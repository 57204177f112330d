"""Runs: made, found, changed, and gathered into MLflow's JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from ...core.search import Comparison, Order
from ...core.tracking import ACTIVE, RunInfo
from .group import Group, RunRow
from .search import RUNS, condition, ordering
from .session import Session, marks, numbers

# Where a run's artifacts are depends on the address it is read from. Raw control characters, which
# JSON text cannot hold, keep the place in a fragment, with the experiment's name and the run's id.
ARTIFACT_URI = re.compile(rb"\x00([^\x01]*)\x01([^\x02]*)\x02")

_INFO = (
    "r.run_id, r.name, r.exp, e.name, r.usr, r.status, r.start_time, r.end_time, r.lifecycle "
    "FROM run r JOIN experiment e ON e.id = r.exp"
)


def create(
    group: Group, workspace: str, exp: int, run_id: str, name: str, user: str, status: str, at: int
) -> RunRow:
    group.writes += 1
    row = group.session.one(
        "INSERT INTO run "
        "(run_id, workspace, exp, name, usr, status, start_time, end_time, lifecycle) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?) RETURNING id",
        (run_id, workspace, exp, name, user, status, at, ACTIVE),
    )
    assert row is not None
    made = RunRow(row[0], exp, workspace, ACTIVE)
    group.remember(run_id, made)
    group.retold.add(made.id)
    return made


def update(group: Group, run: RunRow, changes: dict[str, Any]) -> None:
    """`changes` names columns: name, status, end_time, lifecycle."""
    sets = ", ".join([f"{column} = ?" for column in changes])
    group.run_sql(f"UPDATE run SET {sets} WHERE id = ?", (*changes.values(), run.id))
    group.touched.add(run.id)
    group.retold.add(run.id)


def exists(session: Session, workspace: str, run_id: str) -> bool:
    return number(session, workspace, run_id) is not None


def info(session: Session, workspace: str, run_id: str) -> RunInfo | None:
    row = session.one(f"SELECT {_INFO} WHERE r.run_id = ? AND r.workspace = ?", (run_id, workspace))
    return None if row is None else RunInfo(*row)


def infos(session: Session, ids: Sequence[int]) -> list[RunInfo]:
    if not ids:
        return []
    rows = session.rows(f"SELECT r.id, {_INFO} WHERE r.id IN ({numbers(ids)})")
    found = {row[0]: RunInfo(*row[1:]) for row in rows}
    return [found[number] for number in ids]


def number(session: Session, workspace: str, run_id: str) -> int | None:
    row = session.one("SELECT id FROM run WHERE run_id = ? AND workspace = ?", (run_id, workspace))
    return None if row is None else row[0]


def search(
    session: Session,
    experiments: Sequence[int],
    lifecycles: Sequence[str],
    filters: Sequence[Comparison],
    orders: Sequence[Order],
    limit: int,
    offset: int,
) -> list[int]:
    """The numbers of the runs, in order. The experiments must be the workspace's own."""
    if not experiments:
        return []
    where, args = condition(filters, RUNS)
    where = f"AND r.lifecycle IN ({marks(lifecycles)}){where}"
    args = [*lifecycles, *args]
    if len(experiments) == 1 and len(orders) == 1 and orders[0].kind == "metric":
        found = _by_metric(session, experiments[0], orders[0], where, args, limit + offset)
        if len(found) == limit + offset:
            return found[offset:]
    order, order_args = ordering(orders, RUNS, _last(orders))
    rows = session.rows(
        f"SELECT r.id FROM run r WHERE r.exp IN ({numbers(experiments)}) {where} "
        f"ORDER BY {order} LIMIT ? OFFSET ?",
        (*args, *order_args, limit, offset),
    )
    return [row[0] for row in rows]


def _last(orders: Sequence[Order]) -> str:
    # Ordered by one metric, ties go by the run alone: so it is a walk along the index.
    if len(orders) == 1 and orders[0].kind == "metric":
        return "r.id DESC"
    return "r.start_time DESC, r.id DESC"


def _by_metric(
    session: Session, exp: int, order: Order, where: str, args: list[Any], limit: int
) -> list[int]:
    """Along the covering index; the few that have no such metric are not in it."""
    way = "ASC" if order.ascending else "DESC"
    rows = session.rows(
        "SELECT r.id FROM latest w JOIN run r ON r.id = w.run "
        "WHERE w.exp = ? AND w.key = (SELECT id FROM key WHERE name = ?) "
        f"AND w.value IS NOT NULL {where} ORDER BY w.value {way}, r.id DESC LIMIT ?",
        (exp, order.key, *args, limit),
    )
    return [row[0] for row in rows]


def fragments(session: Session, ids: Iterable[int]) -> dict[int, bytes]:
    """Each run's JSON as MLflow has it, with a mark (`ARTIFACT_URI`) where its address goes."""
    wanted = numbers(ids)
    if not wanted:
        return {}
    parts = _parts(session, wanted)
    return {
        row[0]: _whole(row[0], RunInfo(*row[1:]), parts)
        for row in session.rows(f"SELECT r.id, {_INFO} WHERE r.id IN ({wanted})")
    }


def documents(session: Session, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Each run as MLflow has it, without an address of its artifacts."""
    found = fragments(session, ids)
    return {n: msgspec.json.decode(ARTIFACT_URI.sub(b"", body)) for n, body in found.items()}


_PARTS = {
    "metrics": "SELECT o.run, k.name, o.value, o.ts, o.step FROM latest o",
    "params": "SELECT o.run, k.name, o.value FROM param o",
    "tags": "SELECT o.run, k.name, o.value FROM tag o",
}

Parts = dict[str, dict[int, list[Any]]]


def _parts(session: Session, wanted: str) -> Parts:
    found: Parts = {"metrics": {}, "params": {}, "tags": {}, "inputs": {}, "in": {}, "out": {}}
    for part, sql in _PARTS.items():
        names = ("key", "value", "timestamp", "step")
        for run, *values in session.rows(
            f"{sql} JOIN key k ON k.id = o.key WHERE o.run IN ({wanted})"
        ):
            one = dict(zip(names, values, strict=False))
            if part == "metrics":
                one["value"] = number_or_word(one["value"])
            found[part].setdefault(run, []).append(one)
    for run, tags, *dataset in session.rows(
        "SELECT i.run, i.tags, d.name, d.digest, d.source_type, d.source, d.schema, d.profile "
        f"FROM run_input i JOIN dataset d ON d.id = i.dataset WHERE i.run IN ({wanted})"
    ):
        found["inputs"].setdefault(run, []).append(_input(tags, dataset))
    for run, way, model_id, step in session.rows(
        f"SELECT run, way, model_id, step FROM run_model WHERE run IN ({wanted})"
    ):
        one = {"model_id": model_id, "step": step} if way == "out" else {"model_id": model_id}
        found[way].setdefault(run, []).append(one)
    return found


def _input(tags: str, dataset: Sequence[Any]) -> dict[str, Any]:
    names = ("name", "digest", "source_type", "source", "schema", "profile")
    body = {n: v for n, v in zip(names, dataset, strict=True) if v is not None}
    return {"tags": msgspec.json.decode(tags), "dataset": body}


def _whole(number: int, info: RunInfo, parts: Parts) -> bytes:
    data = {part: parts[part].get(number, []) for part in _PARTS}
    inputs = {
        "dataset_inputs": parts["inputs"].get(number, []),
        "model_inputs": parts["in"].get(number, []),
    }
    return fragment(info, data, inputs, {"model_outputs": parts["out"].get(number, [])})


def fragment(
    info: RunInfo,
    data: Mapping[str, Any],
    inputs: Mapping[str, Any] | None = None,
    outputs: Mapping[str, Any] | None = None,
) -> bytes:
    rest = msgspec.json.encode({"data": data, "inputs": inputs or {}, "outputs": outputs or {}})
    return b'{"info":%b,%b' % (info_json(info), rest[1:])


def info_json(run: RunInfo) -> bytes:
    info = {
        "run_id": run.run_id,
        "run_uuid": run.run_id,
        "run_name": run.name,
        "experiment_id": str(run.experiment_id),
        "user_id": run.user,
        "status": run.status,
        "start_time": run.start_time,
        "lifecycle_stage": run.lifecycle,
    }
    if run.end_time is not None:
        info["end_time"] = run.end_time
    place = b"\0%b\1%b\2" % (quote(run.experiment, safe="").encode(), run.run_id.encode())
    return b'%b,"artifact_uri":"%b"}' % (msgspec.json.encode(info)[:-1], place)


def number_or_word(value: float | None) -> float | str:
    """JSON has no NaN and no infinity; protobuf's JSON writes them as words."""
    if value is None or value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return value
