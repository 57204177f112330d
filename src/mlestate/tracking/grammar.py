"""What may be searched by, for each sort of thing."""

from __future__ import annotations

from ..core.search import Grammar

_METRIC = {"metric": "metric", "metrics": "metric"}
_PARAM = dict.fromkeys(("parameter", "parameters", "param", "params"), "param")
_TAG = {"tag": "tag", "tags": "tag"}
_ATTRIBUTE = dict.fromkeys(("attribute", "attributes", "attr"), "attribute")


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


RUNS = Grammar(
    kinds={
        **_METRIC,
        **_PARAM,
        **_TAG,
        **_ATTRIBUTE,
        "run": "attribute",
        "dataset": "dataset",
        "datasets": "dataset",
    },
    attributes={
        **_same("run_id", "run_name", "user_id", "status", "start_time", "end_time"),
        "artifact_uri": "run_id",
        "created": "start_time",
        "Created": "start_time",
        "run name": "run_name",
        "Run name": "run_name",
        "Run Name": "run_name",
    },
    numeric=frozenset({"start_time", "end_time"}),
    listed=frozenset({"run_id", "run_name", "user_id", "status"}),
    nullable=frozenset({"tag", "param"}),
    orderable=frozenset(
        {"run_id", "run_name", "user_id", "status", "start_time", "end_time", "created", "Created"}
        | {"run name", "Run name", "Run Name"}
    ),
)
EXPERIMENTS = Grammar(
    kinds={**_TAG, **_ATTRIBUTE},
    attributes=_same("name", "experiment_id", "creation_time", "last_update_time"),
    numeric=frozenset({"creation_time", "last_update_time"}),
    listed=frozenset({"name", "experiment_id"}),
    nullable=frozenset({"tag"}),
    orderable=frozenset({"name", "experiment_id", "creation_time", "last_update_time"}),
)
_MODEL_ATTRIBUTES = {
    **_same("model_id", "name", "model_type", "source_run_id", "status", "experiment_id"),
    **_same("creation_timestamp_ms", "last_updated_timestamp_ms"),
    "creation_timestamp": "creation_timestamp_ms",
    "creation_time": "creation_timestamp_ms",
    "last_updated_timestamp": "last_updated_timestamp_ms",
}
LOGGED_MODELS = Grammar(
    kinds={**_METRIC, **_PARAM, **_TAG, **_ATTRIBUTE},
    attributes=_MODEL_ATTRIBUTES,
    numeric=frozenset({"creation_timestamp_ms", "last_updated_timestamp_ms"}),
    listed=frozenset(_MODEL_ATTRIBUTES.values()),
    orderable=frozenset(_MODEL_ATTRIBUTES),
)
REGISTERED_MODELS = Grammar(
    kinds={**_TAG, **_ATTRIBUTE},
    attributes={
        **_same("name", "creation_timestamp", "last_updated_timestamp"),
        "timestamp": "last_updated_timestamp",
    },
    numeric=frozenset({"creation_timestamp", "last_updated_timestamp"}),
    listed=frozenset({"name"}),
    orderable=frozenset({"name", "creation_timestamp", "last_updated_timestamp", "timestamp"}),
)
MODEL_VERSIONS = Grammar(
    kinds={**_TAG, **_ATTRIBUTE},
    attributes=_same(
        "name",
        "version_number",
        "run_id",
        "source_path",
        "creation_timestamp",
        "last_updated_timestamp",
    ),
    numeric=frozenset({"version_number", "creation_timestamp", "last_updated_timestamp"}),
    listed=frozenset({"name", "run_id", "source_path"}),
    orderable=frozenset({"name", "version_number", "creation_timestamp", "last_updated_timestamp"}),
)
