"""Answers as MLflow's JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ...core.tracking import Experiment, LoggedModel
from ...store.tracking.runs import number_or_word
from ...tracking.logged_models import noted_versions
from ...tracking.ports import ModelVersion, RegisteredModel
from .address import Roots

EMPTY = b"{}"
encode = msgspec.json.Encoder().encode


def page(name: str, things: Iterable[Any], token: str | None) -> bytes:
    body: dict[str, Any] = {name: list(things)}
    if token:
        body["next_page_token"] = token
    return encode(body)


def run_page(fragments: list[bytes], token: str | None, roots: Roots) -> bytes:
    last = b',"next_page_token":"%b"' % token.encode() if token else b""
    return b'{"runs":[%b]%b}' % (roots.fill(b",".join(fragments)), last)


def pairs(values: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in values]


def experiment(one: Experiment, roots: Roots) -> dict[str, Any]:
    return {
        "experiment_id": str(one.id),
        "name": one.name,
        "artifact_location": roots.experiment(one.id, one.name),
        "lifecycle_stage": one.lifecycle,
        "creation_time": one.created,
        "last_update_time": one.updated,
        "tags": pairs(one.tags),
    }


def logged_model(one: LoggedModel, roots: Roots) -> dict[str, Any]:
    registered = noted_versions(dict(one.tags))
    info: dict[str, Any] = {
        "model_id": one.model_id,
        "experiment_id": str(one.experiment_id),
        "name": one.name,
        "creation_timestamp_ms": one.created,
        "last_updated_timestamp_ms": one.updated,
        "artifact_uri": roots.model(one.model_id),
        "status": f"LOGGED_MODEL_{one.status}",
        "model_type": one.model_type,
        "source_run_id": one.source_run_id,
        "tags": pairs(one.tags),
        "registrations": [
            {"name": each["name"], "version": str(each["version"])} for each in registered
        ],
    }
    metrics = [
        {
            "key": metric.key,
            "value": number_or_word(metric.value),
            "timestamp": metric.timestamp,
            "step": metric.step,
            "model_id": one.model_id,
            "run_id": metric.run_id,
            **_filled(dataset_name=metric.dataset_name, dataset_digest=metric.dataset_digest),
        }
        for metric in one.metrics
    ]
    return {"info": info, "data": {"params": pairs(one.params), "metrics": metrics}}


def registered_model(
    one: RegisteredModel, latest: Iterable[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    return {
        "name": one.name,
        "creation_timestamp": one.created,
        "last_updated_timestamp": one.updated,
        "user_id": one.user,
        "description": one.description,
        "latest_versions": list(latest),
        "tags": pairs(one.tags.items()),
        "aliases": [{"alias": alias, "version": v} for alias, v in one.aliases.items()],
    }


def model_version(one: ModelVersion, aliases: Iterable[str], roots: Roots) -> dict[str, Any]:
    return {
        "name": one.name,
        "version": one.version,
        "creation_timestamp": one.created,
        "last_updated_timestamp": one.updated,
        "user_id": one.user,
        "current_stage": one.stage,
        "description": one.description,
        "source": roots.shown(one.source),
        "status": "READY",
        "tags": pairs(one.tags.items()),
        "aliases": sorted(aliases),
        **_filled(run_id=one.run_id, run_link=one.run_link, model_id=one.model_id),
    }


def _filled(**values: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
