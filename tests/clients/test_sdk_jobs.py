"""Command jobs through the real SDK: what goes in, what comes out, and what goes wrong."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.stage import Stage, bare, client, files, refused, staged, until

pytestmark = [pytest.mark.timeout(240), pytest.mark.sandbox]

SCRIPT = """
import os, pathlib, sys
for argument in sys.argv[1:]:
    path = pathlib.Path(argument)
    print("GOT", argument if not path.exists() else
          sorted(one.name for one in path.iterdir()) if path.is_dir() else path.read_text())
print("HELLO", os.environ["HELLO"])
for name in ("folder", "table", "model"):
    path = pathlib.Path(os.environ["AZURE_ML_OUTPUT_" + name])
    (path / "left.txt").write_text(name)
pathlib.Path(os.environ["AZURE_ML_OUTPUT_file"]).write_text("file")
pathlib.Path("outputs/kept.txt").write_text("kept")
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory) as one:
        one.play("ana", prepare)
        yield one


def prepare() -> None:
    client().environments.create_or_update(bare())


def submit(ml: Any, **said: Any) -> str:
    from azure.ai.ml import command

    usual = {"environment": "azureml:bare:1", "compute": "cpu-cluster"}
    return str(ml.jobs.create_or_update(command(**{**usual, **said})).name)


def log(ml: Any, name: str) -> str:
    into = Path(tempfile.mkdtemp())
    ml.jobs.download(name, download_path=str(into))
    return "".join(one.read_text() for one in into.rglob("std_log.txt"))


def downloaded(ml: Any, name: str, **said: Any) -> list[str]:
    into = Path(tempfile.mkdtemp())
    ml.jobs.download(name, download_path=str(into), **said)
    return files(into)


def test_every_kind_of_input_arrives_and_every_kind_of_output_is_kept(stage: Stage):
    stage.play("ana", pass_through)


def pass_through() -> None:
    from azure.ai.ml import Output
    from azure.ai.ml.entities import Model

    ml = client()
    source = Path(tempfile.mkdtemp())
    (source / "main.py").write_text(SCRIPT)
    inputs = _inputs(ml)
    outputs = {
        "folder": Output(type="uri_folder", name="numbats"),
        "file": Output(type="uri_file"),
        "table": Output(type="mltable"),
        "model": Output(type="mlflow_model", name="numbat-model"),
    }
    named = " ".join(f"${{{{inputs.{name}}}}}" for name in inputs)
    name = submit(
        ml,
        code=str(source),
        command=f"python main.py {named} $[[--left ${{{{inputs.missing}}}}]] ${{{{outputs.file}}}}",
        inputs=inputs,
        outputs=outputs,
        environment_variables={"HELLO": "numbat"},
    )
    assert until(ml, name).status == "Completed"
    said = log(ml, name)
    assert said.count("GOT numbat,1") == 5, said
    assert said.count("GOT ['MLTable', 'numbat.csv']") == 4, said
    for words in ("GOT plain\n", "GOT 3\n", "GOT 0.5\n", "GOT True\n", "HELLO numbat\n"):
        assert words in said, said
    for one, file in (("folder", "left.txt"), ("file", "file"), ("model", "left.txt")):
        assert downloaded(ml, name, output_name=one) == [f"named-outputs/{one}/{file}"]
    everything = downloaded(ml, name, all=True)
    assert "artifacts/outputs/kept.txt" in everything
    assert sum(one.startswith("named-outputs/") for one in everything) == 4, everything
    assert ml.data.get("numbats", label="latest").type == "uri_folder"
    assert ml.models.get("numbat-model", "1").job_name == name
    left = Model(name="left", path=f"azureml://jobs/{name}/outputs/folder", type="custom_model")
    assert f"/azureml/{name}/folder" in ml.models.create_or_update(left).path


def _inputs(ml: Any) -> dict[str, Any]:
    from azure.ai.ml import Input
    from azure.ai.ml.entities import Data, Model

    folder = Path(tempfile.mkdtemp())
    file = folder / "numbat.csv"
    file.write_text("numbat,1")
    (folder / "MLTable").write_text("type: mltable\npaths:\n  - file: ./numbat.csv\n")
    asset = ml.data.create_or_update(Data(name="in", path=str(file), type="uri_file"))
    ml.data.create_or_update(Data(name="all", path=str(folder), type="uri_folder"))
    model = ml.models.create_or_update(Model(name="m", path=str(folder), type="custom_model"))
    store = ml.datastores.get_default()
    inside = asset.path.partition("/paths/")[2]
    web = f"https://{store.account_name}.blob.core.windows.net/{store.container_name}/{inside}"
    return {
        "short": Input(type="uri_file", path="azureml:in:1"),
        "id": Input(type="uri_file", path=asset.id, mode="download"),
        "place": Input(type="uri_file", path=asset.path),
        "web": Input(type="uri_file", path=web),
        "local": Input(type="uri_file", path=str(file)),
        "latest": Input(type="uri_folder", path="all@latest"),
        "table": Input(type="mltable", path=str(folder)),
        "custom": Input(type="custom_model", path="azureml:m:1"),
        "flow": Input(type="mlflow_model", path=model.path),
        "text": "plain",
        "whole": 3,
        "part": 0.5,
        "flag": True,
    }


def test_jobs_run_without_a_compute_with_ranks_and_as_their_submitter(stage: Stage):
    stage.play("ana", run_otherwise)


