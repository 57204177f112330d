"""Logged models: made by a run, filled with artifacts, then ready."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from ..core import numbers
from ..core.errors import Invalid, NotFound
from ..core.search import Order, hold_orders, parse_filter, parse_order
from ..core.tracking import ACTIVE, DELETED, LoggedModel, Pair
from ..store.tracking import models as rows
from ..store.tracking import runs
from ..store.tracking.group import Group
from ..store.tracking.session import Session
from . import experiments, grammar, limits, pages
from .names import run_name

STATUSES: dict[int | str, str] = {
    1: "PENDING",
    2: "READY",
    3: "UPLOAD_FAILED",
    "LOGGED_MODEL_PENDING": "PENDING",
    "LOGGED_MODEL_READY": "READY",
    "LOGGED_MODEL_UPLOAD_FAILED": "UPLOAD_FAILED",
}
VERSIONS_TAG = "mlflow.modelVersions"


def create(
    group: Group,
    workspace: str,
    model_id: str,
    experiment: str,
    name: str | None,
    model_type: str | None,
    source_run: str | None,
    params: Sequence[Pair],
    tags: Sequence[Pair],
    now: int,
) -> LoggedModel:
    exp = experiments.get_active(group, workspace, experiment)
    name = _name(name) if name else run_name(model_id)
    checked_params, checked_tags = limits.params(params), limits.tags(tags)
    if source_run and runs.info(group.session, workspace, source_run) is None:
        raise NotFound(f"Run with id={source_run} not found")
    model = LoggedModel(
        model_id=model_id,
        experiment_id=exp.id,
        name=name,
        model_type=limits.text(model_type, "model_type", limits.NAME_LENGTH),
        source_run_id=source_run or "",
        status="PENDING",
        created=now,
        updated=now,
    )
    rows.create(group, exp.id, model)
    number = _number(group, workspace, model_id)
    rows.set_pairs(group, "model_param", number, checked_params)
    rows.set_pairs(group, "model_tag", number, checked_tags)
    return rows.find(group.session, number)


def get(session: Session, workspace: str, model_id: str, deleted: bool = False) -> LoggedModel:
    lifecycles = (ACTIVE, DELETED) if deleted else (ACTIVE,)
    number = rows.number(session, workspace, model_id, lifecycles)
    if number is None:
        raise _unknown(model_id)
    return rows.find(session, number)


def finalize(
    group: Group, workspace: str, model_id: str, status: str | int | None, now: int
) -> LoggedModel:
    said = numbers.whole(str(status))
    word = STATUSES.get(str(status) if said is None else said)
    if word is None:
        raise Invalid(f"`{status}` is no status of a logged model; these are: {_known()}")
    number = _number(group, workspace, model_id)
    rows.update(group, number, word, ACTIVE, now)
    return rows.find(group.session, number)


def delete(group: Group, workspace: str, model_id: str, now: int) -> None:
    number = _number(group, workspace, model_id)
    status = rows.find(group.session, number).status
    rows.update(group, number, status, DELETED, now)


def set_tags(group: Group, workspace: str, model_id: str, tags: Sequence[Pair]) -> None:
    checked = limits.tags(tags)
    rows.set_pairs(group, "model_tag", _number(group, workspace, model_id), checked)


def delete_tag(group: Group, workspace: str, model_id: str, key: str) -> None:
    number = _number(group, workspace, model_id)
    if key not in rows.pairs(group.session, "model_tag", number):
        raise NotFound(f"No tag with key {key!r} found for logged model with ID {model_id!r}.")
    rows.delete_tag(group, number, key)


def log_params(group: Group, workspace: str, model_id: str, params: Sequence[Pair]) -> None:
    checked = limits.params(params)
    rows.set_pairs(group, "model_param", _number(group, workspace, model_id), checked)


def noted_versions(tags: Mapping[str, str]) -> list[dict[str, str | int]]:
    """Under which names and numbers a model with these tags was registered; none where somebody
    wrote something else into the tag."""
    try:
        return msgspec.json.decode(tags.get(VERSIONS_TAG, "[]"), type=list[dict[str, str | int]])
    except msgspec.DecodeError:
        return []


def note_version(group: Group, workspace: str, model_id: str, name: str, version: str) -> None:
    """The model remembers under which names and numbers it was registered."""
    number = _number(group, workspace, model_id)
    listed = noted_versions(rows.pairs(group.session, "model_tag", number))
    counted = numbers.whole(version)
    listed.append({"name": name, "version": version if counted is None else counted})
    text = msgspec.json.encode(listed).decode()
    rows.set_pairs(group, "model_tag", number, {VERSIONS_TAG: text})


class ModelOrder(msgspec.Struct):
    field_name: str
    ascending: bool = True
    dataset_name: str | None = None
    dataset_digest: str | None = None


def search(
    session: Session,
    workspace: str,
    experiment_ids: Sequence[str],
    filter: str,
    orders: Sequence[ModelOrder],
    datasets: Sequence[tuple[str, str | None]],
    limit: int,
    token: str | None,
) -> tuple[list[LoggedModel], str | None]:
    hold_orders(orders)
    offset = pages.start(token)
    found = rows.search(
        session,
        experiments.own(session, workspace, experiment_ids),
        parse_filter(filter, grammar.LOGGED_MODELS),
        [_order(order) for order in orders],
        datasets,
        limit + 1,
        offset,
    )
    return pages.cut(found, limit, offset)


def _order(given: ModelOrder) -> Order:
    parsed = parse_order(given.field_name, grammar.LOGGED_MODELS)
    return Order(parsed.kind, parsed.key, given.ascending)


def _number(group: Group, workspace: str, model_id: str) -> int:
    number = rows.number(group.session, workspace, model_id, (ACTIVE,))
    if number is None:
        raise _unknown(model_id)
    return number


def _name(name: str) -> str:
    name = limits.title(name, "name")
    if any(mark in name for mark in "/:.%\"'"):
        raise Invalid(
            f"Invalid model name (`{name}`): it must be a non-empty string and cannot contain the "
            "following characters: '/', ':', '.', '%', '\"', \"'\""
        )
    return name


def _unknown(model_id: str) -> NotFound:
    return NotFound(f"Logged model with ID '{model_id}' not found.")


def _known() -> str:
    return ", ".join(str(key) for key in STATUSES if isinstance(key, str))
