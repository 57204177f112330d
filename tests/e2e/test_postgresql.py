"""A real estate whose cells share one PostgreSQL database; the server dies and comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests import postgres
from tests.running import CONTOSO, Running, running

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]

TOML = """
database = "{url}"
[regions.westeurope]
database = "{url}"
[regions.northeurope]
database = "{url}"
"""
WORK = """
import os, mlflow, time, json
from azure.ai.ml import MLClient, command
from azure.ai.ml.entities import Data, Environment
from azure.identity import DefaultAzureCredential

ml = MLClient(DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"],
              os.environ["AZURE_RESOURCE_GROUP"], os.environ["AZURE_ML_WORKSPACE"])
open("numbers.csv", "w").write("a,b\\n1,2\\n")
ml.data.create_or_update(Data(name="numbers", version="1", path="numbers.csv", type="uri_file"))
mlflow.set_experiment("on-postgresql")
with mlflow.start_run() as run:
    mlflow.log_params({"depth": 3})
    for step in range(5):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
open("conda.yaml", "w").write("dependencies: [python]")
plain = Environment(name="plain", version="1", image="mine", conda_file="conda.yaml")
ml.environments.create_or_update(plain)
job = ml.jobs.create_or_update(command(
    command="echo hello from the job", environment="plain@latest", compute="cpu-cluster",
    experiment_name="on-postgresql"))
until = time.monotonic() + 120
while ml.jobs.get(job.name).status not in ("Completed", "Failed", "Canceled"):
    assert time.monotonic() < until
    time.sleep(0.3)
print(json.dumps([run.info.run_id, job.name]))
"""
LOOK = """
import os, sys, mlflow
from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential

run, job = sys.argv[1:]
ml = MLClient(DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"],
              os.environ["AZURE_RESOURCE_GROUP"], os.environ["AZURE_ML_WORKSPACE"])
assert ml.jobs.get(job).status == "Completed", ml.jobs.get(job).status
ml.jobs.stream(job)
history = mlflow.MlflowClient().get_metric_history(run, "loss")
assert [point.step for point in history] == list(range(5)), history
assert mlflow.get_run(run).data.params == {"depth": "3"}
data = ml.data.get("numbers", "1")
import azure.ai.ml._artifacts._artifact_utilities as artifacts
artifacts.download_artifact_from_aml_uri(data.path, ".", ml.datastores)
assert open("numbers.csv").read() == "a,b\\n1,2\\n"
assert job in [found.name for found in ml.jobs.list()]
"""
TABLES = "select table_schema, count(*) from information_schema.tables group by 1"


@pytest.fixture
def database(postgres_server: str) -> str:
    return postgres.fresh_database(postgres_server)


@pytest.fixture
def estate(database: str, tmp_path: Path) -> Iterator[Running]:
    data = tmp_path / "data"
    data.mkdir()
    (data / "mlestate.toml").write_text(TOML.format(url=database))
    with running(data) as one:
        yield one


@pytest.mark.sandbox
def test_an_estate_on_postgresql_outlives_a_kill(estate: Running, database: str) -> None:
    assert "nothing to do" in estate.mlestate("plan", str(CONTOSO))
    ana = estate.variables("ana", "mlw-fraud-dev")
    said = estate.python(WORK, ana).splitlines()[-1]
    estate.kill_api()
    (estate.data / "numbers.csv").unlink()
    estate.start()
    estate.python(LOOK, ana, *json.loads(said))
    assert "nothing to do" in estate.mlestate("plan", str(CONTOSO))
    assert '"level": "error"' not in (estate.data / "logs" / "server.log").read_text()
    estate.stop()
    assert [*estate.data.rglob("*.db")] == []
    with psycopg.connect(database.replace("+psycopg", "")) as connection:
        schemas = {name for name, _ in connection.execute(TABLES)}
    regions = {"westeurope", "westeurope_tracking", "northeurope", "northeurope_tracking"}
    assert {"estate", *regions} <= schemas
    assert "public" not in schemas
