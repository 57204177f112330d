"""The real `mlflow` package, in processes of its own, against the API on a socket."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlestate.store.tracking import open_tracking
from tests.house import BLUE, RED, app, environment, served, tracking_uri


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("house")
    store = open_tracking(str(folder / "tracking.db"))
    with served(app(store, folder / "artifacts")) as address:
        yield address
    store.close()


def run(script: str, cwd: Path, env: dict[str, str]) -> str:
    """Another process, because MLflow keeps its state in globals."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=cwd,
        env={**env, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_DISABLE_TELEMETRY": "true"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


FLUENT = """
import math, mlflow
from mlflow import MlflowClient
mlflow.set_experiment("fluent")
with mlflow.start_run(run_name="first", tags={"team": "a"}, description="what it is") as run:
    mlflow.log_param("lr", 0.1)
    mlflow.log_params({"depth": 3, "name": "x"})
    for step in range(20):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    mlflow.log_metrics({"acc": 0.9, "nan": math.nan, "inf": math.inf}, step=1)
    mlflow.set_tag("stage", "dev")
    with mlflow.start_run(nested=True, run_name="child") as child:
        mlflow.log_metric("loss", 5)
    mlflow.log_text("hello", "notes/a.txt")
    mlflow.log_dict({"a": 1}, "d.json")
client = MlflowClient()
got = client.get_run(run.info.run_id)
assert got.info.status == "FINISHED" and got.info.end_time >= got.info.start_time
assert got.info.run_name == "first"
assert got.data.params == {"lr": "0.1", "depth": "3", "name": "x"}
assert got.data.metrics["loss"] == 0.05 and got.data.metrics["inf"] == math.inf
assert math.isnan(got.data.metrics["nan"])
assert got.data.tags["stage"] == "dev"
assert [m.value for m in client.get_metric_history(run.info.run_id, "loss")] == [
    1 / (s + 1) for s in range(20)]
assert client.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == run.info.run_id
found = mlflow.search_runs(filter_string="metrics.loss > 1", output_format="list")
assert [r.info.run_id for r in found] == [child.info.run_id]
found = mlflow.search_runs(filter_string=f"tags.mlflow.parentRunId = '{run.info.run_id}'",
                           output_format="list")
assert [r.info.run_id for r in found] == [child.info.run_id]
table = mlflow.search_runs(order_by=["metrics.loss DESC"])
assert list(table["tags.mlflow.runName"]) == ["child", "first"]
try:
    client.log_param(run.info.run_id, "lr", "other")
except mlflow.exceptions.MlflowException as error:
    assert error.error_code == "INVALID_PARAMETER_VALUE", error.error_code
else:
    raise AssertionError("a param was changed")
assert mlflow.artifacts.load_text(run.info.artifact_uri + "/notes/a.txt") == "hello"
assert run.info.artifact_uri == f"mlflow-artifacts:/ExperimentRun/dcid.{run.info.run_id}"
assert [f.path for f in client.list_artifacts(run.info.run_id)] == ["d.json", "notes"]
assert [f.path for f in client.list_artifacts(run.info.run_id, "notes")] == ["notes/a.txt"]
path = client.download_artifacts(run.info.run_id, "notes", ".")
assert open(path + "/a.txt").read() == "hello"
client.delete_tag(run.info.run_id, "stage")
assert "stage" not in client.get_run(run.info.run_id).data.tags
client.delete_run(child.info.run_id)
assert len(mlflow.search_runs(output_format="list")) == 1
client.restore_run(child.info.run_id)
assert len(mlflow.search_runs(output_format="list")) == 2
client.update_run(run.info.run_id, name="renamed")
assert client.get_run(run.info.run_id).info.run_name == "renamed"
print("fine")
"""


def test_the_fluent_interface_logs_reads_and_searches(base: str, tmp_path: Path) -> None:
    assert "fine" in run(FLUENT, tmp_path, environment("rita", tracking_uri(base, RED)))


EXPERIMENTS = """
import mlflow
from mlflow import MlflowClient
from mlflow.entities import ViewType
c = MlflowClient()
assert c.get_experiment_by_name("nobody") is None
with mlflow.start_run() as run:
    pass
default = c.get_experiment(run.info.experiment_id)
assert default.name == "Default" and c.get_experiment("0").experiment_id == default.experiment_id
ids = [c.create_experiment(f"e-{i}", tags={"n": str(i)}) for i in range(5)]
c.set_experiment_tag(ids[0], "team", "x y")
names = lambda **k: [e.name for e in c.search_experiments(**k)]
assert names(filter_string="name LIKE 'e-%'", order_by=["name DESC"]) == [
    "e-4", "e-3", "e-2", "e-1", "e-0"]
assert names(filter_string="tags.team = 'x y'") == ["e-0"]
first = c.search_experiments(filter_string="name LIKE 'e-%'", order_by=["name"], max_results=2)
assert [e.name for e in first] == ["e-0", "e-1"]
more = c.search_experiments(filter_string="name LIKE 'e-%'", order_by=["name"], max_results=2,
                            page_token=first.token)
assert [e.name for e in more] == ["e-2", "e-3"]
c.rename_experiment(ids[1], "renamed")
c.delete_experiment(ids[1])
assert c.get_experiment(ids[1]).lifecycle_stage == "deleted"
assert "renamed" in names(view_type=ViewType.DELETED_ONLY)
c.restore_experiment(ids[1])
assert c.get_experiment(ids[1]).name == "renamed"
try:
    c.create_experiment("e-0")
except mlflow.exceptions.MlflowException as error:
    assert error.error_code == "RESOURCE_ALREADY_EXISTS"
else:
    raise AssertionError("made twice")
import numpy
data = mlflow.data.from_numpy(numpy.arange(6.0).reshape(3, 2), name="six")
mlflow.set_experiment("e-4")
with mlflow.start_run() as run:
    mlflow.log_input(data, context="training")
got = c.get_run(run.info.run_id)
assert [(d.dataset.name, d.tags[0].value) for d in got.inputs.dataset_inputs] == [
    ("six", "training")]
assert len(mlflow.search_runs(filter_string="dataset.name = 'six'", output_format="list")) == 1
assert not mlflow.search_runs(filter_string="dataset.context = 'eval'", output_format="list")
print("fine")
"""


def test_experiments_and_datasets(base: str, tmp_path: Path) -> None:
    assert "fine" in run(EXPERIMENTS, tmp_path, environment("rita", tracking_uri(base, RED)))


SKLEARN = """
import mlflow, numpy
from mlflow import MlflowClient
from sklearn.linear_model import LogisticRegression
from sklearn.datasets import make_classification
c = MlflowClient()
mlflow.set_experiment("sklearn")
mlflow.sklearn.autolog(log_models=True, log_input_examples=False)
x, y = make_classification(60, 4, random_state=1)
with mlflow.start_run() as run:
    LogisticRegression(max_iter=50).fit(x, y)
mlflow.sklearn.autolog(disable=True)
got = c.get_run(run.info.run_id)
assert got.data.params["max_iter"] == "50" and got.data.metrics["training_score"] > 0.5
assert got.outputs.model_outputs, "the run does not know its model"
models = mlflow.search_logged_models(output_format="list")
assert [m.model_id for m in models] == [got.outputs.model_outputs[0].model_id]
assert models[0].status.value == "READY" and models[0].source_run_id == run.info.run_id
loaded = mlflow.sklearn.load_model(f"models:/{models[0].model_id}")
same = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
assert (loaded.predict(x) == same.predict(x)).all()
with mlflow.start_run() as second:
    info = mlflow.sklearn.log_model(LogisticRegression().fit(x, y), name="mine",
                                    params={"C": 1}, registered_model_name="cats",
                                    pip_requirements=["scikit-learn"])
    mlflow.log_metric("auc", 0.75, model_id=info.model_id)
model = mlflow.get_logged_model(info.model_id)
assert model.params["C"] == "1" and [(m.key, m.value) for m in model.metrics] == [("auc", 0.75)]
assert mlflow.search_logged_models(filter_string="metrics.auc > 0.7 AND name = 'mine'",
                                   output_format="list")[0].model_id == info.model_id
best = mlflow.search_logged_models(order_by=[{"field_name": "metrics.auc", "ascending": False}],
                                   output_format="list")
assert best[0].model_id == info.model_id and len(best) == 2
version = c.get_model_version("cats", "1")
assert (version.source, version.status) == (f"models:/{info.model_id}", "READY"), version
assert '"cats"' in mlflow.get_logged_model(info.model_id).tags["mlflow.modelVersions"]
assert (mlflow.sklearn.load_model("models:/cats/1").predict(x) == loaded.predict(x)).all()
again = mlflow.register_model(f"runs:/{run.info.run_id}/model", "cats", tags={"k": "v"})
assert again.version in ("2", 2)
c.set_registered_model_alias("cats", "champion", "2")
assert c.get_model_version_by_alias("cats", "champion").version in ("2", 2)
mlflow.pyfunc.load_model("models:/cats@champion")
mlflow.pyfunc.load_model("models:/cats/latest")
assert {v.version for v in c.search_model_versions("name='cats'")} == {"1", "2"}
assert [m.name for m in c.search_registered_models("name LIKE 'ca%'")] == ["cats"]
assert c.get_registered_model("cats").aliases == {"champion": "2"}
c.update_model_version("cats", "1", "described")
assert c.get_model_version("cats", "1").description == "described"
c.set_model_version_tag("cats", "1", "seen", "yes")
assert c.get_model_version("cats", "1").tags == {"seen": "yes"}
c.transition_model_version_stage("cats", "1", "Production")
c.transition_model_version_stage("cats", "2", "Production", archive_existing_versions=True)
assert c.get_model_version("cats", "1").current_stage == "Archived"
assert [v.version for v in c.get_latest_versions("cats", ["Production"])] == ["2"]
c.copy_model_version("models:/cats/2", "copied")
mlflow.pyfunc.load_model("models:/copied/1")
c.rename_registered_model("copied", "moved")
c.delete_registered_model_alias("cats", "champion")
c.delete_model_version("cats", "2")
c.delete_registered_model("moved")
assert [m.name for m in c.search_registered_models()] == ["cats"]
c.delete_logged_model(info.model_id)
assert len(mlflow.search_logged_models(output_format="list")) == 1
print("fine")
"""


def test_models_are_logged_found_registered_and_loaded(base: str, tmp_path: Path) -> None:
    assert "fine" in run(SKLEARN, tmp_path, environment("rita", tracking_uri(base, RED)))


HEADER = """
import os, mlflow
mlflow.set_workspace("blue")
mlflow.set_experiment("by header")
with mlflow.start_run() as run:
    mlflow.log_metric("m", 1)
    mlflow.log_text("x", "x.txt")
mlflow.set_tracking_uri(os.environ["OTHER"])
mlflow.set_workspace(None)
assert mlflow.get_run(run.info.run_id).data.metrics == {"m": 1.0}
print("fine")
"""


def test_a_workspace_may_be_named_by_a_header(base: str, tmp_path: Path) -> None:
    env = environment("both", f"{base}/mlflow")
    assert "fine" in run(HEADER, tmp_path, {**env, "OTHER": tracking_uri(base, BLUE)})


BASIC = """
import mlflow
mlflow.set_experiment("basic")
with mlflow.start_run():
    mlflow.log_metric("m", 1)
print("fine")
"""


def test_a_token_may_be_the_password_of_basic_authentication(base: str, tmp_path: Path) -> None:
    env = environment("", tracking_uri(base, BLUE))
    del env["MLFLOW_TRACKING_TOKEN"]
    user = {"MLFLOW_TRACKING_USERNAME": "bob", "MLFLOW_TRACKING_PASSWORD": "bob"}
    assert "fine" in run(BASIC, tmp_path, {**env, **user})


READER = """
import mlflow
from mlflow.exceptions import MlflowException
assert mlflow.search_experiments()
try:
    mlflow.set_experiment("new")
except MlflowException as error:
    assert "experiments/write" in str(error) and error.error_code == "PERMISSION_DENIED", error
else:
    raise AssertionError("a reader wrote")
print("fine")
"""


def test_a_reader_reads_and_writes_nothing(base: str, tmp_path: Path) -> None:
    assert "fine" in run(READER, tmp_path, environment("reader", tracking_uri(base, RED)))


TRACES = """
import mlflow
mlflow.set_experiment("traced")
@mlflow.trace
def f(x):
    return x + 1
assert f(1) == 2
mlflow.flush_trace_async_logging()
print("fine")
"""


def test_code_with_traces_goes_on_where_there_are_none(base: str, tmp_path: Path) -> None:
    assert "fine" in run(TRACES, tmp_path, environment("rita", tracking_uri(base, RED)))
