"""Computes and datastores through the real SDK."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients.stage import Stage, bare, client, refused, staged, until

pytestmark = [pytest.mark.timeout(180), pytest.mark.sandbox]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory) as one:
        yield one


def test_a_cluster_grows_with_a_job_is_kept_while_it_runs_and_shrinks_after(stage: Stage):
    stage.play("pat", grow_and_shrink)


def grow_and_shrink() -> None:
    from azure.ai.ml import command
    from azure.ai.ml.entities import AmlCompute

    ml = client()
    ml.environments.create_or_update(bare())
    wanted = AmlCompute(
        name="cpu-small", size="Standard_DS3_v2", max_instances=1, idle_time_before_scale_down=1
    )
    made = ml.compute.begin_create_or_update(wanted).result()
    assert (made.provisioning_state, made.min_instances) == ("Succeeded", 0)
    assert _nodes(ml) == []
    job = ml.jobs.create_or_update(
        command(command="sleep 60", environment="azureml:bare:1", compute="cpu-small")
    )
    until(ml, job.name, "Running")
    assert _nodes(ml) == [("running", job.name)]
    assert _cores(ml) == 4
    status, text = refused(lambda: ml.compute.begin_delete("cpu-small").result())
    assert (status, job.name in text) == (409, True)
    assert ml.compute.get("cpu-small").provisioning_state == "Succeeded"
    ml.jobs.begin_cancel(job.name).result()
    until(ml, job.name, "Canceled")
    end = time.monotonic() + 20
    while _nodes(ml):
        assert time.monotonic() < end, "the idle node was never given back"
        time.sleep(0.3)
    assert _cores(ml) == 0
    ml.compute.begin_delete("cpu-small").result()
    assert refused(lambda: ml.compute.get("cpu-small"))[0] == 404


def _nodes(ml: Any) -> list[tuple[str, str]]:
    # The SDK fills its own attributes under the names of the wire.
    found = [vars(one) for one in ml.compute.list_nodes("cpu-small")]
    return [(one["nodeState"], one["runId"]) for one in found]


def _cores(ml: Any) -> int:
    rows = [vars(one) for one in ml.compute.list_usage()]
    [row] = [one for one in rows if one["name"]["value"] == "standardDSv2Family"]
    assert row["limit"] == 100
    return int(row["currentValue"])


def test_a_clusters_scale_is_changed_and_the_impossible_is_refused(stage: Stage):
    stage.play("pat", scale_and_refuse)


def scale_and_refuse() -> None:
    from azure.ai.ml.entities import AmlCompute, ComputeInstance

    ml = client()
    found = ml.compute.get("cpu-cluster")
    found.max_instances = 5
    assert ml.compute.begin_update(found).result().max_instances == 5
    assert [one.name for one in ml.compute.list(compute_type="amlcompute")] == ["cpu-cluster"]
    sizes = {one.name for one in ml.compute.list_sizes(compute_type="AmlCompute")}
    assert "Standard_DS3_v2" in sizes
    unknown = AmlCompute(name="wrong", size="Standard_Huge")
    turned = AmlCompute(name="wrong", size="Standard_DS3_v2", min_instances=3, max_instances=2)
    instance = ComputeInstance(name="ana-box", size="Standard_DS3_v2")
    for wanted, words in (
        (unknown, "`Standard_Huge` is not a known VM size"),
        (turned, "3 nodes at least are more than 2 at most"),
        (instance, "`ComputeInstance` is not supported; supported: `AmlCompute`"),
    ):
        status, text = refused(lambda one=wanted: ml.compute.begin_create_or_update(one))
        assert (status, words in text) == (400, True), text


def test_a_data_scientist_makes_no_computes(stage: Stage):
    stage.play("ana", make_a_compute)


def make_a_compute() -> None:
    from azure.ai.ml.entities import AmlCompute

    ml = client()
    wanted = AmlCompute(name="mine", size="Standard_DS3_v2")
    assert refused(lambda: ml.compute.begin_create_or_update(wanted))[0] == 403


def test_datastores_are_made_read_and_deleted_and_secrets_stay_secret(stage: Stage):
    stage.play("ana", store)


def store() -> None:
    from azure.ai.ml.entities import (
        AccountKeyConfiguration,
        AzureBlobDatastore,
        SasTokenConfiguration,
    )

    ml = client()
    own = ml.datastores.get_default()
    assert own.name == "workspaceblobstore"
    place = {"account_name": own.account_name, "container_name": own.container_name}
    foreign = {"account_name": "contosoforeign", "container_name": "raw"}
    key = AccountKeyConfiguration(account_key="c2VjcmV0")
    sas = SasTokenConfiguration(sas_token="sig=theirs")
    for one in (
        AzureBlobDatastore(name="nothing", **place),
        AzureBlobDatastore(name="signed", credentials=sas, **place),
        AzureBlobDatastore(name="keyed", credentials=key, **place),
        AzureBlobDatastore(name="foreign", credentials=key, **foreign),
    ):
        ml.datastores.create_or_update(one)
    assert {one.name for one in ml.datastores.list()} >= {"nothing", "signed", "keyed", "foreign"}
    assert ml.datastores.get("foreign").credentials.account_key is None
    read = ml.datastores.get("foreign", include_secrets=True)
    assert read.credentials.account_key == "c2VjcmV0"
    # Of the estate's own accounts nobody gets a key: a signature, bound to who asks.
    for name in ("signed", "keyed"):
        given = ml.datastores.get(name, include_secrets=True).credentials
        assert "skoid=" in given.sas_token
    for name in ("nothing", "signed", "keyed", "foreign"):
        ml.datastores.delete(name)
    assert refused(lambda: ml.datastores.get("foreign"))[0] == 404
