"""Attached computes: pointers that are made and let go of, and run nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access.asking import REGION, Request
from tests.access.two_workspaces import CONTRIBUTOR, SUBSCRIPTION, A, Two

BOX = f"{A.workspace}/computes/box"
CLUSTER = f"{A.workspace}/computes/numbat-cpu"
AKS = f"{A.group}/providers/Microsoft.ContainerService/managedClusters/aks1"
KINDS: dict[str, dict[str, Any]] = {
    "Kubernetes": {"resourceId": AKS, "properties": {"namespace": "ml"}},
    "VirtualMachine": {
        "resourceId": f"{A.group}/providers/Microsoft.Compute/virtualMachines/vm1",
    },
    "Databricks": {"resourceId": f"{A.group}/providers/Microsoft.Databricks/workspaces/dbx"},
    "Ray": {"properties": {"address": "ray://head.contoso.example:10001"}},
}


def attach(two: Two, kind: str) -> None:
    said = {"computeType": kind, **KINDS[kind]}
    two.put(BOX, {"location": REGION, "properties": said})


def delete(two: Two, id: str, action: str = "") -> tuple[int, str]:
    query = f"?underlyingResourceAction={action}&api-version=2025-12-01" if action else ""
    answer = two.ask("admin", Request("DELETE", f"{id}{query}"))
    two.work()
    return answer.status, answer.code


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_attached_shown_and_detached(fresh: Two, kind: str):
    attach(fresh, kind)
    shown = fresh.get("bo", BOX).json()["properties"]
    assert (shown["provisioningState"], shown["isAttachedCompute"]) == ("Succeeded", True)
    assert shown["computeType"] == kind
    assert delete(fresh, BOX, "Detach") == (202, "")
    assert fresh.get("bo", BOX).status == 404


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_sent_to_it_is_refused_and_does_not_wait(fresh: Two, kind: str):
    attach(fresh, kind)
    environment = f"{A.workspace}/environments/own/versions/1"
    fresh.put(environment, {"properties": {"image": "docker.io/python:3"}}, "bo")
    job = {"jobType": "Command", "command": "echo", "environmentId": "own:1", "computeId": BOX}
    answer = fresh.ask("bo", Request("PUT", f"{A.workspace}/jobs/j1", {"properties": job}))
    assert (answer.status, answer.code) == (409, "ComputeTypeNotSupported")
    said = answer.json()["error"]
    assert said["target"] == "$.properties.computeId"
    assert f"`box` is an attached compute of type {kind}" in said["message"]


def test_what_was_attached_is_not_the_estates_to_delete(fresh: Two):
    attach(fresh, "Kubernetes")
    assert delete(fresh, BOX, "Delete") == (400, "ComputeNotManaged")
    assert delete(fresh, BOX, "Explode")[0] == 400
    assert fresh.get("bo", BOX).status == 200
    assert delete(fresh, BOX) == (202, "")


def test_a_cluster_is_deleted_and_not_detached(fresh: Two):
    assert delete(fresh, CLUSTER, "Detach") == (400, "ComputeManaged")
    assert fresh.get("bo", CLUSTER).status == 200


def test_its_nodes_and_cores_are_not_counted_here(fresh: Two):
    attach(fresh, "VirtualMachine")
    nodes = fresh.ask("bo", Request("POST", f"{BOX}/listNodes"))
    assert (nodes.status, nodes.code) == (409, "ComputeNotManaged")
    home = f"{A.group.partition('/resourceGroups')[0]}/providers/"
    usages = f"{home}Microsoft.MachineLearningServices/locations/{REGION}/usages"
    assert fresh.get("admin", usages).status == 200


def test_it_goes_with_its_workspace(fresh: Two):
    attach(fresh, "Ray")
    fresh.made("admin", Request("DELETE", A.workspace))
    fresh.work()
    assert fresh.get("admin", BOX).status == 404


VAULT = f"{A.group}/providers/Microsoft.KeyVault/vaults/kv-quokka"
ELSEWHERE = VAULT.replace("1111", "9999")


def vault_connection(target: str) -> dict[str, Any]:
    said = {"category": "AzureKeyVault", "authType": "AAD", "target": target}
    return {"properties": said}


class TestKeyVaults:
    def test_a_workspace_is_made_with_a_vault_of_another_subscription(self, fresh: Two):
        id = A.workspace.replace("mlw-quokka", "mlw-numbat")
        said = {"storageAccount": A.account, "keyVault": ELSEWHERE}
        fresh.put(id, {"location": REGION, "properties": said})
        assert fresh.get("admin", id).json()["properties"]["keyVault"] == ELSEWHERE

    def test_two_workspaces_share_a_vault_of_the_estate(self, fresh: Two):
        id = A.workspace.replace("mlw-quokka", "mlw-numbat")
        said = {"storageAccount": A.account, "keyVault": VAULT}
        fresh.put(id, {"location": REGION, "properties": said})
        gone = {**said, "keyVault": VAULT.replace("kv-quokka", "kv-dingo")}
        answer = fresh.ask(
            "admin",
            Request("PUT", f"{id}2", {"location": REGION, "properties": gone}),
        )
        assert (answer.status, answer.code) == (404, "LinkedResourceNotFound")

    def test_a_connection_points_to_a_vault_that_its_maker_may_read(self, fresh: Two):
        id = f"{A.workspace}/connections/vault"
        assert fresh.ask("bo", Request("PUT", id, vault_connection(VAULT))).status == 403
        fresh.put(id, vault_connection(VAULT))
        fresh.put(f"{id}2", vault_connection(ELSEWHERE), "bo")
        absent = vault_connection(VAULT.replace("kv-quokka", "kv-dingo"))
        answer = fresh.ask("admin", Request("PUT", f"{id}3", absent))
        assert (answer.status, answer.code) == (404, "LinkedResourceNotFound")

    @pytest.mark.parametrize("who", ["bo", "stranger"])
    def test_which_subscriptions_there_are_is_not_told_by_a_vault(self, fresh: Two, who: str):
        """The one that is there is not theirs, and they are told nothing of it."""
        there = "/subscriptions/22222222-2222-2222-2222-222222222222"
        fresh.put(there, {"properties": {"displayName": "second"}})
        fresh.grant(A.group, CONTRIBUTOR, fresh.ids[who])
        standing = {"location": REGION, "properties": {"storageAccount": A.account}}
        for i, subscription in enumerate((there, there.replace("2", "3"))):
            vault = VAULT.replace(SUBSCRIPTION, subscription)
            id = f"{A.workspace}/connections/vault-{i}"
            assert fresh.ask(who, Request("PUT", id, vault_connection(vault))).status == 200
            standing["properties"] = {"storageAccount": A.account, "keyVault": vault}
            workspace = A.workspace.replace("mlw-quokka", f"mlw-{i}")
            assert fresh.ask(who, Request("PUT", workspace, standing)).status == 200
            fresh.work()
            found = fresh.made(who, Request("POST", f"{workspace}/diagnose", {}))
            assert vault not in found.text
        gone = vault_connection(VAULT.replace(SUBSCRIPTION, there))
        answer = fresh.ask("admin", Request("PUT", f"{A.workspace}/connections/vault", gone))
        assert (answer.status, answer.code) == (404, "LinkedResourceNotFound")
