from collections.abc import Mapping
from typing import Any

import pytest

from mlestate.core.errors import Invalid, NotFound
from mlestate.runtime.prepare import Size, check, output_uri, prepare
from mlestate.runtime.protocol import Place, Workspace

SPACE = Workspace("/w", "sub", "group", "space", "guid")
ID = "/subscriptions/s/resourceGroups/g/providers/x/workspaces/space/jobs/j1"


class Ports:
    def __init__(self, environments: Mapping[str, Mapping[str, Any]] | None = None):
        self.environments = environments or {}
        self.asked: list[tuple[str, bool]] = []

    def place(self, workspace: Workspace, uri: str, write: bool) -> Place:
        self.asked.append((uri, write))
        return Place("https://a/c?sig=k", uri.rpartition("/paths/")[2] or uri)

    def named(self, workspace: Workspace, field: str, reference: str) -> Place:
        return self.place(workspace, reference, False)

    def environment(self, workspace: Workspace, reference: str) -> Mapping[str, Any] | None:
        return self.environments.get(reference)

    def size(self, workspace: Workspace, properties: Mapping[str, Any]) -> Size:
        return Size(memory=7 << 30, cpus=2)

    def token(self, job: str) -> str:
        return f"token of {job}"

    def tracking_uri(self, workspace: Workspace) -> str:
        return "https://localhost:8443/mlflow/v3.0/w"

    def experiment_id(self, workspace: Workspace, name: str) -> str:
        return f"id-{name}"

    def hosts(self) -> tuple[str, ...]:
        return ("blob.localhost",)


def full() -> dict[str, Any]:
    """What the official client sends for a command job that uses everything."""
    return {
        "command": "echo ${{inputs.uri}} ${{inputs.folder}} > ${{outputs.model_output}}/x",
        "environmentId": "AzureML-sklearn-1.0-ubuntu20.04-py38-cpu:33",
        "environmentVariables": {"ENV1": "VAL1"},
        "experimentName": "smoke",
        "distribution": {"distributionType": "Mpi", "processCountPerInstance": 2},
        "codeId": "/w/codes/c/versions/1",
        "inputs": {
            "uri": {
                "jobInputType": "uri_file",
                "uri": "azureml://datastores/workspaceblobstore/paths/python/data.csv",
            },
            "folder": {"jobInputType": "uri_folder", "mode": "Direct", "uri": "azureml:d:1"},
            "rate": {"jobInputType": "literal", "value": "0.1"},
        },
        "outputs": {"model_output": {"jobOutputType": "uri_folder"}, "default": None},
        "limits": {"jobLimitsType": "Command", "timeout": "PT10M"},
        "resources": {"instanceCount": 2},
    }


def test_a_whole_job_becomes_what_an_agent_runs() -> None:
    ports = Ports()
    spec = prepare(ID, full(), SPACE, ports)
    assert (spec.name, spec.run_id, spec.token) == ("j1", "j1", f"token of {ID}")
    assert (spec.experiment_name, spec.experiment_id) == ("smoke", "id-smoke")
    assert [(i.name, i.type, i.value, i.mode) for i in spec.inputs] == [
        ("uri", "uri_file", "", "ReadOnlyMount"),
        ("folder", "uri_folder", "", "Direct"),
        ("rate", "literal", "0.1", "ReadOnlyMount"),
    ]
    assert [o.name for o in spec.outputs] == ["model_output"]
    assert spec.outputs[0].place.prefix == "azureml/j1/model_output/"
    assert spec.artifacts.prefix == "ExperimentRun/dcid.j1"
    assert (spec.limits.timeout, spec.limits.memory, spec.limits.cpus) == (600, 14 << 30, 4)
    assert (spec.distribution.kind, spec.distribution.processes_per_instance) == ("Mpi", 2)
    assert spec.hosts == ("blob.localhost",)


def test_inputs_are_read_and_outputs_are_written() -> None:
    ports = Ports()
    prepare(ID, full(), SPACE, ports)
    written = {uri for uri, write in ports.asked if write}
    assert written == {
        "azureml://datastores/workspaceartifactstore/paths/ExperimentRun/dcid.j1",
        "azureml://datastores/workspaceblobstore/paths/azureml/j1/model_output/",
    }


def test_every_fault_is_told_with_its_path() -> None:
    properties = {
        "command": "x ${{inputs.nowhere}}",
        "inputs": {"a b": {"jobInputType": "what"}, "c": {"jobInputType": "uri_file"}},
        "resources": {"instanceCount": 0},
        "distribution": {"distributionType": "Dask"},
        "limits": {"timeout": "10 minutes"},
    }
    with pytest.raises(Invalid) as refused:
        check(properties)
    assert [fault.target for fault in refused.value.details] == [
        "properties.inputs.a b",
        "properties.inputs.a b.jobInputType",
        "properties.inputs.c.uri",
        "properties.resources.instanceCount",
        "properties.distribution.distributionType",
        "properties.limits.timeout",
        "properties.command",
    ]


def test_an_output_may_not_lead_out_of_its_folder() -> None:
    with pytest.raises(Invalid):
        check({"command": "true", "outputs": {"../../etc": {}}})


@pytest.mark.parametrize("variables", [{"": "x"}, {"A=B": "x"}, {"A\0": "x"}, {"A": "x\0"}])
def test_what_no_process_can_be_given_is_refused(variables: dict[str, str]) -> None:
    with pytest.raises(Invalid, match="is no variable"):
        check({"command": "true", "environmentVariables": variables})
    with pytest.raises(Invalid, match="NUL"):
        check({"command": "true\0"})


def test_an_environment_of_the_workspace_is_taken_as_it_is() -> None:
    conda = "dependencies: [six]"
    ports = Ports(
        {"/w/environments/sklearn-1.5/versions/1": {"image": "own:1", "condaFile": conda}}
    )
    properties = {"command": "true", "environmentId": "/w/environments/sklearn-1.5/versions/1"}
    spec = prepare(ID, properties, SPACE, ports)
    assert (spec.environment.name, spec.environment.image) == ("", "own:1")
    assert spec.environment.conda_file == conda


def test_an_environment_that_is_neither_here_nor_curated_is_not_found() -> None:
    with pytest.raises(NotFound, match="mine"):
        prepare(ID, {"command": "true", "environmentId": "mine:1"}, SPACE, Ports())


def test_outputs_go_where_they_are_told_with_azures_placeholders() -> None:
    given = "azureml://datastores/d/paths/${{name}}/${{output_name}}"
    assert output_uri("j1", "o", given) == "azureml://datastores/d/paths/j1/o"
