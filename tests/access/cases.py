"""One real request for every row of the table of addresses, about what is in bo's workspace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import msgspec

from mlestate.api import principals
from mlestate.api.addresses import Address, table
from mlestate.api.scim.documents import CORE
from tests.access.asking import REGION, Request
from tests.access.two_workspaces import A, Bo

Key = tuple[str, str]
# Words of the table's paths that stand for nothing in the estate.
_NODE = "0"
_XML = {"content-type": "application/xml"}


class Case(msgspec.Struct, frozen=True):
    """`status` is what whoever may gets; 200 stands for any success."""

    request: Request
    status: int = 200


def cases(bo: Bo) -> dict[Key, Case]:
    """By method and path, as the table has them. In the table's order each can be done."""
    found: dict[Key, Case] = {}
    for address in table():
        if not address.anonymous:
            found[address.method, address.path] = _case(bo, address)
    return found


def _case(bo: Bo, address: Address) -> Case:
    match address.part:
        case "mlflow":
            return _mlflow(bo, address)
        case "history":
            return Case(_history(bo, address))
        case "blob":
            return _blob(bo, address)
        case "scim":
            return Case(_scim(bo, address))
        case "operations":
            # Of an operation that is not there: what of those that are is in `test_many`.
            return Case(Request("GET", f"{address.path}?ids={REGION}/numbat-operation"), 403)
        case "access":
            return _access(address)
        case "graph":
            return Case(_graph(bo, address))
        case "resource-graph":
            return Case(
                Request("POST", address.path, {"query": "union Resources, EstateResources"})
            )
    return Case(_estate(bo, address))


def _scim(bo: Bo, address: Address) -> Request:
    kind = address.path.split("/")[3]
    known = {**bo.pushed, "ResourceTypes": "User", "Schemas": f"{CORE}User"}
    path = address.path.replace("{id}", known.get(kind, ""))
    name = "userName" if kind == "Users" else "displayName"
    if path.endswith(".search"):
        return Request(address.method, path, {"filter": 'externalId eq "numbat"'})
    if address.method == "PATCH":
        said = {"op": "replace", "path": name, "value": f"numbat-patched-{kind}"}
        return Request(address.method, path, {"Operations": [said]})
    written = address.method in ("POST", "PUT")
    return Request(
        address.method, path, {name: f"numbat-{address.method}-{kind}"} if written else None
    )


def _access(address: Address) -> Case:
    """No workspace has an environment here, so there is nothing to compare."""
    asked = {
        "why": f"?principal=bo&action=train&scope={quote(A.workspace)}",
        "who": f"?action=train&scope={quote(A.workspace)}",
        "diff": "?from=dev&to=prod",
    }
    if address.method == "POST":
        return Case(Request("POST", address.path, {"changes": []}))
    word = address.path.rpartition("/")[2]
    request = Request("GET", address.path + asked.get(word, ""))
    return Case(request, 404 if word == "diff" else 200)


def _estate(bo: Bo, address: Address) -> Request:
    if address.part == "agents":
        verb = address.path.rpartition("/")[2]
        return Request("POST", address.path.replace("{region}", REGION), _AGENT[verb])
    if address.part == "resources" and address.method == "POST":
        uri = "azureml://datastores/workspaceblobstore/paths/numbat/"
        said = {"properties": {"dataType": "uri_folder", "dataUri": uri}}
        put = {"id": f"{A.workspace}/data/numbat-data/versions/many", "body": said}
        return Request("POST", address.path, {"value": [put]})
    if address.part == "resources":
        return Request("GET", f"{address.path}?types=Microsoft.MachineLearningServices/workspaces")
    if address.part == "tenants":
        return Request("GET", address.path)
    if address.part == "search":
        return Request("GET", f"{address.path}?words=numbat&facets=kind,workspace,createdBy")
    if address.part == "access report":
        asked = bo.documents["Microsoft.Authorization/roleAssignmentScheduleRequests"][0]
        return Request("GET", f"{address.path}?request={quote(asked)}")
    if address.part == "contents":
        return Request("GET", f"{address.path}?id={quote(A.workspace)}")
    end = address.path.rpartition("/")[2]
    kind = address.path.split("/")[3] if end != "metrics" else ""
    name = f"numbat-{kind}" if end == "{name}" else _HOLDERS.get(kind, "")
    path = address.path.replace("{name}", name).replace("{label}", "numbat-label")
    if address.path.endswith("/release"):
        name = {"users": "numbat-pushed", "groups": "numbat-pushed-group"}[kind] + "-released"
        return Request("POST", address.path.replace("{name}", name), {})
    if address.path == principals.TOKENS and address.method == "POST":
        return Request("POST", address.path, {"label": "numbat-new"})
    body = {"secrets": {"label": "numbat-label"}, "password": {"password": "a numbat password"}}
    said = body.get(end, {}) if address.method in ("PUT", "POST") else None
    return Request(address.method, path, said)


