"""What is there already, attached through the real SDK; and live data, read and never written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.stage import Stage, bare, client, refused, until
from tests.running import CONTOSO, running

pytestmark = [pytest.mark.timeout(180), pytest.mark.sandbox]

IDS = "/subscriptions/99999999-9999-9999-9999-999999999999/resourceGroups/rg-it/providers"
AKS = f"{IDS}/Microsoft.ContainerService/managedClusters/aks1"
VM = f"{IDS}/Microsoft.Compute/virtualMachines/vm1"
CLAIMS = "claims"
# Exploration points at what production holds, and at machines of others.
POINTERS = f"""\
    overrides:
      explore:
        datastores:
          {CLAIMS}: {{blob: {{account: fraud/prod, container: claims}}}}
          feed: {{adlsGen2: {{account: contosofeed, filesystem: raw}}, live: true}}
        computes:
          aks: {{kubernetes: {AKS}, namespace: ml}}
          ray: {{ray: "ray://head.contoso.example:10001"}}
"""


def pointing() -> str:
    text = CONTOSO.read_text()
    text = text.replace("release: release-bot", "release: [release-bot, mia]", 1)
    for old, new in (
        (
            "  prod:\n    subscription: prod\n",
            "  prod:\n    subscription: prod\n    live: [ml-engineer]\n",
        ),
        ("    costcenter: RD-001\n", f"    costcenter: RD-001\n{POINTERS}"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("sdk")
    (folder / "estate.yaml").write_text(pointing())
    with running(folder / "data", folder / "estate.yaml") as estate:
        Stage(estate, "mlw-fraud-prod").play("mia", fill)
        one = Stage(estate)
        one.play("pat", attach_for_reading)
        yield one


def fill() -> None:
    """Production writes its own data, by a role on the account."""
    from azure.identity import DefaultAzureCredential
    from azure.storage.blob import ContainerClient

    store = client().datastores.get_default()
    container = ContainerClient(
        f"https://{store.account_name}.blob.core.windows.net", CLAIMS, DefaultAzureCredential()
    )
    container.create_container()
    container.upload_blob("2026/claims.csv", b"claim,1\n")


def attach_for_reading() -> None:
    """What is on a live account is held to reading, also where nobody said so."""
    from azure.ai.ml.entities import AzureBlobDatastore, SasTokenConfiguration

    ml = client()
    ml.environments.create_or_update(bare())
    place = {"account_name": ml.datastores.get(CLAIMS).account_name, "container_name": CLAIMS}
    sas = SasTokenConfiguration(sas_token="the estate makes its own")
    made = ml.datastores.create_or_update(
        AzureBlobDatastore(name="signed", credentials=sas, **place)
    )
    assert made.tags == {"access": "read"}


def test_what_the_file_points_at_is_there_and_planned_no_more(stage: Stage):
    stage.play("ana", see)
    said = stage.estate.mlestate("plan", str(stage.estate.file))
    assert "nothing to do" in said


def see() -> None:
    ml = client()
    claims, feed = ml.datastores.get(CLAIMS), ml.datastores.get("feed")
    assert (claims.tags, claims.container_name) == ({"access": "read"}, CLAIMS)
    assert feed.tags == {"access": "read", "live": "true"}
    assert (type(feed).__name__, feed.filesystem) == ("AzureDataLakeGen2Datastore", "raw")
    assert ml.compute.get("aks").resource_id == AKS
    assert ml.compute.get("aks").namespace == "ml"


def test_live_data_is_read_through_a_datastore_and_not_written(stage: Stage):
    stage.play("ana", read_and_not_write)


def read_and_not_write() -> None:
    from azure.ai.ml.entities import Data
    from azure.core.exceptions import HttpResponseError
    from azure.storage.blob import ContainerClient

    ml = client()
    store = ml.datastores.get("signed", include_secrets=True)
    address = f"https://{store.account_name}.blob.core.windows.net/{CLAIMS}"
    container = ContainerClient.from_container_url(f"{address}?{store.credentials.sas_token}")
    assert [one.name for one in container.list_blobs()] == ["2026/claims.csv"]
    assert container.download_blob("2026/claims.csv").readall() == b"claim,1\n"
    with pytest.raises(HttpResponseError, match="its datastore is read-only"):
        container.upload_blob("2026/claims.csv", b"mine", overwrite=True)
    file = Path(tempfile.mkdtemp()) / "mine.csv"
    file.write_text("mine")
    upload = Data(name="mine", path=str(file), type="uri_file", datastore="signed")
    with pytest.raises(Exception, match="read-only"):
        ml.data.create_or_update(upload)
    assert len(list(container.list_blobs())) == 1


def test_a_job_reads_live_data_and_one_that_would_write_it_is_refused(stage: Stage):
    stage.play("ana", train)


def train() -> None:
    from azure.ai.ml import Input, Output, command

    ml = client()
    said: dict[str, Any] = {"environment": "azureml:bare:1", "compute": "cpu-cluster"}
    folder = "azureml://datastores/signed/paths/2026/"
    for out in (folder, f"azureml://datastores/{CLAIMS}/paths/out/"):
        output = Output(type="uri_folder", path=out)
        wanted = command(command="echo ${{outputs.o}}", outputs={"o": output}, **said)
        status, text = refused(lambda one=wanted: ml.jobs.create_or_update(one))
        assert (status, "is read-only, since its tags say so" in text) == (403, True), text
    data = {"i": Input(type="uri_folder", path=folder)}
    job = ml.jobs.create_or_update(
        command(command="grep claim,1 ${{inputs.i}}/claims.csv", inputs=data, **said)
    )
    assert until(ml, job.name).status == "Completed"


def test_computes_are_attached_listed_and_detached(stage: Stage):
    stage.play("pat", attach_and_detach)


def attach_and_detach() -> None:
    from azure.ai.ml.entities import (
        KubernetesCompute,
        VirtualMachineCompute,
        VirtualMachineSshSettings,
    )

    ml = client()
    ssh = VirtualMachineSshSettings(admin_username="me", admin_password="hunter2")
    machine = VirtualMachineCompute(name="box", resource_id=VM, ssh_settings=ssh)
    found = ml.compute.begin_attach(machine).result()
    assert (found.provisioning_state, found.resource_id) == ("Succeeded", VM)
    assert ml.compute.get("box").ssh_settings.admin_password is None
    second = KubernetesCompute(name="aks-two", resource_id=AKS, namespace="two")
    assert ml.compute.begin_attach(second).result().namespace == "two"
    names = {one.name: one.type for one in ml.compute.list()}
    assert names == {
        "cpu-cluster": "amlcompute",
        "aks": "kubernetes",
        "aks-two": "kubernetes",
        "box": "virtualmachine",
        # A type that is ours: the SDK shows what it does not know.
        "ray": "*** unsupported compute type ***",
    }
    status, text = refused(lambda: ml.compute.begin_delete("box").result())
    assert (status, "underlyingResourceAction=Detach" in text) == (400, True), text
    for name in ("box", "aks-two"):
        ml.compute.begin_delete(name, action="Detach").result()
        assert refused(lambda one=name: ml.compute.get(one))[0] == 404
    status, text = refused(lambda: ml.compute.begin_delete("cpu-cluster", action="Detach").result())
    assert (status, "delete it with" in text) == (400, True), text


def test_a_job_on_an_attached_compute_is_refused_with_what_to_do(stage: Stage):
    stage.play("ana", send_to_attached)


def send_to_attached() -> None:
    from azure.ai.ml import command

    ml = client()
    for name in ("aks", "ray"):
        wanted = command(command="true", environment="azureml:bare:1", compute=name)
        status, text = refused(lambda one=wanted: ml.jobs.create_or_update(one))
        assert (status, f"`{name}` is an attached compute" in text) == (409, True), text
        assert "name a cluster of the workspace" in text


def test_every_kind_of_storage_is_attached_through_the_sdk(stage: Stage):
    stage.play("ana", attach_storage)


def attach_storage() -> None:
    from azure.ai.ml.entities import (
        AccountKeyConfiguration,
        AzureBlobDatastore,
        AzureDataLakeGen1Datastore,
        AzureDataLakeGen2Datastore,
        AzureFileDatastore,
        OneLakeDatastore,
        ServicePrincipalConfiguration,
    )

    ml = client()
    key = AccountKeyConfiguration(account_key="c2VjcmV0")
    bot = ServicePrincipalConfiguration(
        tenant_id="contoso.example", client_id="bot", client_secret="hunter2"
    )
    lake = {"name": "sales", "type": "lake_house"}
    stores = (
        AzureBlobDatastore(name="blob", account_name="foreign", container_name="raw"),
        AzureFileDatastore(
            name="share", account_name="foreign", file_share_name="raw", credentials=key
        ),
        AzureDataLakeGen2Datastore(
            name="gen2", account_name="foreign", filesystem="raw", credentials=bot
        ),
        AzureDataLakeGen1Datastore(name="gen1", store_name="old", credentials=bot),
        OneLakeDatastore(name="one", artifact=lake, one_lake_workspace_name="w", credentials=bot),
    )
    for store in stores:
        ml.datastores.create_or_update(store)
        assert ml.datastores.get(store.name).type == store.type
    read = ml.datastores.get("gen2", include_secrets=True)
    assert read.credentials.client_secret == "hunter2"
    live = AzureBlobDatastore(
        name="live",
        account_name="foreign",
        container_name="raw",
        credentials=key,
        tags={"live": "true"},
    )
    status, text = refused(lambda: ml.datastores.create_or_update(live))
    assert (status, "an account key opens all of the account for writing" in text) == (400, True)
    for store in stores:
        ml.datastores.delete(store.name)
