"""The estate's conventions as people meet them: in the real SDK's and MLflow's own refusals."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.stage import Stage, client, refused, until
from tests.estates import SMALL
from tests.running import COMMAND, Running, running

pytestmark = pytest.mark.timeout(180)

WORKSPACE = "mlw-fraud-dev"
CONVENTIONS = """\
conventions:
  models: {name: "{project}-{words}", tags: {stage: [candidate, champion]}}
  data: {name: "{project}-{words}", otherwise: warn}
  components: {name: "{project}-{words}"}
  environments: {name: "{project}-{words}"}
  experiments: {name: "{project}-{words}"}
  jobs: {name: "{project}-{words}", displayName: "{user}-{words}"}
  datastores: {name: "{project}_{words}"}
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("conventions")
    file = folder / "estate.yaml"
    file.write_text(SMALL + CONVENTIONS)
    with running(folder / "data", file) as estate:
        yield Stage(estate, WORKSPACE)


def test_the_sdk_is_told_the_right_name_of_a_model(stage: Stage):
    stage.play("ana", register)


def register() -> None:
    from azure.ai.ml.entities import Data, Model

    ml, file = client(), Path("model.txt")
    file.write_text("x")
    tags = {"stage": "candidate"}

    def keep(name: str, **said: str) -> Model:
        return ml.models.create_or_update(Model(name=name, path=str(file), tags=said))

    status, text = refused(lambda: keep("Fraud_Model", **tags))
    assert (status, "call it `fraud-model`" in text) == (400, True), text
    assert "(NamingConventionViolated)" in text
    status, text = refused(lambda: keep("fraud-model"))
    assert "has the tag `stage`, `candidate` or `champion`: add it" in text
    assert keep("fraud-model", **tags).version == "1"
    # One that is only warned of is made.
    made = ml.data.create_or_update(Data(name="Claims", path=str(file), type="uri_file"))
    assert (made.name, made.version) == ("Claims", "1")
    again = ml.data.create_or_update(Data(name="Claims", path=str(file), type="uri_file"))
    assert again.version == "2"


def test_a_job_runs_under_the_names_that_the_sdk_gives_by_itself(stage: Stage):
    stage.play("ana", train)


def train() -> None:
    from azure.ai.ml import Input, Output, command
    from azure.ai.ml.entities import Environment

    ml, source = client(), Path("source")
    source.mkdir()
    (source / "train.py").write_text("import sys; open(sys.argv[1] + '/m', 'w').write('x')")
    conda = {"name": "bare", "dependencies": ["python=3.11"]}
    # Nobody's: the SDK calls it CliV2AnonymousEnvironment.
    environment = Environment(image="python:3.11", conda_file=conda)

    def submit(name: str = "", shown: str = "", experiment: str = "", model: str = "") -> str:
        job = command(
            code=str(source),
            command="python train.py ${{outputs.model}}",
            environment=environment,
            inputs={"file": Input(type="uri_file", path="azureml:Claims:1")},
            outputs={"model": Output(type="custom_model", name=model or None)},
            experiment_name=experiment or "fraud-lab",
            display_name=shown or None,
        )
        if name:
            job.name = name
        return str(ml.jobs.create_or_update(job).name)

    for said, better in (
        ({"name": "Train"}, "fraud-train"),
        ({"shown": "My first try"}, "ana-my-first-try"),
        ({"experiment": "Lab"}, "fraud-lab"),
        ({"model": "Best"}, "fraud-best"),
    ):
        status, text = refused(lambda said=said: submit(**said))
        assert (status, f"call it `{better}`" in text) == (400, True), text
    drawn = submit()
    assert until(ml, drawn).status == "Completed"
    assert until(ml, submit("fraud-train", "ana-try", model="fraud-best")).status == "Completed"
    # It has no stage: it was held to its name when the job was submitted, and is made all the same.
    assert [one.version for one in ml.models.list("fraud-best")] == ["1"]


def test_mlflow_is_told_the_right_names(stage: Stage):
    stage.play("ana", track)


def track() -> None:
    import mlflow
    from mlflow.exceptions import MlflowException

    def told(work: object) -> str:
        try:
            work()  # type: ignore[operator]
        except MlflowException as error:
            return str(error)
        raise AssertionError("it was not refused")

    text = told(lambda: mlflow.set_experiment("My lab"))
    assert text.endswith("call it `fraud-my-lab`")
    mlflow.set_experiment("fraud-my-lab")
    assert told(lambda: mlflow.start_run(run_name="Try")).endswith("call it `ana-try`")
    with mlflow.start_run() as run:
        mlflow.log_metric("loss", 0.5)
        with mlflow.start_run(run_name="Fold 1", nested=True):
            mlflow.log_metric("loss", 0.6)
    assert run.info.run_name
    models = mlflow.MlflowClient()
    assert told(lambda: models.create_registered_model("Scorer")).endswith("`fraud-scorer`")
    models.create_registered_model("fraud-scorer", tags={"stage": "champion"})
    made = models.create_model_version("fraud-scorer", f"{run.info.artifact_uri}/model")
    assert made.version == "1"


def test_the_command_line_prints_a_warning_and_lists_the_conventions(stage: Stage, tmp_path: Path):
    estate: Running = stage.estate
    listed = estate.mlestate("list", "namingConventions")
    assert "datastores    {project}_{words}  refuse" in listed
    body = tmp_path / "data.yaml"
    body.write_text("properties: {dataType: uri_file}\n")
    made = subprocess.run(
        [str(COMMAND), "put", "data", "Raw", "--workspace", WORKSPACE, "--file", str(body)],
        env=estate.environment,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0
    assert made.stderr.startswith("warning: `Raw` is no name for a data asset here, ")
    assert made.stderr.endswith("call it `fraud-raw`\n")


def test_what_was_applied_leaves_nothing_to_do(stage: Stage):
    file = stage.estate.file
    assert "nothing to do" in stage.estate.mlestate("plan", str(file))