def _graph(bo: Bo, address: Address) -> Request:
    collection = address.path.split("/")[2]
    id = bo.principals.get(collection, bo.principals["users"])
    bodies = {
        "getByIds": {"ids": list(bo.principals.values())},
        "checkMemberGroups": {"groupIds": [bo.principals["groups"]]},
    }
    said = bodies.get(address.path.rpartition("/")[2], {}) if address.method == "POST" else None
    return Request(address.method, address.path.replace("{name}", id), said)


# Whose secrets are asked for.
_HOLDERS = {"users": "bo", "servicePrincipals": "numbat-program"}
_AGENT: dict[str, Any] = {
    "claim": {"node": "numbat", "free": 0},
    "renew": {"node": "numbat", "held": []},
    "report": {"job": f"{A.workspace}/jobs/numbat-job", "fence": 0, "state": "Running"},
}


def _history(bo: Bo, address: Address) -> Request:
    path = address.path.split("/workspaces/{workspace}")[1]
    for word, value in (
        ("{run}", bo.run),
        ("{experiment}", "numbat-lab"),
        ("{id}", bo.experiment),
        ("{node}", _NODE),
    ):
        path = path.replace(word, value)
    service = address.path.split("/")[1]
    end = path.rpartition("/")[2]
    query = "?path=numbat.txt" if end in ("metadata", "contentinfo") else ""
    bodies: dict[str, Any] = {
        "metadata": {"paths": [{"path": "numbat-new.txt"}]},
        "rundata": {"runId": bo.run},
        "batchGetResolvedUris": {"values": [_asset(service)]},
        bo.run: {"displayName": "numbat-shown"},
    }
    body = bodies.get(end) if address.method != "GET" else None
    return Request(address.method, f"/{service}/v1.0{A.workspace}{path}{query}", body)


def _asset(service: str) -> str:
    name = "data" if service == "data" else "models"
    return f"{A.workspace}/{name}/numbat-{name}/versions/1"


def _mlflow(bo: Bo, address: Address) -> Case:
    path = address.path.split("/api/2.0")[1]
    family = path.split("/")[2]
    if family in ("traces", "assessments", "datasets", "scorers", "webhooks", "issues"):
        return Case(Request(address.method, f"{A.mlflow}{path.replace('{path}', 'numbat')}"), 501)
    given = _asked_of_mlflow(bo).get((address.method, path))
    assert given is not None, f"say what to ask at {address.method} {path}"
    tail, body = given
    status = _STATUS.get(path.split("/{")[0], 200)
    return Case(Request(address.method, f"{A.mlflow}{tail}", body), status)


# What every workspace refuses to whoever may ask.
_STATUS = {
    "/mlflow/registered-models/rename": 400,
    "/mlflow/artifacts/presigned-upload-url": 501,
    "/mlflow/artifacts/presigned-download-url": 501,
    "/mlflow-artifacts/mpu/create": 501,
    "/mlflow-artifacts/mpu/complete": 501,
    "/mlflow-artifacts/mpu/abort": 501,
    "/mlflow-artifacts/presigned": 501,
}


