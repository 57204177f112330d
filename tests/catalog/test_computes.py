"""Clusters."""

from typing import Any

import pytest

from mlestate.catalog.computes import COMPUTES
from tests.catalog.faults import faults, show, write
from tests.catalog.golden import GROUP, WORKSPACE

CPU = f"{WORKSPACE}/computes/cpu"


def cluster(scale: dict[str, Any] | None = None, **inner: Any) -> dict[str, Any]:
    machines = {"vmSize": "Standard_DS3_v2", **inner}
    if scale is not None:
        machines["scaleSettings"] = scale
    return {"properties": {"computeType": "AmlCompute", "properties": machines}}


@pytest.mark.parametrize("size", ["Standard_DS3_v2", "STANDARD_DS3_V2", "standard_ds3_v2"])
def test_a_size_is_known_in_any_case(size: str):
    assert show(write(CPU, cluster(vmSize=size)))["properties"]["vmSize"] == size


def test_every_fault_of_a_cluster_is_told():
    scale = {"minNodeCount": 5, "maxNodeCount": 2, "nodeIdleTimeBeforeScaleDown": "soon"}
    found = faults(CPU, cluster(scale, vmSize="Standard_Potato", osType="windows"))
    inner = "$.properties.properties"
    assert set(found) == {
        f"{inner}.vmSize",
        f"{inner}.osType",
        f"{inner}.scaleSettings.minNodeCount",
        f"{inner}.scaleSettings.nodeIdleTimeBeforeScaleDown",
    }
    assert "5 nodes at least are more than 2" in found[f"{inner}.scaleSettings.minNodeCount"]


def test_a_cluster_begins_with_nothing_running():
    shown = show(write(CPU, cluster({"maxNodeCount": 3})))["properties"]
    assert shown["scaleSettings"] == {
        "minNodeCount": 0,
        "maxNodeCount": 3,
        "nodeIdleTimeBeforeScaleDown": "PT120S",
    }
    assert (shown["allocationState"], shown["currentNodeCount"]) == ("Steady", 0)
    assert (shown["vmPriority"], shown["osType"]) == ("Dedicated", "Linux")


def test_a_write_neither_sets_nor_loses_what_the_machines_are():
    lie = write(CPU, cluster(currentNodeCount=99, nodeStateCounts={"runningNodeCount": 99}))
    assert show(lie)["properties"]["currentNodeCount"] == 0
    truth = {**lie.properties["properties"], "currentNodeCount": 2, "allocationState": "Resizing"}
    running = lie.with_properties(properties=truth)
    shown = show(write(CPU, cluster({"maxNodeCount": 9}), running))["properties"]
    assert (shown["currentNodeCount"], shown["allocationState"]) == (2, "Resizing")
    assert shown["scaleSettings"]["maxNodeCount"] == 9


def test_other_machines_are_another_compute():
    old = write(CPU, cluster())
    found = faults(CPU, cluster(vmSize="Standard_D4s_v3", vmPriority="LowPriority"), old)
    assert set(found) == {
        "$.properties.properties.vmSize",
        "$.properties.properties.vmPriority",
    }
    assert write(CPU, cluster(vmSize="STANDARD_DS3_V2", vmPriority="dedicated"), old)


def test_a_login_password_is_kept_apart():
    account = {"adminUserName": "me", "adminUserPassword": "hunter2"}
    written = write(CPU, cluster(userAccountCredentials=account))
    assert "hunter2" not in str(written.document)


@pytest.mark.parametrize("kind", ["ComputeInstance", "SynapseSpark", "AKS", 7])
def test_other_kinds_are_refused_by_name(kind: Any):
    body = {"properties": {"computeType": kind, "properties": {}}}
    assert faults(CPU, body) == {
        "$.properties.computeType": f"`{kind}` is not supported; supported: `AmlCompute`, "
        "`Kubernetes`, `VirtualMachine`, `Databricks`, `Ray`"
    }


def test_what_needs_a_compute_instance_is_not_offered():
    assert [action.name for action in COMPUTES.actions] == ["listNodes"]


BOX = f"{WORKSPACE}/computes/box"
AKS = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks1"
ARC = f"{GROUP}/providers/Microsoft.Kubernetes/connectedClusters/arc1"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm1"
BRICKS = f"{GROUP}/providers/Microsoft.Databricks/workspaces/dbx1"


def attached(kind: str, target: str | None = None, **inner: Any) -> dict[str, Any]:
    pointed = {"resourceId": target} if target else {}
    return {"properties": {"computeType": kind, **pointed, "properties": inner}}


@pytest.mark.parametrize(
    "body",
    [
        attached("Kubernetes", AKS, namespace="ml"),
        attached("Kubernetes", ARC),
        attached("VirtualMachine", VM, sshPort=22),
        attached("Databricks", BRICKS, workspaceUrl="https://adb-1.azuredatabricks.net"),
        attached("Ray", address="ray://head.contoso.example:10001"),
        attached("Ray", address="https://ray.contoso.example"),
    ],
)
def test_what_is_there_already_is_attached(body: dict[str, Any]):
    shown = show(write(BOX, body))
    assert shown["isAttachedCompute"] is True
    assert shown["properties"] == body["properties"]["properties"]


def test_a_cluster_is_not_attached():
    assert show(write(CPU, cluster()))["isAttachedCompute"] is False


@pytest.mark.parametrize(
    ("body", "place", "words"),
    [
        (attached("Kubernetes"), "resourceId", "needs the id of a `Microsoft.ContainerService"),
        (attached("Kubernetes", VM), "resourceId", "is a `Microsoft.Compute/virtualMachines`"),
        (attached("VirtualMachine", "vm1"), "resourceId", "`vm1` is not the id of a resource"),
        (attached("Kubernetes", AKS, namespace="Not_One"), "properties.namespace", "no namespace"),
        (attached("Ray", address="head"), "properties.address", "write ray://HOST:PORT"),
        (attached("Ray", address="ray://head"), "properties.address", "write ray://HOST:PORT"),
        (attached("Ray", address="ray://h:99999"), "properties.address", "no address of a Ray"),
        (attached("Ray", address="ray://u:p@h:1"), "properties.address", "has no secrets in it"),
    ],
)
def test_a_pointer_to_nothing_is_refused(body: dict[str, Any], place: str, words: str):
    [(where, text)] = faults(BOX, body).items()
    assert where == f"$.properties.{place}"
    assert words in text


def test_the_name_of_an_attached_compute_is_short():
    long = f"{WORKSPACE}/computes/a-very-long-name-1"
    assert "at most 16" in faults(long, attached("VirtualMachine", VM))["name"]


def test_an_attached_compute_points_where_it_did():
    old = write(BOX, attached("Kubernetes", AKS, namespace="ml"))
    assert write(BOX, attached("Kubernetes", AKS.upper(), namespace="ml"), old)
    found = faults(BOX, attached("Kubernetes", ARC, namespace="other"), old)
    assert set(found) == {"$.properties.resourceId", "$.properties.properties.namespace"}


def test_the_secrets_of_an_attached_compute_are_kept_apart():
    account = {"username": "me", "password": "hunter2", "privateKeyData": "hunter3"}
    bricks = attached("Databricks", BRICKS, databricksAccessToken="hunter4")
    machine = attached("VirtualMachine", VM, administratorAccount=account)
    for body in (bricks, machine):
        assert "hunter" not in str(write(BOX, body).document)
