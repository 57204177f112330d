"""The values of experiment tracking: what a client logs, in the field's own words."""

from __future__ import annotations

from typing import Annotated

import msgspec

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]

ACTIVE = "active"
DELETED = "deleted"
STATUSES = ("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")
ENDED = ("FINISHED", "FAILED", "KILLED")
MODEL_STATUSES = ("UNSPECIFIED", "PENDING", "READY", "UPLOAD_FAILED")
PARENT_TAG = "mlflow.parentRunId"
NAME_TAG = "mlflow.runName"
USER_TAG = "mlflow.user"


class Metric(msgspec.Struct, gc=False):
    """One point. `value` may be NaN or infinite; JSON has those as strings."""

    key: str
    value: float | str
    timestamp: Int64
    step: Int64 | None = 0
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None


class Pair(msgspec.Struct, gc=False):
    """A param or a tag."""

    key: str
    value: str | None = ""


class Dataset(msgspec.Struct, omit_defaults=True):
    name: str
    digest: str
    source_type: str = ""
    source: str = ""
    schema: str | None = None
    profile: str | None = None


class DatasetInput(msgspec.Struct):
    dataset: Dataset
    tags: list[Pair] = []


class ModelLink(msgspec.Struct):
    """A logged model that a run has read, or made at a step."""

    model_id: str
    step: Int64 | None = None


class Experiment(msgspec.Struct, frozen=True):
    id: int
    workspace: str
    name: str
    lifecycle: str
    created: int
    updated: int
    tags: tuple[tuple[str, str], ...] = ()


class RunInfo(msgspec.Struct, frozen=True):
    """A run as other rooms see it. Times are milliseconds since 1970, UTC."""

    run_id: str
    name: str
    experiment_id: int
    experiment: str
    user: str
    status: str
    start_time: int
    end_time: int | None
    lifecycle: str


class LoggedModel(msgspec.Struct, frozen=True):
    model_id: str
    experiment_id: int
    name: str
    model_type: str
    source_run_id: str
    status: str
    created: int
    updated: int
    tags: tuple[tuple[str, str], ...] = ()
    params: tuple[tuple[str, str], ...] = ()
    metrics: tuple[ModelMetric, ...] = ()


class ModelMetric(msgspec.Struct, frozen=True):
    key: str
    value: float
    timestamp: int
    step: int
    run_id: str
    dataset_name: str
    dataset_digest: str
