"""The data planes beside ARM that the SDK calls for runs: streaming, logs, artifacts, outputs.

Every address here has a row in `RULES`, with the ARM action that it needs on its workspace.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from ..core import ids
from ..core.access import Caller
from ..core.activity import By, by
from ..core.errors import Invalid, MethodNotAllowed, NotFound
from ..core.ids import ResourceId
from ..core.resource import View
from .http import Authenticate, answer, bearer, handled, in_thread, query, read_json, view
from .trail import trail_of

Document = dict[str, Any]


class Runs(Protocol):
    """A workspace's runs as the run history service shows them. Callers have been authorized.

    `NotFound` where the workspace has no such run.
    """

    def run(self, asked: Asked) -> Document: ...
    def details(self, asked: Asked) -> Document: ...
    def children(self, asked: Asked) -> list[Document]: ...
    def change(self, asked: Asked, patch: Document) -> Document: ...
    def artifacts(self, asked: Asked, prefix: str) -> list[Document]: ...
    def place(self, asked: Asked, path: str, write: bool) -> Document:
        """Where an artifact's content is: `contentUri` is a blob address with its signature."""

    def outputs(self, asked: Asked) -> Document: ...
    def resolved(self, asked: Asked, asset: str) -> Document | None: ...


class Asked(msgspec.Struct, frozen=True):
    """Who asks for which run of which workspace, and from where; `by` is what the activity log is
    told of them."""

    caller: Caller
    workspace: ResourceId
    run: str
    view: View
    by: By


Answer = Callable[[Runs, Asked, Mapping[str, str], Any], Document]


class Rule(msgspec.Struct, frozen=True, dict=True):
    """`path` is the service's word and what follows the workspace, `{name}` being one segment;
    `action` is a whole ARM action, needed at the workspace."""

    method: str
    path: str
    action: str
    answer: Answer

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.path)), re.I)


def app(runs: Runs, authenticate: Authenticate) -> ASGIApp:
    async def handle(request: Request) -> Response:
        caller = await in_thread(authenticate, bearer(request))
        body = await read_json(request)
        response: Response = await in_thread(_respond, runs, caller, request, body)
        return response

    return handled(handle)


def _respond(runs: Runs, caller: Caller, request: Request, body: Any) -> Response:
    path = request.url.path
    workspace, tail = split(path)
    rule, run = _rule(caller, workspace, request.method, tail)
    caller.need(rule.action, str(workspace))
    if not isinstance(body, dict):
        raise Invalid("the body must be a JSON object")
    who = by(caller, trail_of(request.scope).asked)
    asked = Asked(caller, workspace, run, view(request), who)
    return answer(rule.answer(runs, asked, query(request), body))


def split(path: str) -> tuple[ResourceId, str]:
    """The workspace in the path, and what is left: the service's word and what follows."""
    found = _WORKSPACE.match(path)
    if found is None:
        raise NotFound(f"there is nothing at `{path}`", code="NotFound")
    return ids.parse(found["workspace"]), f"{found['service'].lower()}/{found['tail']}"


def _rule(caller: Caller, workspace: ResourceId, method: str, tail: str) -> tuple[Rule, str]:
    """The rule of an address. Where there is none, only who reads the workspace is told so."""
    there = [(rule, m) for rule in RULES if (m := rule.pattern.fullmatch(tail))]
    for rule, match in there:
        if rule.method == method:
            return rule, match.groupdict().get("run") or ""
    caller.need(f"{_ML}/read", str(workspace))
    if there:
        raise MethodNotAllowed(f"`{method}` is not used at `…/{tail}`")
    raise NotFound(f"there is nothing at `…/{tail}`", code="NotFound")


_ML = "Microsoft.MachineLearningServices/workspaces"
_WORKSPACE = re.compile(
    r"/(?P<service>history|data|modelregistry|metric|artifact)/v[\d.]+"
    rf"(?P<workspace>/subscriptions/[^/]+/resourceGroups/[^/]+/providers/{re.escape(_ML)}/[^/]+)"
    r"/(?P<tail>.*)",
    re.I,
)
# A run is reached by itself, through its experiment, or through the experiment's id.
_RUNS = ("runs/{run}", "experiments/{experiment}/runs/{run}", "experimentids/{id}/runs/{run}")
_READ, _WRITE = f"{_ML}/experiments/runs/read", f"{_ML}/experiments/runs/write"
_READ_ARTIFACT, _WRITE_ARTIFACT = (
    f"{_ML}/metadata/artifacts/read",
    f"{_ML}/metadata/artifacts/write",
)


def _run(runs: Runs, asked: Asked, _q: Mapping[str, str], _b: Any) -> Document:
    return runs.run(asked)


