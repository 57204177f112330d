"""Data, models, environments and components through the real SDK; models through MLflow, too."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.stage import Stage, client, files, refused, staged

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory) as one:
        yield one


def folder() -> Path:
    """Two files, one of them below; it is a table, too."""
    made = Path(tempfile.mkdtemp()) / "numbats"
    (made / "sub").mkdir(parents=True)
    (made / "a.csv").write_text("a,b\n1,2\n")
    (made / "sub" / "b.csv").write_text("a,b\n3,4\n")
    (made / "MLTable").write_text("type: mltable\npaths:\n  - file: ./a.csv\n")
    return made


def test_data_has_versions_labels_and_an_archive(stage: Stage):
    stage.play("ana", keep_data)


def keep_data() -> None:
    from azure.ai.ml._artifacts import _artifact_utilities as artifacts
    from azure.ai.ml.entities import Data

    ml, source = client(), folder()
    for kind, path in (("uri_file", source / "a.csv"), ("uri_folder", source), ("mltable", source)):
        made = ml.data.create_or_update(Data(name=kind, path=str(path), type=kind))
        assert (made.version, made.type) == ("1", kind)
    (source / "a.csv").write_text("a,b\n5,6\n")
    second = Data(name="uri_file", path=str(source / "a.csv"), type="uri_file")
    assert ml.data.create_or_update(second).version == "2"
    assert ml.data.get("uri_file", label="latest").version == "2"
    ml.data.archive("uri_file", version="1")
    assert [one.version for one in ml.data.list("uri_file")] == ["2"]
    ml.data.restore("uri_file", version="1")
    assert [one.version for one in ml.data.list("uri_file")] == ["1", "2"]
    ml.data.archive("uri_file")
    assert {one.name for one in ml.data.list()} == {"uri_folder", "mltable"}
    ml.data.restore("uri_file")
    _refuse_other_data(ml, source)
    into = Path(tempfile.mkdtemp())
    address = ml.data.get("uri_folder", version="1").path
    artifacts.download_artifact_from_aml_uri(
        uri=address, destination=str(into), datastore_operation=ml.datastores
    )
    assert files(into) == ["MLTable", "a.csv", "sub/b.csv"]


def _refuse_other_data(ml: Any, source: Path) -> None:
    from azure.ai.ml.entities import Data

    path = Data(name="uri_file", version="1", path=str(source / "sub/b.csv"), type="uri_file")
    kind = Data(name="uri_file", path=str(source), type="uri_folder")
    for wanted, words in (
        (path, "(UserError) Asset paths cannot be updated."),
        (kind, "and can have none with `uri_folder`: choose another name"),
    ):
        status, text = refused(lambda one=wanted: ml.data.create_or_update(one))
        assert (status, words in text) == (400, True), text


def test_a_model_of_the_sdk_is_the_registrys_and_is_loaded_by_mlflow(stage: Stage):
    stage.play("ana", share_models)


def share_models() -> None:
    import mlflow
    import pandas
    from azure.ai.ml.entities import Model

    ml, registry = client(), mlflow.MlflowClient()
    saved = Path(tempfile.mkdtemp()) / "double"
    mlflow.pyfunc.save_model(str(saved), python_model=_doubles(), pip_requirements=["mlflow"])
    flavors = {"python_function": {"loader_module": "mlflow.pyfunc.model"}}
    model = Model(name="double", path=str(saved), type="mlflow_model", flavors=flavors)
    assert ml.models.create_or_update(model).flavors == flavors
    table = pandas.DataFrame({"x": [1, 2]})
    assert list(mlflow.pyfunc.load_model("models:/double/1").predict(table)) == [2, 4]
    registry.set_registered_model_alias("double", "champion", "1")
    registry.transition_model_version_stage("double", "1", "Production")
    registry.set_model_version_tag("double", "1", "by", "ana")
    assert mlflow.pyfunc.load_model("models:/double@champion")
    found = ml.models.get("double", label="latest")
    assert (found.stage, found.tags) == ("Production", {"by": "ana"})
    assert [one.version for one in ml.models.list("double", stage="Production")] == ["1"]
    found.tags = {"by": "the sdk"}
    ml.models.create_or_update(found)
    assert registry.get_model_version("double", "1").tags == {"by": "the sdk"}
    copied = registry.copy_model_version("models:/double/1", "copied")
    assert ml.models.get("copied", copied.version).path == found.path
    assert mlflow.pyfunc.load_model("models:/copied/1")


def _doubles() -> object:
    import mlflow

    class Double(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
            return [2 * x for x in model_input["x"]]

    return Double()


def test_a_model_that_mlflow_logged_is_downloaded_by_the_sdk(stage: Stage):
    stage.play("ana", log_models)


def log_models() -> None:
    import mlflow
    from azure.ai.ml.entities import Model

    ml = client()
    mlflow.set_experiment("logged")
    with mlflow.start_run() as run:
        info = mlflow.pyfunc.log_model(
            name="model", python_model=_doubles(), pip_requirements=["mlflow"]
        )
        mlflow.log_text("weights", "kept/weights.bin")
    made = mlflow.register_model(info.model_uri, "logged")
    assert "logged/" + info.model_id + "/MLmodel" in _downloaded(ml, "logged", made.version)
    left = f"azureml://jobs/{run.info.run_id}/outputs/artifacts/paths/kept/"
    found = ml.models.create_or_update(Model(name="left", path=left, type="custom_model"))
    assert f"/datastores/workspaceartifactstore/paths/ExperimentRun/dcid.{run.info.run_id}/" in (
        found.path
    )
    assert _downloaded(ml, "left", "1") == ["left/kept/weights.bin"]
    nowhere = Model(name="lost", path="azureml://jobs/nobody/outputs/artifacts/paths/x")
    assert refused(lambda: ml.models.create_or_update(nowhere))[0] == 404


def _downloaded(ml: Any, name: str, version: str) -> list[str]:
    into = Path(tempfile.mkdtemp())
    ml.models.download(name, version, download_path=str(into))
    return files(into)


def test_a_file_and_a_folder_are_models_with_an_archive(stage: Stage):
    stage.play("ana", keep_models)


def keep_models() -> None:
    from azure.ai.ml.entities import Model

    ml, source = client(), folder()
    for path in (source / "a.csv", source):
        ml.models.create_or_update(Model(name="kept", path=str(path), type="custom_model"))
    assert ml.models.get("kept", label="latest").version == "2"
    assert _downloaded(ml, "kept", "1") == ["kept/a.csv"]
    assert "kept/numbats/sub/b.csv" in _downloaded(ml, "kept", "2")
    ml.models.archive("kept", version="1")
    assert [one.version for one in ml.models.list("kept")] == ["2"]
    ml.models.restore("kept", version="1")
    other = Model(name="kept", version="1", path=str(source))
    status, text = refused(lambda: ml.models.create_or_update(other))
    assert (status, "Asset paths cannot be updated." in text) == (400, True)


def test_environments_take_the_next_version_when_they_change(stage: Stage):
    stage.play("ana", keep_environments)


def keep_environments() -> None:
    from azure.ai.ml.entities import BuildContext, Environment

    ml = client()
    context = folder()
    (context / "Dockerfile").write_text("FROM python:3.11\n")
    built = Environment(name="built", build=BuildContext(path=str(context)))
    assert "/LocalUpload/" in ml.environments.create_or_update(built).build.path
    for image, version in (("python:3.11", "1"), ("python:3.11", "1"), ("python:3.12", "2")):
        made = ml.environments.create_or_update(Environment(name="snake", image=image))
        assert made.version == version
    assert ml.environments.get("snake", label="latest").image == "python:3.12"
    ml.environments.archive("snake", version="1")
    assert [one.version for one in ml.environments.list("snake")] == ["2"]
    changed = Environment(name="snake", version="2", image="python:3.13")
    assert refused(lambda: ml.environments.create_or_update(changed))[0] == 409
    assert {one.name for one in ml.environments.list()} == {"built", "snake"}


def test_components_have_a_default_version(stage: Stage):
    stage.play("ana", keep_components)


def keep_components() -> None:
    from azure.ai.ml import Input
    from azure.ai.ml.entities import CommandComponent

    ml, source = client(), folder()
    for wanted, version in (("1", "1"), ("2", "2"), (None, "3")):
        step = CommandComponent(
            name="step",
            version=wanted,
            code=str(source),
            command="cat a.csv ${{inputs.x}}",
            environment="azureml://registries/azureml/environments/sklearn-1.5/labels/latest",
            inputs={"x": Input(type="integer", default=3)},
        )
        assert ml.components.create_or_update(step).version == version
    assert ml.components.get("step").version == "3"
    assert ml.components.get("step", label="latest").version == "3"
    assert ml.components.get("step", "1").command == "cat a.csv ${{inputs.x}}"
    ml.components.archive("step", version="1")
    assert [one.version for one in ml.components.list("step")] == ["2", "3"]
