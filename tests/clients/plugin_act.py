"""A script whose tracking address is the workspace's own, `azureml://…`: the plug-in's."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import mlflow
from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential


class Double(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return [2 * x for x in model_input["x"]]


def main() -> None:
    workspace = os.environ["AZURE_ML_WORKSPACE"]
    place = os.environ["AZURE_SUBSCRIPTION_ID"], os.environ["AZURE_RESOURCE_GROUP"]
    ml = MLClient(DefaultAzureCredential(), *place, workspace)
    address = ml.workspaces.get(workspace).mlflow_tracking_uri
    assert address.startswith("azureml://"), address
    mlflow.set_tracking_uri(address)
    mlflow.set_experiment("through the plug-in")
    run, model = log()
    read(run)
    register(ml, run, model)


def log() -> tuple[str, str]:
    with mlflow.start_run() as run:
        mlflow.log_param("trees", 3)
        mlflow.log_metrics({"loss": 0.5}, step=2)
        mlflow.log_text("hello", "notes/hello.txt")
        info = mlflow.pyfunc.log_model(
            name="double", python_model=Double(), pip_requirements=["mlflow"]
        )
    return run.info.run_id, info.model_uri


def read(run: str) -> None:
    found = mlflow.get_run(run)
    assert (found.data.params, found.data.metrics) == ({"trees": "3"}, {"loss": 0.5})
    assert [one.path for one in mlflow.MlflowClient().list_artifacts(run)] == ["notes"]
    fetched = mlflow.artifacts.download_artifacts(run_id=run, artifact_path="notes/hello.txt")
    assert Path(fetched).read_text() == "hello"


def register(ml: MLClient, run: str, model: str) -> None:
    import pandas

    table = pandas.DataFrame({"x": [1, 2]})
    assert list(mlflow.pyfunc.load_model(model).predict(table)) == [2, 4]
    mlflow.register_model(model, "double")
    assert list(mlflow.pyfunc.load_model("models:/double/1").predict(table)) == [2, 4]
    registry = mlflow.MlflowClient()
    registry.create_registered_model("notes")
    source = f"{mlflow.get_run(run).info.artifact_uri}/notes"
    registry.create_model_version("notes", source=source, run_id=run)
    into = Path(tempfile.mkdtemp())
    ml.models.download("notes", "1", download_path=str(into))
    assert (into / "notes" / "notes" / "hello.txt").read_text() == "hello"
    mlflow.artifacts.download_artifacts("models:/notes/1", dst_path=str(into / "again"))
    [found] = (into / "again").rglob("hello.txt")
    assert found.read_text() == "hello"


if __name__ == "__main__":
    main()