def _asked_of_mlflow(bo: Bo) -> dict[Key, tuple[str, Any]]:
    rows: dict[Key, tuple[str, Any]] = {}
    for method, path, query, body in (*_runs(bo), *_experiments(bo), *_logged(bo), *_models(bo)):
        filled = path
        for word, value in (("{model_id}", bo.model), ("{tag_key}", "numbat-key")):
            filled = filled.replace(word, value)
        rows[method, path] = (filled + query, body)
    for method, path, query in _artifacts(bo):
        inside = f"ExperimentRun/dcid.{bo.run}/numbat-{'put' if method in _WRITES else 'list'}.txt"
        if method in ("GET", "HEAD"):
            inside = f"ExperimentRun/dcid.{bo.run}/numbat.txt"
        body = b"numbat" if method == "PUT" else None
        rows[method, path] = (path.replace("{path}", inside) + query, body)
    rows["DELETE", f"{_LOGGED}/{{model_id}}"] = (f"{_LOGGED}/{bo.old_model}", None)
    return rows


_WRITES = ("PUT", "DELETE")
_LOGGED = "/mlflow/logged-models"
Row = tuple[str, str, str, Any]


def _runs(bo: Bo) -> Iterator[Row]:
    run, ended = {"run_id": bo.run}, {"run_id": bo.ended}
    metric = {"key": "numbat-loss", "value": 1.0, "timestamp": 2, "step": 1}
    pair = {"key": "numbat-key", "value": "numbat-value"}
    noted = {
        "artifact_path": "model",
        "flavors": {"numbat": {}},
        "utc_time_created": "now",
        **run,
    }
    dataset = {"name": "numbat", "digest": "1", "source_type": "local", "source": "numbat"}
    bodies = {
        "log-metric": {**run, **metric},
        "log-parameter": {**run, **pair},
        "log-batch": {**run, "metrics": [metric]},
        "set-tag": {**run, **pair},
        "delete-tag": {**run, "key": "numbat-key"},
        "log-inputs": {**run, "datasets": [{"dataset": dataset, "tags": []}]},
        "outputs": {**run, "models": [{"model_id": bo.model, "step": 0}]},
        "log-model": {**run, "model_json": json.dumps(noted)},
        "create": {"experiment_id": bo.experiment, "run_name": "numbat-new"},
        "update": {**run, "run_name": "numbat-renamed"},
        "delete": ended,
        "restore": ended,
        "search": {"experiment_ids": [bo.experiment]},
    }
    for word, body in bodies.items():
        yield "POST", f"/mlflow/runs/{word}", "", body
    yield "GET", "/mlflow/runs/get", f"?run_id={bo.run}", None
    asked = f"?run_id={bo.run}&metric_key=numbat-loss"
    yield "GET", "/mlflow/metrics/get-history", asked, None
    yield "GET", "/mlflow/metrics/get-history-bulk", asked, None
    interval = f"?run_ids={bo.run}&metric_key=numbat-loss"
    yield "GET", "/mlflow/metrics/get-history-bulk-interval", interval, None


def _experiments(bo: Bo) -> Iterator[Row]:
    lab, old = {"experiment_id": bo.experiment}, {"experiment_id": bo.old_experiment}
    bodies = {
        "create": {"name": "numbat-made"},
        "search": {"max_results": 10},
        "update": {**lab, "new_name": "numbat-lab"},
        "delete": old,
        "restore": old,
        "set-experiment-tag": {**lab, "key": "numbat-key", "value": "numbat"},
        "delete-experiment-tag": {**lab, "key": "numbat-key"},
        "search-datasets": {"experiment_ids": [bo.experiment]},
    }
    for word, body in bodies.items():
        yield "POST", f"/mlflow/experiments/{word}", "", body
    yield "GET", "/mlflow/experiments/get", f"?experiment_id={bo.experiment}", None
    yield "GET", "/mlflow/experiments/get-by-name", "?experiment_name=numbat-lab", None
    yield "GET", "/mlflow/experiments/search", "?max_results=10", None
    yield "GET", "/mlflow/server-info", "", None


