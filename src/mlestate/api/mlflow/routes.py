"""The one table: address -> the ARM action it needs, and who answers it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import msgspec

from . import artifacts, experiments, logged_models, logging, probes, registry, runs
from .request import Request

Handler = Callable[[Request], Awaitable[bytes | None]]

_NS = "Microsoft.MachineLearningServices/workspaces"
EXPERIMENTS = f"{_NS}/experiments"
RUNS = f"{_NS}/experiments/runs"
MODELS = f"{_NS}/models"
VERSIONS = f"{_NS}/models/versions"
ARTIFACTS = f"{_NS}/metadata/artifacts"


class Route(msgspec.Struct, frozen=True):
    """`path` is what follows `/api/2.0` or `/api/3.0`; `{name}` is one segment, `{path}` is all
    that follows."""

    method: str
    path: str
    action: str
    handler: Handler


def _routes(head: str, *rows: tuple[str, str, str, Handler]) -> tuple[Route, ...]:
    return tuple(
        Route(method, f"/{head}{path}", action, handler) for method, path, action, handler in rows
    )


ROUTES: tuple[Route, ...] = (
    *_routes(
        "mlflow/runs/",
        ("POST", "log-metric", f"{RUNS}/write", logging.metric),
        ("POST", "log-parameter", f"{RUNS}/write", logging.param),
        ("POST", "log-batch", f"{RUNS}/write", logging.batch),
        ("POST", "set-tag", f"{RUNS}/write", logging.tag),
        ("POST", "delete-tag", f"{RUNS}/write", logging.delete_tag),
        ("POST", "log-inputs", f"{RUNS}/write", logging.inputs),
        ("POST", "outputs", f"{RUNS}/write", logging.outputs),
        ("POST", "log-model", f"{RUNS}/write", logging.model),
        ("POST", "create", f"{RUNS}/write", runs.create),
        ("GET", "get", f"{RUNS}/read", runs.get),
        ("POST", "update", f"{RUNS}/write", runs.update),
        ("POST", "delete", f"{RUNS}/delete", runs.delete),
        ("POST", "restore", f"{RUNS}/write", runs.restore),
        ("POST", "search", f"{RUNS}/read", runs.search),
    ),
    *_routes(
        "mlflow/metrics/",
        ("GET", "get-history", f"{RUNS}/read", runs.history),
        ("GET", "get-history-bulk", f"{RUNS}/read", runs.history_bulk),
        ("GET", "get-history-bulk-interval", f"{RUNS}/read", runs.history_bulk_interval),
    ),
    *_routes(
        "mlflow/experiments/",
        ("POST", "create", f"{EXPERIMENTS}/write", experiments.create),
        ("GET", "get", f"{EXPERIMENTS}/read", experiments.get),
        ("GET", "get-by-name", f"{EXPERIMENTS}/read", experiments.get_by_name),
        ("POST", "search", f"{EXPERIMENTS}/read", experiments.search),
        ("GET", "search", f"{EXPERIMENTS}/read", experiments.search),
        ("POST", "update", f"{EXPERIMENTS}/write", experiments.update),
        ("POST", "delete", f"{EXPERIMENTS}/delete", experiments.delete),
        ("POST", "restore", f"{EXPERIMENTS}/write", experiments.restore),
        ("POST", "set-experiment-tag", f"{EXPERIMENTS}/write", experiments.set_tag),
        ("POST", "delete-experiment-tag", f"{EXPERIMENTS}/write", experiments.delete_tag),
        ("POST", "search-datasets", f"{RUNS}/read", runs.datasets),
    ),
    *_routes(
        "mlflow/logged-models",
        ("POST", "", f"{RUNS}/write", logged_models.create),
        ("POST", "/search", f"{RUNS}/read", logged_models.search),
        ("GET", "/{model_id}", f"{RUNS}/read", logged_models.get),
        ("PATCH", "/{model_id}", f"{RUNS}/write", logged_models.finalize),
        ("DELETE", "/{model_id}", f"{RUNS}/delete", logged_models.delete),
        ("PATCH", "/{model_id}/tags", f"{RUNS}/write", logged_models.set_tags),
        ("DELETE", "/{model_id}/tags/{tag_key}", f"{RUNS}/write", logged_models.delete_tag),
        ("POST", "/{model_id}/params", f"{RUNS}/write", logged_models.log_params),
        (
            "GET",
            "/{model_id}/artifacts/directories",
            f"{ARTIFACTS}/read",
            logged_models.artifacts,
        ),
    ),
    *_routes(
        "mlflow/registered-models/",
        ("POST", "create", f"{MODELS}/write", registry.create_model),
        ("GET", "get", f"{MODELS}/read", registry.get_model),
        ("POST", "rename", f"{MODELS}/write", registry.rename_model),
        ("PATCH", "update", f"{MODELS}/write", registry.update_model),
        ("DELETE", "delete", f"{MODELS}/delete", registry.delete_model),
        ("GET", "search", f"{MODELS}/read", registry.search_models),
        ("POST", "search", f"{MODELS}/read", registry.search_models),
        ("GET", "get-latest-versions", f"{VERSIONS}/read", registry.latest_versions),
        ("POST", "get-latest-versions", f"{VERSIONS}/read", registry.latest_versions),
        ("POST", "set-tag", f"{MODELS}/write", registry.tag_model),
        ("DELETE", "delete-tag", f"{MODELS}/write", registry.untag_model),
        ("POST", "alias", f"{MODELS}/write", registry.set_alias),
        ("DELETE", "alias", f"{MODELS}/write", registry.delete_alias),
        ("GET", "alias", f"{VERSIONS}/read", registry.by_alias),
    ),
    *_routes(
        "mlflow/model-versions/",
        ("POST", "create", f"{VERSIONS}/write", registry.create_version),
        ("GET", "get", f"{VERSIONS}/read", registry.get_version),
        ("PATCH", "update", f"{VERSIONS}/write", registry.update_version),
        ("POST", "transition-stage", f"{VERSIONS}/write", registry.transition),
        ("DELETE", "delete", f"{VERSIONS}/delete", registry.delete_version),
        ("GET", "search", f"{VERSIONS}/read", registry.search_versions),
        ("POST", "search", f"{VERSIONS}/read", registry.search_versions),
        ("GET", "get-download-uri", f"{VERSIONS}/read", registry.download_uri),
        ("POST", "set-tag", f"{VERSIONS}/write", registry.tag_version),
        ("DELETE", "delete-tag", f"{VERSIONS}/write", registry.untag_version),
    ),
    *_routes(
        "mlflow/artifacts/",
        ("GET", "list", f"{ARTIFACTS}/read", artifacts.of_run),
        ("POST", "presigned-upload-url", f"{ARTIFACTS}/write", artifacts.presigned_upload),
        ("POST", "presigned-download-url", f"{ARTIFACTS}/read", artifacts.presigned),
    ),
    *_routes(
        "mlflow-artifacts/",
        ("GET", "artifacts", f"{ARTIFACTS}/read", artifacts.listing),
        ("GET", "artifacts/{path}", f"{ARTIFACTS}/read", artifacts.download),
        ("HEAD", "artifacts/{path}", f"{ARTIFACTS}/read", artifacts.download),
        ("PUT", "artifacts/{path}", f"{ARTIFACTS}/write", artifacts.upload),
        ("DELETE", "artifacts/{path}", f"{ARTIFACTS}/delete", artifacts.delete),
        ("POST", "mpu/create/{path}", f"{ARTIFACTS}/write", artifacts.multipart),
        ("POST", "mpu/complete/{path}", f"{ARTIFACTS}/write", artifacts.multipart),
        ("POST", "mpu/abort/{path}", f"{ARTIFACTS}/write", artifacts.multipart),
        ("GET", "presigned/{path}", f"{ARTIFACTS}/read", artifacts.presigned),
    ),
    Route("GET", "/mlflow/server-info", f"{EXPERIMENTS}/read", probes.info),
    *(
        Route(method, f"/mlflow/{family}{tail}", f"{RUNS}/{verb}", probes.not_offered)
        for family in ("traces", "assessments", "datasets", "scorers", "webhooks", "issues")
        for tail in ("", "/{path}")
        for method, verb in (
            ("GET", "read"),
            ("POST", "write"),
            ("PATCH", "write"),
            ("PUT", "write"),
            ("DELETE", "delete"),
        )
    ),
)
# What an address that is not in the table needs before it is told so.
UNKNOWN = f"{EXPERIMENTS}/read"

_FIXED = {(route.method, route.path): route for route in ROUTES if "{" not in route.path}
_PATTERNS = tuple(
    (
        route,
        re.compile(
            re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(route.path)).replace(
                "(?P<path>[^/]+)", "(?P<path>.+)"
            ),
            re.DOTALL,
        ),
    )
    for route in ROUTES
    if "{" in route.path
)
_NONE: dict[str, str] = {}


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    if (route := _FIXED.get((method, path))) is not None:
        return route, _NONE
    for route, pattern in _PATTERNS:
        if route.method == method and (match := pattern.fullmatch(path)):
            return route, match.groupdict()
    return None


def methods(path: str) -> list[str]:
    """Those that the path has at all."""
    known = {route.method for route, pattern in _PATTERNS if pattern.fullmatch(path)}
    return sorted(known | {method for method, fixed in _FIXED if fixed == path})
