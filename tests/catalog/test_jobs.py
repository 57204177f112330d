"""Command jobs."""

from typing import Any

import pytest

from mlestate.core.errors import Invalid
from mlestate.core.resource import View
from tests.catalog.faults import faults, show, write
from tests.catalog.golden import WORKSPACE

JOB = f"{WORKSPACE}/jobs/sharp_pizza_x43"
REGISTRIES = "azureml://registries"
FOLDER = {"jobInputType": "uri_folder", "uri": "azureml:data:1"}


def job(**changed: Any) -> dict[str, Any]:
    sent = {"jobType": "Command", "command": "echo", "environmentId": "azureml:env:1", **changed}
    return {"properties": sent}


def test_a_job_has_what_clients_read_without_asking():
    shown = show(write(JOB, job()))
    assert shown["status"] == "NotStarted"
    assert shown["experimentName"] == "Default"
    assert shown["displayName"] == "sharp_pizza_x43"
    assert shown["parentJobName"] is None
    assert [shown[n] for n in ("tags", "properties", "inputs", "outputs")] == [{}, {}, {}, {}]


def test_services_follow_the_reader_and_keep_the_jobs_own():
    own = {"jobServiceType": "tensor_board", "port": 6006}
    written = write(JOB, job(services={"board": own, "Studio": {"endpoint": "https://evil"}}))
    shown = show(written, View("https://ml.contoso.example"))["services"]
    assert shown["board"] == own
    assert shown["Studio"]["endpoint"].startswith("https://ml.contoso.example/runs/sharp_pizza_x43")
    assert shown["Tracking"]["endpoint"] == (
        f"azureml://ml.contoso.example/mlflow/v1.0{WORKSPACE}?"
    )
    assert "Studio" not in written.properties["services"]


def test_a_client_cannot_set_the_status_nor_lose_it():
    assert show(write(JOB, job(status="Completed")))["status"] == "NotStarted"
    running = write(JOB, job()).with_properties(status="Running")
    assert show(write(JOB, job(status="Failed", isArchived=True), running))["status"] == "Running"


def test_short_names_become_ids():
    shown = show(write(JOB, job(computeId="cpu", environmentId="env:2", codeId="azureml:c0de:1")))
    assert shown["computeId"] == f"{WORKSPACE}/computes/cpu"
    assert shown["environmentId"] == f"{WORKSPACE}/environments/env/versions/2"
    assert shown["codeId"] == f"{WORKSPACE}/codes/c0de/versions/1"


@pytest.mark.parametrize(
    "environment",
    ["azureml:env@latest", "azureml://registries/azureml/environments/e/versions/1"],
)
def test_what_only_others_can_resolve_stays(environment: str):
    assert show(write(JOB, job(environmentId=environment)))["environmentId"] == environment


@pytest.mark.parametrize("compute", ["serverless", "", None])
def test_a_job_may_leave_the_machines_to_the_platform(compute: str | None):
    assert not show(write(JOB, job(computeId=compute)))["computeId"]


def test_an_output_has_a_place_below_the_jobs_name():
    outputs = {
        "model": {"jobOutputType": "mlflow_model"},
        "table": {"jobOutputType": "uri_file"},
        "own": {
            "jobOutputType": "uri_folder",
            "uri": "azureml://datastores/${{default_datastore}}/paths/x/${{name}}/",
        },
    }
    shown = show(write(JOB, job(outputs=outputs)))["outputs"]
    base = "azureml://datastores/workspaceblobstore/paths"
    assert {name: output["uri"] for name, output in shown.items()} == {
        "model": f"{base}/azureml/sharp_pizza_x43/model/",
        "table": f"{base}/azureml/sharp_pizza_x43/table",
        "own": f"{base}/x/sharp_pizza_x43/",
    }


def test_every_unknown_name_in_a_command_is_told():
    command = "x ${{inputs.data}} ${{inputs.nope}} ${{ outputs.gone }} ${{search_space.lr}}"
    inputs = {"data": FOLDER}
    found = faults(JOB, job(command=command, inputs=inputs, computeId="a/b", codeId="./src"))
    assert set(found) == {
        "$.properties.command",
        "$.properties.computeId",
        "$.properties.codeId",
    }
    with pytest.raises(Invalid) as told:
        write(JOB, job(command=command, inputs=inputs))
    assert len(told.value.details) == 3
    assert "`${{inputs.nope}}` is used, and there is no `nope` in inputs" in str(told.value)


@pytest.mark.parametrize(
    "command",
    ["${{inputs.data}}", "${{ inputs.data.path }}", "a $[[--x ${{inputs.optional}}]] b", "$HOME"],
)
def test_known_and_optional_names_are_taken(command: str):
    assert write(JOB, job(command=command, inputs={"data": FOLDER}))