def run_otherwise() -> None:
    from azure.ai.ml import PyTorchDistribution
    from azure.ai.ml.entities import Environment, UserIdentityConfiguration

    ml = client()
    conda = {"name": "inline", "dependencies": ["python=3.11"]}
    inline = Environment(image="python:3.11", conda_file=conda)
    alone = {"compute": None, "resources": {"instance_type": "Standard_DS3_v2"}}
    two = PyTorchDistribution(process_count_per_instance=2)
    names = {
        submit(ml, command="echo alone", **alone): "alone",
        submit(ml, command="echo inline", environment=inline): "inline",
        submit(ml, command="echo latest", environment="bare@latest"): "latest",
        submit(ml, command="echo mine", identity=UserIdentityConfiguration()): "mine",
        submit(ml, command="echo rank $RANK of $WORLD_SIZE", distribution=two): "rank 1 of 2",
    }
    for name, words in names.items():
        assert until(ml, name).status == "Completed"
        assert words in log(ml, name)


def test_a_job_that_fails_or_takes_too_long_says_why(stage: Stage):
    stage.play("ana", fail)


def fail() -> None:
    from azure.ai.ml.entities import CommandJobLimits
    from azure.ai.ml.exceptions import JobException

    ml = client()
    late = submit(ml, command="sleep 60", limits=CommandJobLimits(timeout=1))
    for name, words in (
        (submit(ml, command="echo oops; exit 3"), "exit code 3"),
        (late, "longer than its limit of 1 seconds"),
    ):
        with pytest.raises(JobException, match=words):
            ml.jobs.stream(name)
        assert ml.jobs.get(name).status == "Failed"


def test_jobs_are_canceled_while_they_run_and_while_they_wait(stage: Stage):
    stage.play("ana", cancel)


def cancel() -> None:
    ml = client()
    names = [submit(ml, command="sleep 100") for _ in range(3)]
    for name in names[:2]:
        until(ml, name, "Running")
    assert until(ml, names[2], "Queued")
    for name in reversed(names):
        ml.jobs.begin_cancel(name).result()
    for name in names:
        assert until(ml, name).status == "Canceled"


def test_the_run_of_a_job_that_is_deleted_while_it_runs_ends(stage: Stage):
    stage.play("ana", delete_running)


def delete_running() -> None:
    import mlflow

    ml = client()
    name = submit(ml, command="sleep 100")
    until(ml, name, "Running")
    ml.jobs._operation_2023_02_preview.begin_delete(
        ml.resource_group_name, ml.workspace_name, name
    ).result()
    assert refused(lambda: ml.jobs.get(name))[0] == 404
    assert mlflow.get_run(name).info.status == "KILLED"


def test_what_cannot_run_is_refused_before_it_is_queued(stage: Stage):
    stage.play("ana", refuse)


def refuse() -> None:
    from azure.ai.ml import Input

    ml = client()

    def data(path: str) -> dict[str, Any]:
        return {"command": "cat ${{inputs.x}}", "inputs": {"x": Input(type="uri_file", path=path)}}

    curated = "azureml://registries/azureml/environments/nothing/labels/latest"
    for said, status, words in (
        ({"command": "x", "compute": "nowhere"}, 404, "/computes/nowhere` is not there"),
        ({"command": "x", "environment": "azureml:nothing:1"}, 404, "/nothing/versions/1`"),
        ({"command": "x", "environment": curated}, 404, "none of the curated environments"),
        ({"command": "x", "instance_count": 99}, 400, "at most 2"),
        ({"command": "cat ${{foo.x}}"}, 400, "has no meaning in a command"),
        (data("azureml:nothing:1"), 404, "/data/nothing/versions/1` is not there"),
        (data("azureml://datastores/nowhere/paths/a"), 404, "/datastores/nowhere` is not there"),
    ):
        got, text = refused(lambda one=said: submit(ml, **one))
        assert (got, words in text) == (status, True), text


def test_a_job_is_renamed_tagged_archived_and_has_children(stage: Stage):
    stage.play("ana", tidy)


def tidy() -> None:
    import mlflow
    from azure.ai.ml import Output
    from azure.ai.ml.entities import TensorBoardJobService

    ml = client()
    name = submit(
        ml,
        command="echo tidy > ${{outputs.kept}}/it",
        tags={"a": "1"},
        experiment_name="tidy",
        outputs={
            "kept": Output(type="custom_model", name="tidied", version="3", mode="upload"),
            "file": Output(type="uri_file"),
        },
        services={"board": TensorBoardJobService(log_dir="logs")},
    )
    job = until(ml, name)
    ml.jobs.stream(name)
    job.display_name, job.tags["b"] = "renamed", "2"
    ml.jobs.create_or_update(job)
    found = ml.jobs.get(name)
    assert (found.display_name, found.tags) == ("renamed", {"a": "1", "b": "2"})
    assert mlflow.get_run(name).info.run_name == "renamed"
    # Straight to the job, as versions of the SDK did that know no other way.
    found.tags["c"] = "3"
    found._id = None
    ml.jobs.create_or_update(found)
    assert ml.jobs.get(name).tags == {"a": "1", "b": "2", "c": "3"}
    ml.jobs.archive(name)
    assert name not in [one.name for one in ml.jobs.list()]
    assert name in [one.name for one in ml.jobs.list(list_view_type="ArchivedOnly")]
    ml.jobs.restore(name)
    assert name in [one.name for one in ml.jobs.list()]
    status, text = refused(lambda: submit(ml, name=name, command="echo other"))
    assert (status, "submit a new job" in text) == (400, True)
    parent = {"mlflow.parentRunId": name}
    experiment = mlflow.get_experiment_by_name("tidy").experiment_id
    child = mlflow.MlflowClient().create_run(experiment, tags=parent)
    assert [one.name for one in ml.jobs.list(parent_job_name=name)] == [child.info.run_id]