def _logged(bo: Bo) -> Iterator[Row]:
    one, pairs = f"{_LOGGED}/{{model_id}}", [{"key": "numbat-key", "value": "numbat"}]
    yield "POST", _LOGGED, "", {"experiment_id": bo.experiment, "name": "numbat-made"}
    yield "POST", f"{_LOGGED}/search", "", {"experiment_ids": [bo.experiment]}
    yield "GET", one, "", None
    yield "PATCH", one, "", {"status": "LOGGED_MODEL_READY"}
    yield "PATCH", f"{one}/tags", "", {"tags": pairs}
    yield "DELETE", f"{one}/tags/{{tag_key}}", "", None
    yield "POST", f"{one}/params", "", {"params": pairs}
    yield "GET", f"{one}/artifacts/directories", "", None


def _models(bo: Bo) -> Iterator[Row]:
    name, made = {"name": "numbat-registered"}, {"name": "numbat-made"}
    pair = {"key": "numbat-key", "value": "numbat"}
    source = f"mlflow-artifacts:/ExperimentRun/dcid.{bo.run}/model"
    alias = {**name, "alias": "numbat-alias", "version": "1"}
    head = "/mlflow/registered-models"
    yield "POST", f"{head}/create", "", made
    yield "GET", f"{head}/get", "?name=numbat-registered", None
    yield "POST", f"{head}/rename", "", {**name, "new_name": "numbat-other"}
    yield "PATCH", f"{head}/update", "", {**name, "description": "numbat"}
    yield "DELETE", f"{head}/delete", "", made
    yield "GET", f"{head}/get-latest-versions", "?name=numbat-registered", None
    yield "POST", f"{head}/get-latest-versions", "", name
    yield "POST", f"{head}/set-tag", "", {**name, **pair}
    yield "DELETE", f"{head}/delete-tag", "", {**name, "key": "numbat-key"}
    yield "POST", f"{head}/alias", "", alias
    yield "DELETE", f"{head}/alias", "", alias
    yield "GET", f"{head}/alias", "?name=numbat-registered&alias=numbat-best", None
    head, one = "/mlflow/model-versions", {**name, "version": "1"}
    query = "?name=numbat-registered&version=1"
    yield "POST", f"{head}/create", "", {**name, "source": source, "run_id": bo.run}
    yield "GET", f"{head}/get", query, None
    yield "PATCH", f"{head}/update", "", {**one, "description": "numbat"}
    yield "POST", f"{head}/transition-stage", "", {**one, "stage": "Staging"}
    yield "DELETE", f"{head}/delete", "", {**name, "version": "2"}
    yield "GET", f"{head}/get-download-uri", query, None
    yield "POST", f"{head}/set-tag", "", {**one, **pair}
    yield "DELETE", f"{head}/delete-tag", "", {**one, "key": "numbat-key"}
    for kind in ("registered-models", "model-versions"):
        yield "GET", f"/mlflow/{kind}/search", "", None
        yield "POST", f"/mlflow/{kind}/search", "", {}


def _artifacts(bo: Bo) -> Iterator[tuple[str, str, str]]:
    yield "GET", "/mlflow/artifacts/list", f"?run_id={bo.run}"
    yield "POST", "/mlflow/artifacts/presigned-upload-url", ""
    yield "POST", "/mlflow/artifacts/presigned-download-url", ""
    head = "/mlflow-artifacts"
    yield "GET", f"{head}/artifacts", f"?path=ExperimentRun/dcid.{bo.run}"
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        yield method, f"{head}/artifacts/{{path}}", ""
    for word in ("create", "complete", "abort"):
        yield "POST", f"{head}/mpu/{word}/{{path}}", ""
    yield "GET", f"{head}/presigned/{{path}}", ""