@pytest.mark.parametrize("name", ["", "1a", "a b", "ä"])
def test_names_of_inputs_and_outputs_are_checked(name: str):
    outputs = {name: {"jobOutputType": "uri_folder"}}
    found = faults(JOB, job(inputs={name: FOLDER}, outputs=outputs))
    assert set(found) == {f"$.properties.inputs.{name}", f"$.properties.outputs.{name}"}


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"limits": {"jobLimitsType": "Command", "timeout": "1h"}}, "limits.timeout"),
        ({"limits": {"jobLimitsType": "Sweep"}}, "limits.jobLimitsType"),
        ({"resources": {"instanceType": "Potato"}}, "resources.instanceType"),
        ({"resources": {"instanceCount": 0}}, "resources.instanceCount"),
        ({"resources": {"shmSize": "lots"}}, "resources.shmSize"),
        ({"environmentId": "./env"}, "environmentId"),
        ({"environmentId": ""}, "environmentId"),
        (
            {"environmentId": f"{REGISTRIES}/evil/environments/sklearn-1.5/versions/1"},
            "environmentId",
        ),
        ({"codeId": f"{REGISTRIES}/azureml/codes/c/versions/1"}, "codeId"),
        ({"componentId": f"{REGISTRIES}/azureml/components/c/versions/1"}, "componentId"),
        ({"componentId": "weird"}, "componentId"),
        ({"computeId": f"{WORKSPACE}2/computes/cpu"}, "computeId"),
        ({"identity": {"identityType": "Anyone"}}, "identity.identityType"),
        ({"queueSettings": {"jobTier": "Gold"}}, "queueSettings.jobTier"),
        ({"distribution": {"distributionType": "Horovod"}}, "distribution.distributionType"),
        ({"inputs": {"x": {"jobInputType": "literal"}}}, "inputs.x.value"),
        ({"inputs": {"x": {"jobInputType": "uri_file", "uri": ""}}}, "inputs.x.uri"),
        ({"inputs": {"x": {**FOLDER, "mode": "Teleport"}}}, "inputs.x.mode"),
        ({"outputs": {"x": {"jobOutputType": "literal"}}}, "outputs.x.jobOutputType"),
    ],
)
def test_a_fault_is_told_at_its_place(changed: dict[str, Any], place: str):
    assert set(faults(JOB, job(**changed))) == {f"$.properties.{place}"}


def test_a_job_that_was_submitted_keeps_what_it_runs():
    old = write(JOB, job(inputs={"a": FOLDER}, command="echo A"))
    found = faults(
        JOB, job(command="echo a", computeId="cpu", experimentName="other", inputs={}), old
    )
    assert set(found) == {
        "$.properties.command",
        "$.properties.computeId",
        "$.properties.experimentName",
        "$.properties.inputs",
    }


OUTPUTS = {
    "model": {"jobOutputType": "custom_model", "assetName": "m", "mode": "Upload"},
    "table": {"jobOutputType": "uri_file", "uri": "azureml://datastores/d/paths/${{name}}/t.csv"},
}


@pytest.mark.parametrize(
    "changed",
    [
        {"assetName": "other"},
        {"assetName": None},
        {"assetVersion": "1"},
        {"mode": "Direct"},
        {"description": "d"},
        {"uri": "azureml://datastores/elsewhere/paths/x"},
        {"jobOutputType": "mlflow_model"},
    ],
)
def test_a_job_that_was_submitted_keeps_where_it_writes_and_what_it_registers(
    changed: dict[str, Any],
):
    old = write(JOB, job(outputs=OUTPUTS))
    after = {**OUTPUTS, "model": {**OUTPUTS["model"], **changed}}
    assert set(faults(JOB, job(outputs=after), old)) == {"$.properties.outputs"}
    for other in ({}, {"model": OUTPUTS["model"]}, {**OUTPUTS, "more": OUTPUTS["model"]}):
        assert set(faults(JOB, job(outputs=other), old)) == {"$.properties.outputs"}


def test_outputs_may_be_sent_again_as_they_were_and_as_they_are_shown():
    given = {**OUTPUTS, "own": {"jobOutputType": "uri_folder", "pathOnCompute": "/x"}}
    old = write(JOB, job(outputs=given))
    shown = show(old)["outputs"]
    # The SDK has a word for everything but the path on the compute, and says null for nothing.
    of_sdk = {
        name: {"assetVersion": None, "description": None, **one, "pathOnCompute": None}
        for name, one in shown.items()
    }
    for again in (given, shown, of_sdk):
        assert show(write(JOB, job(outputs=again), old))["outputs"] == shown


def test_services_are_what_they_were_when_the_job_was_submitted():
    board = {"jobServiceType": "TensorBoard", "port": 6006, "properties": {"logDir": "x"}}
    old = write(JOB, job(services={"board": {**board, "status": "Running"}}))
    shown = show(old)["services"]
    assert shown["board"] == board
    of_sdk = {**shown, "board": {**board, "jobServiceType": None, "status": "?"}}
    for again in (shown, of_sdk):
        assert show(write(JOB, job(services=again), old))["services"] == shown
    evil = {"endpoint": "https://evil.example"}
    for other in ({}, {"board": {**board, **evil}}, {**shown, "more": evil}, {"board": {}}):
        assert set(faults(JOB, job(services=other), old)) == {"$.properties.services"}


def test_what_describes_a_job_may_change():
    old = write(JOB, job(inputs={"a": FOLDER}))
    about = {
        "displayName": "n",
        "description": "d",
        "tags": {"a": "b"},
        "properties": {"c": "d"},
        "isArchived": True,
    }
    shown = show(write(JOB, job(inputs={"a": FOLDER}, **about), old))
    assert {name: shown[name] for name in about} == about


@pytest.mark.parametrize("kind", ["Sweep", "Pipeline", "AutoML", "Spark"])
def test_other_kinds_are_refused_by_name(kind: str):
    assert faults(JOB, job(jobType=kind)) == {
        "$.properties.jobType": f"`{kind}` is not supported; supported: `Command`"
    }
