"""Workspaces and connections through the real SDK, as an administrator and as a data scientist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients.stage import WORKSPACE, Stage, client, refused, staged

pytestmark = pytest.mark.timeout(180)
NEW = "mlw-sdk-new"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory) as one:
        yield one


def test_an_administrator_changes_a_workspace_and_asks_for_its_keys(stage: Stage):
    stage.play("pat", change)


def change() -> None:
    ml = client()
    found = ml.workspaces.get(WORKSPACE)
    tags = {**found.tags, "step": "two"}
    changed = ml.workspaces.begin_update(
        found, description="d", display_name="friendly", tags=tags
    ).result()
    assert (changed.description, changed.display_name) == ("d", "friendly")
    assert changed.tags == tags
    assert WORKSPACE in [one.name for one in ml.workspaces.list()]
    assert len(list(ml.workspaces.list(scope="subscription"))) == 7
    keys = ml.workspaces.get_keys(WORKSPACE)
    assert keys.user_storage_key
    assert keys.user_storage_resource_id == found.storage_account
    assert ml.workspaces.begin_sync_keys(WORKSPACE).result() is None
    assert ml.workspaces.begin_diagnose(WORKSPACE).result().storage_account_results == []


def test_a_data_scientist_sees_a_workspace_and_changes_nothing_of_it(stage: Stage):
    stage.play("ana", look)


def look() -> None:
    ml = client()
    found = ml.workspaces.get(WORKSPACE)
    for work in (
        lambda: ml.workspaces.begin_update(found, description="mine"),
        lambda: ml.workspaces.get_keys(WORKSPACE),
        lambda: ml.workspaces.begin_delete(WORKSPACE, delete_dependent_resources=False),
    ):
        status, text = refused(work)
        assert (status, "AuthorizationFailed" in text) == (403, True), text


def test_a_workspace_is_made_by_put_diagnosed_and_deleted_with_what_it_stands_on(stage: Stage):
    stage.play("pat", make_and_delete)


def make_and_delete() -> None:
    ml = client()
    made = _made(ml)
    assert ml.workspaces.get(NEW).storage_account == made["account"]
    # An account without shared keys has none to give, and the rest is answered all the same.
    assert ml.workspaces.get_keys(NEW).user_storage_key is None
    _ask(ml, "DELETE", made["account"])
    [fault] = ml.workspaces.begin_diagnose(NEW).result().storage_account_results
    assert "not there any more" in fault.message
    _made(ml)
    ml.workspaces.begin_delete(NEW, delete_dependent_resources=True).result()
    assert [_ask(ml, "GET", id).status_code for id in made.values()] == [404, 404]


def test_a_workspace_is_deleted_without_what_it_stands_on(stage: Stage):
    stage.play("pat", delete_alone)


def delete_alone() -> None:
    ml = client()
    made = _made(ml)
    ml.workspaces.begin_delete(NEW, delete_dependent_resources=False).result()
    assert [_ask(ml, "GET", id).status_code for id in made.values()] == [200, 404]


def test_the_creation_by_template_is_refused_with_what_to_do(stage: Stage):
    stage.play("pat", create_by_template)


def create_by_template() -> None:
    from azure.ai.ml.entities import Workspace

    ml = client()
    wanted = Workspace(name="mlw-by-template", location="westeurope")
    status, text = refused(lambda: ml.workspaces.begin_create(wanted).result())
    assert status == 404
    assert "Template deployments" in text
    assert "mlestate put" in text


def test_connections_keep_their_keys_until_they_are_asked_for(stage: Stage):
    stage.play("ana", connect)


def connect() -> None:
    from azure.ai.ml.entities import ApiKeyConfiguration, WorkspaceConnection

    ml = client()
    key = ApiKeyConfiguration(key="s3cret")
    target = "https://service.example"
    ml.connections.create_or_update(
        WorkspaceConnection(name="keyed", type="api_key", target=target, credentials=key)
    )
    assert [one.name for one in ml.connections.list(connection_type="api_key")] == ["keyed"]
    assert ml.connections.get("keyed").credentials.key is None
    assert ml.connections.get("keyed", populate_secrets=True).credentials.key == "s3cret"
    ml.connections.delete("keyed")
    assert refused(lambda: ml.connections.get("keyed"))[0] == 404


def _made(ml: Any) -> dict[str, str]:
    """A workspace by plain PUTs, as scripts make it; its ids."""
    group = f"/subscriptions/{ml.subscription_id}/resourceGroups/{ml.resource_group_name}/providers"
    account = f"{group}/Microsoft.Storage/storageAccounts/stsdknew"
    workspace = f"{group}/Microsoft.MachineLearningServices/workspaces/{NEW}"
    place = {"location": "westeurope"}
    storage = {"kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {}}
    said = {"properties": {"storageAccount": account}}
    for id, body in ((account, storage), (workspace, said)):
        answer = _ask(ml, "PUT", id, {**place, **body})
        assert answer.status_code in (200, 201), answer.text
    return {"account": account, "workspace": workspace}


def _ask(ml: Any, method: str, id: str, body: Any = None) -> Any:
    import os

    import requests

    token = ml._credential.get_token("https://management.azure.com/.default").token
    headers = {"Authorization": f"Bearer {token}"}
    address = f"{os.environ['AZURE_AUTHORITY_HOST']}{id}"
    return requests.request(method, address, json=body, headers=headers, timeout=30)