def _blob(bo: Bo, address: Address) -> Case:
    path, _, words = address.path.partition("?")
    level = ("service", "container", "blob")[path.count("/{") - 1]
    row = _BLOB.get((level, address.method, words), _Blob())
    # What is made and removed is a container of its own.
    own = level == "container" and (address.method, words) in _MADE
    path = path.replace("{account}", f"st{A.mark}").replace("{blob}", f"numbat/{row.name}")
    path = path.replace("{container}", "numbat-made" if own else bo.container)
    query = "&".join(part for part in (words, row.query) if part)
    target = f"{path}?{query}" if query else path
    body = row.body and row.body.replace(b"CONTAINER", bo.container.encode())
    return Case(Request(address.method, target, body, row.headers), row.status)


_MADE = (("PUT", "restype=container"), ("DELETE", "restype=container"))


class _Blob(msgspec.Struct, frozen=True):
    """What a row of the blob protocol needs beside its address; `name` is below `numbat/`."""

    name: str = "data.csv"
    body: bytes | None = None
    headers: dict[str, str] = {}
    query: str = ""
    status: int = 200


_EXPIRY = datetime.now(UTC) + timedelta(hours=1)
_BLOCK = "blockid=bnVtYmF0"
_PARTS = {"content-type": "multipart/mixed; boundary=b"}
_BATCH = (
    b"--b\r\nContent-Type: application/http\r\nContent-ID: 0\r\n\r\n"
    b"DELETE /CONTAINER/x HTTP/1.1\r\n\r\n\r\n--b--\r\n"
)
_BLOB: dict[tuple[str, str, str], _Blob] = {
    ("service", "PUT", "restype=service&comp=properties"): _Blob(
        body=b"<StorageServiceProperties/>", headers=_XML
    ),
    ("service", "POST", "restype=service&comp=userdelegationkey"): _Blob(
        body=f"<KeyInfo><Expiry>{_EXPIRY:%Y-%m-%dT%H:%M:%SZ}</Expiry></KeyInfo>".encode(),
        headers=_XML,
    ),
    ("service", "POST", "comp=batch"): _Blob(body=_BATCH, headers=_PARTS),
    ("container", "POST", "restype=container&comp=batch"): _Blob(body=_BATCH, headers=_PARTS),
    ("container", "PUT", "restype=container&comp=lease"): _Blob(
        headers={"x-ms-lease-action": "break"}, status=409
    ),
    ("container", "PUT", "restype=container&comp=acl"): _Blob(
        body=b"<SignedIdentifiers/>", headers=_XML
    ),
    ("blob", "PUT", ""): _Blob(
        name="put.csv", body=b"numbat", headers={"x-ms-blob-type": "BlockBlob"}
    ),
    ("blob", "DELETE", ""): _Blob(name="put.csv"),
    ("blob", "PUT", "comp=lease"): _Blob(headers={"x-ms-lease-action": "break"}, status=409),
    ("blob", "PUT", "comp=tier"): _Blob(headers={"x-ms-access-tier": "Cool"}),
    ("blob", "PUT", "comp=copy"): _Blob(query="copyid=numbat", status=409),
    ("blob", "PUT", "comp=block"): _Blob(name="blocks.csv", body=b"numbat", query=_BLOCK),
    ("blob", "PUT", "comp=blocklist"): _Blob(
        name="blocks.csv",
        body=b"<BlockList><Latest>bnVtYmF0</Latest></BlockList>",
        headers=_XML,
    ),
    ("blob", "GET", "comp=blocklist"): _Blob(name="blocks.csv", query="blocklisttype=all"),
    ("blob", "PUT", "comp=appendblock"): _Blob(name="append.log", body=b"numbat"),
    ("blob", "PUT", "comp=tags"): _Blob(
        body=b"<Tags><TagSet><Tag><Key>numbat</Key><Value>1</Value></Tag></TagSet></Tags>",
        headers=_XML,
    ),
}
