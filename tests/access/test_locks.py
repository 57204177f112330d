"""What a lock on a workspace refuses, and what goes on in it: the control plane alone is locked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access.asking import REGION, Request
from tests.access.two_workspaces import AUTHORIZATION, BLOB_OWNER, JSON, B, Two, assigned

PUT_BLOB = {"x-ms-blob-type": "BlockBlob"}


def lock(two: Two, scope: str, level: str, name: str = "keep") -> str:
    id = f"{scope}/providers/{AUTHORIZATION}/locks/{name}"
    two.made("admin", Request("PUT", id, {"properties": {"level": level}}))
    return id


@pytest.fixture
def frozen(fresh: Two) -> Two:
    """Eve's workspace and its account, read-only, with an experiment in it."""
    experiment = fresh.mlflow("eve", B, "experiments/create", {"name": "before"})["experiment_id"]
    fresh.bo.old_experiment = experiment
    lock(fresh, B.workspace, "ReadOnly")
    lock(fresh, B.account, "ReadOnly")
    return fresh


def test_nothing_is_written_through_the_control_plane(frozen: Two):
    bodies: list[tuple[str, str, str, Any]] = [
        ("eve", "PUT", f"{B.workspace}/data/d/versions/1",
         {"properties": {"dataType": "uri_file", "dataUri": "azureml://datastores/x/paths/y"}}),
        ("eve", "PUT", f"{B.workspace}/environments/e/versions/1", {"properties": {"image": "x"}}),
        ("admin", "PATCH", B.workspace, {"tags": {"a": "b"}}),
        ("admin", "PATCH", B.account, {"tags": {"a": "b"}}),
        ("admin", "POST", f"{B.account}/listKeys", {}),
        ("eve", "POST", f"{B.workspace}/datastores/workspaceblobstore/listSecrets", {}),
        ("admin", "DELETE", B.workspace, None),
        ("admin", "DELETE", B.group, None),
        ("admin", "PUT", f"{B.workspace}/computes/c", {"location": REGION, "properties": {}}),
        ("admin", "PUT", f"{B.account}/providers/{AUTHORIZATION}/roleAssignments/{'1' * 8}-1111-"
         "1111-1111-111111111111", {"properties": assigned(BLOB_OWNER, frozen.ids["stranger"])}),
    ]  # fmt: skip
    for who, method, target, body in bodies:
        answer = frozen.ask(who, Request(method, target, body))
        assert (answer.status, answer.code) == (409, "ScopeLocked"), f"{target}: {answer.text}"


def test_data_is_written_all_the_same(frozen: Two):
    experiment = frozen.bo.old_experiment
    run = frozen.mlflow("eve", B, "runs/create", {"experiment_id": experiment})["run"]["info"]
    metric = {"key": "loss", "value": 1.0, "timestamp": 1, "step": 1}
    frozen.mlflow("eve", B, "runs/log-batch", {"run_id": run["run_id"], "metrics": [metric]})
    container = frozen.container_of("eve", B)
    target = f"{B.blobs}/{container}/a.csv"
    assert frozen.ask("eve", Request("PUT", target, b"a", PUT_BLOB)).status == 201
    assert frozen.ask("eve", Request("DELETE", target)).status == 202
    made = Request("PUT", f"{B.blobs}/new?restype=container")
    assert frozen.ask("eve", made).status == 201


def test_a_registered_model_is_a_resource_and_locked_with_its_workspace(frozen: Two):
    target = f"{B.mlflow}/mlflow/registered-models/create"
    answer = frozen.ask("eve", Request("POST", target, {"name": "m"}, JSON))
    assert answer.status in (400, 409), answer.text
    assert "Please remove the lock and try again." in answer.text


def test_who_may_not_read_it_is_not_told_of_the_lock(frozen: Two):
    for method in ("PUT", "PATCH", "DELETE"):
        answer = frozen.ask("stranger", Request(method, B.workspace, {}))
        assert (answer.status, answer.code) == (403, "AuthorizationFailed")
        assert "lock" not in answer.text.lower()
