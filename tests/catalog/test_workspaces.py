"""Workspaces."""

import pytest

from mlestate.catalog.workspaces import WORKSPACES
from mlestate.core.resource import View
from tests.catalog.faults import faults, show, write
from tests.catalog.golden import EVERY, GROUP, WORKSPACE

STORE, VAULT = EVERY["storage"]["id"], EVERY["vault"]["id"]


def test_a_workspace_has_an_id_of_its_own_for_each_time_it_is_made():
    first = write(WORKSPACE, {}, fresh_id="one")
    assert show(write(WORKSPACE, {}, first, fresh_id="two"))["workspaceId"] == "one"
    assert show(write(WORKSPACE, {}, fresh_id="two"))["workspaceId"] == "two"


def test_a_client_cannot_choose_what_the_server_sets():
    sent = {"workspaceId": "mine", "tenantId": "mine", "discoveryUrl": "https://evil.example"}
    shown = show(write(WORKSPACE, {"properties": sent}, fresh_id="ours"), View(tenant="t1"))
    assert (shown["workspaceId"], shown["tenantId"]) == ("ours", "t1")
    assert shown["discoveryUrl"] == "https://localhost:8443/discovery"


def test_links_follow_the_reader():
    shown = show(write(WORKSPACE, {}), View("https://ml.contoso.example"))
    assert shown["mlFlowTrackingUri"] == f"azureml://ml.contoso.example/mlflow/v1.0{WORKSPACE}"


@pytest.mark.parametrize("kind", ["Hub", "project", "FeatureStore"])
def test_other_kinds_are_refused_by_name(kind: str):
    assert faults(WORKSPACE, {"kind": kind}) == {
        "$.kind": f"`{kind}` is not supported yet; supported: Default"
    }


@pytest.mark.parametrize("kind", ["default", "Default", None])
def test_the_plain_kind_is_taken_in_any_case(kind: str | None):
    assert write(WORKSPACE, {"kind": kind})


def test_references_are_ids_of_the_right_type():
    sent = {"storageAccount": VAULT, "keyVault": "kv", "containerRegistry": GROUP}
    found = faults(WORKSPACE, {"properties": sent})
    assert set(found) == {f"$.properties.{name}" for name in sent}
    assert "`Microsoft.KeyVault/vaults`: one of type" in found["$.properties.storageAccount"]


def test_a_workspace_is_made_with_a_storage_account():
    missing = {"properties": {"storageAccount": None}}
    assert set(faults(WORKSPACE, missing)) == {"$.properties.storageAccount"}
    old = write(WORKSPACE, {})
    assert show(write(WORKSPACE, missing, old))["storageAccount"] == STORE


def test_storage_and_vault_stay_and_case_does_not_count():
    old = write(WORKSPACE, {"properties": {"storageAccount": STORE, "keyVault": VAULT}})
    assert show(write(WORKSPACE, {"properties": {"storageAccount": STORE.upper()}}, old))
    silent = {"properties": {"storageAccount": None}}
    assert show(write(WORKSPACE, silent, old))["keyVault"] == VAULT
    other = f"{STORE}2"
    assert set(faults(WORKSPACE, {"properties": {"storageAccount": other}}, old)) == {
        "$.properties.storageAccount"
    }


def network(mode: str) -> dict[str, object]:
    return {"properties": {"managedNetwork": {"isolationMode": mode}}}


def test_a_network_that_was_closed_is_not_opened_again():
    old = write(WORKSPACE, network("AllowOnlyApprovedOutbound"))
    for mode in ("AllowInternetOutbound", "disabled"):
        assert "$.properties.managedNetwork.isolationMode" in faults(WORKSPACE, network(mode), old)
    assert write(WORKSPACE, network("allowonlyapprovedoutbound"), old)
    assert write(WORKSPACE, network("AllowOnlyApprovedOutbound"), write(WORKSPACE, {}))


def test_only_a_project_has_a_hub():
    assert set(faults(WORKSPACE, {"properties": {"hubResourceId": WORKSPACE}})) == {
        "$.properties.hubResourceId"
    }


def test_diagnosing_is_reading():
    assert WORKSPACES.permission("diagnose").endswith("/workspaces/diagnose/read")
    assert WORKSPACES.permission("listKeys").endswith("/workspaces/listKeys/action")
