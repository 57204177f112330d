"""The registry's refusals, and naming a workspace by header; all over the real addresses."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlestate.api.mlflow import MlflowApp
from mlestate.store.tracking import open_tracking
from tests.house import BLUE, RED, Answer, app, ask


@pytest.fixture
def house(tmp_path: Path) -> Iterator[MlflowApp]:
    store = open_tracking(str(tmp_path / "tracking.db"))
    yield app(store, tmp_path / "artifacts")
    store.close()


def post(house: MlflowApp, path: str, body: Any, workspace: Any = RED, who: str = "both") -> Answer:
    address = f"/mlflow/v3.0{workspace.id}/api/2.0/mlflow/{path}"
    return asyncio.run(ask(house, "POST", address, body=body, who=who))


@pytest.mark.parametrize(
    "source",
    [
        "",
        "/etc/passwd",
        "file:///etc/passwd",
        "FILE:/etc",
        "relative/path",
        "mlflow-artifacts:/ExperimentRun/../x",
        "mlflow-artifacts:/ExperimentRun/%2e%2e/x",
        "https://host/a/%252e%252e/b",
        "mlflow-artifacts:/a\\b",
    ],
)
def test_a_source_is_no_local_file_and_no_detour(house: MlflowApp, source: str) -> None:
    assert post(house, "registered-models/create", {"name": "cats"}).status == 200
    answer = post(house, "model-versions/create", {"name": "cats", "source": source})
    assert (answer.status, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_a_source_names_nothing_of_another_workspace(house: MlflowApp) -> None:
    run = post(house, "runs/create", {}).json()["run"]["info"]["run_id"]
    made = post(house, "logged-models", {"experiment_id": "0"}).json()
    model = made["model"]["info"]["model_id"]
    sources = [
        f"runs:/{run}/model",
        f"mlflow-artifacts:/ExperimentRun/dcid.{run}/model",
        f"models:/{model}",
        "models:/dogs/1",
    ]
    for workspace in (RED, BLUE):
        assert post(house, "registered-models/create", {"name": "cats"}, workspace).status == 200
    assert post(house, "registered-models/create", {"name": "dogs"}).status == 200
    first = {"name": "dogs", "source": sources[0]}
    assert post(house, "model-versions/create", first).status == 200
    for source in sources:
        body = {"name": "cats", "source": source}
        assert post(house, "model-versions/create", body, BLUE).status == 404
        assert post(house, "model-versions/create", body, RED).status == 200


@pytest.mark.parametrize("alias", ["latest", "v3", "V12", "a b", "", "x" * 256])
def test_some_aliases_are_reserved_or_no_names(house: MlflowApp, alias: str) -> None:
    post(house, "registered-models/create", {"name": "cats"})
    body = {"name": "cats", "alias": alias, "version": "1"}
    assert post(house, "registered-models/alias", body).status == 400


def test_a_model_is_made_once_and_needs_a_name(house: MlflowApp) -> None:
    for name, status in (("cats", 200), ("cats", 400), ("a/b", 400), (" ", 400), (None, 400)):
        assert post(house, "registered-models/create", {"name": name}).status == status


def by_name(house: MlflowApp, name: str, who: str) -> Answer:
    headers = [(b"x-mlflow-workspace", name.encode())] if name else []
    path = "/mlflow/api/2.0/mlflow/experiments/search"
    return asyncio.run(ask(house, "POST", path, who=who, headers=headers))


def test_a_workspace_is_named_by_its_name_or_its_id(house: MlflowApp) -> None:
    assert by_name(house, "red", "rita").json()["experiments"][0]["name"] == "Default"
    assert by_name(house, RED.id, "rita").status == 200
    assert by_name(house, "", "rita").status == 400


def test_a_name_one_may_not_use_is_as_good_as_none(house: MlflowApp) -> None:
    refused, unknown = by_name(house, "blue", "rita"), by_name(house, "bluf", "rita")
    assert refused.status == unknown.status == 403
    assert refused.body.replace(b"blue", b"bluf") == unknown.body
    assert by_name(house, BLUE.id, "rita").status == 403


def test_the_server_says_that_it_has_workspaces(house: MlflowApp) -> None:
    path = "/mlflow/api/3.0/mlflow/server-info"
    assert asyncio.run(ask(house, "GET", path)).json()["workspaces_enabled"] is True
    assert asyncio.run(ask(house, "GET", path, who="")).status == 401
