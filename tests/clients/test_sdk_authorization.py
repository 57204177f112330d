"""`azure-mgmt-authorization`, unchanged: roles, assignments, deny assignments, permissions."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.clients.stage import Stage, refused, staged

if TYPE_CHECKING:
    from azure.mgmt.authorization import AuthorizationManagementClient

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
MG = "/providers/Microsoft.Management/managementGroups/estate"
ML = "Microsoft.MachineLearningServices"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory) as stage:
        yield stage


def object_id(stage: Stage, kind: str, name: str) -> str:
    said = json.loads(stage.estate.mlestate("get", kind, name, "--output", "json"))
    return str(said["objectId"])


def test_roles_and_their_assignments(stage: Stage):
    ana, group = object_id(stage, "user", "ana"), object_id(stage, "group", "claims-science")
    stage.play("pat", _roles, ana, group)


def test_deny_assignments_and_permissions(stage: Stage, tmp_path: Path):
    denied = {"permissions": [{"actions": [f"{ML}/workspaces/computes/write"]}]}
    body = tmp_path / "denial.json"
    body.write_text(json.dumps({"properties": denied}))
    variables = stage.estate.variables("pat", stage.workspace)
    group = f"/subscriptions/{variables['AZURE_SUBSCRIPTION_ID']}/resourceGroups/rg-rnd-explore"
    id = f"{group}/providers/Mlestate.Organization/denials/no-clusters"
    stage.estate.mlestate("put", "denial", id, "--file", str(body))
    stage.play("pat", _denied)
    stage.estate.mlestate("delete", "denial", id)
    stage.play("pat", _not_denied)


# What is played


def _client() -> AuthorizationManagementClient:
    from azure.identity import DefaultAzureCredential
    from azure.mgmt.authorization import AuthorizationManagementClient

    return AuthorizationManagementClient(
        DefaultAzureCredential(),
        os.environ["AZURE_SUBSCRIPTION_ID"],
        base_url=os.environ["ARM_CLOUD_METADATA_URL"].partition("/metadata/")[0],
    )


def _scopes() -> tuple[str, str]:
    subscription = f"/subscriptions/{os.environ['AZURE_SUBSCRIPTION_ID']}"
    return subscription, f"{subscription}/resourceGroups/{os.environ['AZURE_RESOURCE_GROUP']}"


def _roles(ana: str, science: str) -> None:
    client = _client()
    subscription, group = _scopes()
    definitions, assignments = client.role_definitions, client.role_assignments
    guid = str(uuid.uuid4())
    said = {
        "role_name": "Job reader",
        "permissions": [{"actions": [f"{ML}/workspaces/*/read"], "not_actions": []}],
        "assignable_scopes": [subscription],
    }
    made = definitions.create_or_update(subscription, guid, said)
    assert made.role_type == "CustomRole"
    assert definitions.get(group, guid).id == definitions.get_by_id(made.id).id == made.id
    [found] = definitions.list(group, filter="roleName eq 'Job reader'")
    assert found.permissions[0].actions == [f"{ML}/workspaces/*/read"]
    [reader] = definitions.list(group, filter="roleName eq 'Reader'")
    assert (reader.name, reader.role_type) == (READER, "BuiltInRole")
    kind = "/providers/Microsoft.Authorization/roleDefinitions"
    assert reader.id == definitions.get_by_id(reader.id).id == f"{subscription}{kind}/{READER}"

    name = str(uuid.uuid4())
    wanted = {"role_definition_id": made.id, "principal_id": ana, "principal_type": "User"}
    given = assignments.create(group, name, wanted)
    assert (given.scope, given.principal_type) == (group, "User")
    assert given.created_on.tzinfo is not None
    assert assignments.get(group, name).id == assignments.get_by_id(given.id).id == given.id
    status, text = refused(lambda: assignments.create(group, str(uuid.uuid4()), wanted))
    assert (status, "RoleAssignmentExists" in text) == (409, True)
    status, text = refused(lambda: definitions.delete(subscription, guid))
    assert (status, "RoleDefinitionHasAssignments" in text) == (409, True)

    shared = f"{subscription}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
    reads = {"role_definition_id": f"{kind}/{READER}", "principal_id": science}
    made_so = assignments.create_by_id(shared, reads)
    assert (made_so.principal_type, made_so.role_definition_id) == ("Group", reader.id)
    mine = f"assignedTo('{ana}')"
    held = {one.id for one in assignments.list_for_subscription(filter=mine)}
    assert {given.id, shared} <= held
    held = {one.id for one in assignments.list_for_scope(group, filter=f"principalId eq '{ana}'")}
    assert given.id in held
    assert shared not in held
    at = {one.id for one in assignments.list_for_scope(group, filter="atScope()")}
    assert {given.id, shared} <= at
    in_group = assignments.list_for_resource_group(os.environ["AZURE_RESOURCE_GROUP"])
    assert given.id in {one.id for one in in_group}

    assert assignments.delete(group, name).id == given.id
    assert assignments.delete(group, name) is None
    assert assignments.delete_by_id(shared).id == shared
    assert definitions.delete(subscription, guid).id == made.id
    status, text = refused(lambda: assignments.create(MG, str(uuid.uuid4()), reads))
    assert (status, "AuthorizationFailed" in text) == (403, True)


def _denied() -> None:
    client = _client()
    _, group = _scopes()
    name = os.environ["AZURE_RESOURCE_GROUP"]
    [found] = client.deny_assignments.list_for_resource_group(name, filter="atScope()")
    assert (found.deny_assignment_name, found.is_system_protected) == ("no-clusters", True)
    assert (found.scope, found.principals[0].type) == (group, "SystemDefined")
    assert found.permissions[0].actions == [f"{ML}/workspaces/computes/write"]
    assert client.deny_assignments.get(group, found.name).id == found.id
    assert client.deny_assignments.get_by_id(found.id).name == found.name
    assert [one.id for one in client.deny_assignments.list_for_scope(group)] == [found.id]
    assert [one.id for one in client.deny_assignments.list()] == [found.id]
    [may] = client.permissions.list_for_resource_group(name)
    assert may.actions == ["*"]
    assert f"{ML}/workspaces/computes/write" in may.not_actions
    space = os.environ["AZURE_ML_WORKSPACE"]
    here = client.permissions.list_for_resource(name, ML, "", "workspaces", space)
    assert [one.actions for one in here] == [["*"]]


def _not_denied() -> None:
    assert list(_client().deny_assignments.list()) == []
