"""What a run logs: metrics, params, tags, its datasets and its models. The hot path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ..core.errors import Invalid, NotFound
from ..core.tracking import ACTIVE, DatasetInput, Metric, ModelLink, ModelMetric, Pair
from ..store.tracking import links, metrics, models
from ..store.tracking.group import Group, RunRow
from . import limits

MODELS_TAG = "mlflow.log-model.history"


class Batch:
    """Checked on the way in, once; then only the database can refuse it."""

    __slots__ = ("metrics", "params", "run_id", "tags", "workspace")

    def __init__(
        self,
        workspace: str,
        run_id: str,
        metrics: Sequence[Metric] = (),
        params: Sequence[Pair] = (),
        tags: Sequence[Pair] = (),
    ):
        self.workspace, self.run_id = workspace, run_id
        self.metrics = [(limits.metric(metric), limits.number(metric)) for metric in metrics]
        self.params = limits.params(params) if params else {}
        self.tags = limits.tags(tags) if tags else {}

    def __call__(self, group: Group) -> None:
        run = group.active_run(self.workspace, self.run_id)
        fresh = new_params(group, run, self.params) if self.params else None
        linked = [m for m, _ in self.metrics if m.model_id]
        targets = _models(group, self.workspace, linked) if linked else {}
        if fresh:
            metrics.add_params(group, run, fresh)
        for metric, value in self.metrics:
            key = group.key(metric.key)
            group.add_point(run, key, metric.step or 0, metric.timestamp, value)
            if metric.model_id:
                _add_to_model(group, targets[metric.model_id], self.run_id, metric, value)
        for name, text in self.tags.items():
            group.set_tag(run, name, text)


def new_params(group: Group, run: RunRow, given: Mapping[str, str]) -> dict[str, str]:
    """Those not logged before. A param never changes."""
    known = metrics.params(group, run, list(given))
    for key, value in given.items():
        if known.get(key, value) != value:
            raise Invalid(
                f"Changing param values is not allowed. Param with key='{key}' was already logged "
                f"with value='{known[key]}' for run. Attempted logging new value '{value}'."
            )
    return {key: value for key, value in given.items() if key not in known}


def delete_tag(group: Group, workspace: str, run_id: str, key: str) -> None:
    run = group.active_run(workspace, run_id)
    if not metrics.delete_tag(group, run, limits.name(key, "key")):
        raise NotFound(f"No tag with name: {key} in run with id {run_id}")


def log_inputs(
    group: Group,
    workspace: str,
    run_id: str,
    datasets: Sequence[DatasetInput],
    read: Sequence[ModelLink],
) -> None:
    run = group.active_run(workspace, run_id)
    for given in datasets:
        _check_dataset(given)
    _known_models(group, workspace, read)
    for given in datasets:
        links.add_dataset(group, run, given)
    links.add_models(group, run, "in", read)


def log_outputs(group: Group, workspace: str, run_id: str, made: Sequence[ModelLink]) -> None:
    run = group.active_run(workspace, run_id)
    _known_models(group, workspace, made)
    links.add_models(group, run, "out", made)


def _check_dataset(given: DatasetInput) -> None:
    limits.title(given.dataset.name, "dataset name")
    limits.text(given.dataset.digest, "dataset digest", 36)
    limits.text(given.dataset.source, "dataset source", 65_535)
    limits.text(given.dataset.schema, "dataset schema", 1_048_575)
    limits.text(given.dataset.profile, "dataset profile", 16_777_215)
    limits.tags(given.tags, 500)


def _known_models(group: Group, workspace: str, given: Sequence[ModelLink]) -> None:
    for link in given:
        _model(group, workspace, link.model_id)


def _models(group: Group, workspace: str, linked: Sequence[Metric]) -> dict[str, int]:
    return {one: _model(group, workspace, one) for one in {m.model_id for m in linked} if one}


def _model(group: Group, workspace: str, model_id: str) -> int:
    found = models.number(group.session, workspace, model_id, (ACTIVE,))
    if found is None:
        raise NotFound(f"Logged model with ID '{model_id}' not found.")
    return found


def _add_to_model(group: Group, model: int, run_id: str, metric: Metric, value: float) -> None:
    models.add_metric(
        group,
        model,
        ModelMetric(
            metric.key,
            value,
            metric.timestamp,
            metric.step or 0,
            run_id,
            metric.dataset_name or "",
            metric.dataset_digest or "",
        ),
    )


def note_model(group: Group, workspace: str, run_id: str, model: Mapping[str, Any]) -> None:
    run = group.active_run(workspace, run_id)
    noted = msgspec.json.decode(metrics.tag(group, run, MODELS_TAG) or "[]", type=list[Any])
    text = msgspec.json.encode([*noted, model]).decode()
    group.set_tag(run, MODELS_TAG, limits.text(text, MODELS_TAG, limits.REGISTRY_TAG_LENGTH))