def _details(runs: Runs, asked: Asked, _q: Mapping[str, str], _b: Any) -> Document:
    return runs.details(asked)


def _children(runs: Runs, asked: Asked, _q: Mapping[str, str], _b: Any) -> Document:
    return {"value": runs.children(asked), "continuationToken": None, "nextLink": None}


def _change(runs: Runs, asked: Asked, _q: Mapping[str, str], body: Any) -> Document:
    return runs.change(asked, body)


def _services(runs: Runs, asked: Asked, _q: Mapping[str, str], _b: Any) -> Document:
    runs.run(asked)
    return {"instances": {}}


def _run_data(runs: Runs, asked: Asked, _q: Mapping[str, str], body: Any) -> Document:
    asked = msgspec.structs.replace(asked, run=str(body.get("runId", "")))
    document = {**runs.run(asked), "outputs": runs.outputs(asked)}
    return {"runMetadata": document, "runDefinition": None, "jobSpecification": None}


def _list(runs: Runs, asked: Asked, q: Mapping[str, str], _b: Any) -> Document:
    return {"value": runs.artifacts(asked, q.get("path", "")), "continuationToken": None}


def _content(runs: Runs, asked: Asked, q: Mapping[str, str], _b: Any) -> Document:
    return runs.place(asked, _path(q.get("path")), write=False)


def _contents(runs: Runs, asked: Asked, q: Mapping[str, str], _b: Any) -> Document:
    found = runs.artifacts(asked, q.get("path", ""))
    return {"value": [runs.place(asked, one["path"], write=False) for one in found]}


def _metadata(runs: Runs, asked: Asked, q: Mapping[str, str], _b: Any) -> Document:
    path = _path(q.get("path"))
    found = [one for one in runs.artifacts(asked, path) if one["path"] == path]
    if not found:
        raise NotFound(f"the run has no artifact `{path}`", code="ArtifactNotFound")
    return found[0]


def _new_artifacts(runs: Runs, asked: Asked, _q: Mapping[str, str], body: Any) -> Document:
    said = body.get("paths")
    if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
        raise Invalid('`paths` must be a list of {"path": …}', target="$.paths")
    paths = [_path(one.get("path")) for one in said]
    return {
        "artifacts": {path: {"path": path, "container": asked.run} for path in paths},
        "artifactContentInformation": {p: runs.place(asked, p, write=True) for p in paths},
        "errors": {},
    }


def _resolve(runs: Runs, asked: Asked, _q: Mapping[str, str], body: Any) -> Document:
    assets = body.get("values")
    if not isinstance(assets, list):
        raise Invalid("`values` must be a list of asset ids", target="$.values")
    found = {str(asset): runs.resolved(asked, str(asset)) for asset in assets}
    return {"values": {asset: place for asset, place in found.items() if place}}


def _path(text: Any) -> str:
    """A relative path that stays below its run."""
    if not isinstance(text, str) or not text or text.startswith("/"):
        raise Invalid("`path` must be a relative path", target="path")
    if any(part in ("", ".", "..") for part in text.rstrip("/").split("/")):
        raise Invalid(f"`{text}` is not a path below the run", target="path")
    return text


def _of_run(*rows: tuple[str, str, str, Answer]) -> tuple[Rule, ...]:
    return tuple(
        Rule(method, f"history/{run}{tail}", action, answer)
        for method, tail, action, answer in rows
        for run in _RUNS
    )


RULES = (
    *_of_run(
        ("GET", "", _READ, _run),
        ("PATCH", "", _WRITE, _change),
        ("GET", "/details", _READ, _details),
        ("GET", "/children", _READ, _children),
        ("GET", "/serviceinstances/{node}", _READ, _services),
        ("GET", "/artifacts", _READ_ARTIFACT, _list),
        ("GET", "/artifacts/path", _READ_ARTIFACT, _list),
        ("GET", "/artifacts/metadata", _READ_ARTIFACT, _metadata),
        ("GET", "/artifacts/contentinfo", _READ_ARTIFACT, _content),
        ("GET", "/artifacts/prefix/contentinfo", _READ_ARTIFACT, _contents),
        ("POST", "/artifacts/batch/metadata", _WRITE_ARTIFACT, _new_artifacts),
    ),
    Rule("POST", "history/rundata", _READ, _run_data),
    Rule("POST", "data/dataversion/batchGetResolvedUris", f"{_ML}/data/versions/read", _resolve),
    Rule(
        "POST",
        "modelregistry/models/batchGetResolvedUris",
        f"{_ML}/models/versions/read",
        _resolve,
    ),
)
