"""Two people in two workspaces of a real estate, with the official clients, unmodified.

In a process of its own, because the clients want TLS, DNS and a login that are real.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.running import Running, running

OWN, OTHER = "mlw-triage-dev", "mlw-churn-dev"

HEAD = """
import os, sys, warnings
warnings.simplefilter("ignore")
from azure.ai.ml import MLClient
from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential

credential = DefaultAzureCredential()

def client(workspace, group):
    return MLClient(credential, os.environ["AZURE_SUBSCRIPTION_ID"], group, workspace)

def refused(work):
    try:
        found = work()
        list(found) if hasattr(found, "__iter__") else None
    except HttpResponseError as error:
        return error.status_code
    return 0
"""

FILL = """
from azure.ai.ml.entities import Data, Model
import mlflow, tempfile, pathlib
ml = client("mlw-triage-dev", "rg-triage-dev")
file = pathlib.Path(tempfile.mkdtemp()) / "numbat.csv"
file.write_text("numbat,1")
made = ml.data.create_or_update(Data(name="numbat", version="1", path=str(file), type="uri_file"))
assert ml.data.get("numbat", "1").path
mlflow.set_experiment("numbat")
with mlflow.start_run() as run:
    mlflow.log_metric("numbat", 1.0)
    mlflow.log_text("numbat", "numbat.txt")
mlflow.MlflowClient().create_registered_model("numbat")
store = ml.datastores.get("workspaceblobstore", include_secrets=True)
print(run.info.run_id, store.account_name, store.container_name, store.credentials.sas_token)
"""

ARM = """
ml = client("mlw-triage-dev", "rg-triage-dev")
print([refused(work) for work in (
    lambda: ml.workspaces.get("mlw-triage-dev"),
    lambda: ml.data.get("numbat", "1"),
    lambda: ml.data.get("wombat", "1"),
    lambda: ml.data.list("numbat"),
    lambda: ml.models.list(),
    lambda: ml.jobs.list(),
    lambda: ml.compute.list(),
    lambda: ml.datastores.get("workspaceblobstore", include_secrets=True),
    lambda: ml.connections.list(),
)])
own = client("mlw-churn-dev", "rg-churn-dev")
print(sorted(one.name for one in own.workspaces.list(scope="subscription")))
"""

MLFLOW = """
import mlflow
from mlflow.exceptions import MlflowException

def code(work):
    try:
        work()
    except MlflowException as error:
        return error.error_code
    return "answered"

own, run = os.environ["MLFLOW_TRACKING_URI"], sys.argv[1]
tracking = mlflow.MlflowClient()
print(code(lambda: tracking.get_run(run)))
other = mlflow.MlflowClient(own.replace("churn", "triage"))
print(code(lambda: other.get_run(run)), code(lambda: other.search_registered_models()))
print([one.name for one in tracking.search_experiments()])
"""

BLOBS = """
from azure.storage.blob import ContainerClient
account, container, token = sys.argv[1:]
mine = ContainerClient(account, container, credential=credential)
print(refused(mine.list_blobs))
print(len(list(ContainerClient(account, container, credential=token).list_blobs())))
"""


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("two") / "data") as estate:
        yield estate


@pytest.fixture(scope="module")
def filled(estate: Running) -> list[str]:
    """The run, the storage account, the container and a signature of ana's."""
    return estate.python(HEAD + FILL, estate.variables("ana", OWN)).split()[-4:]


def test_the_sdk_sees_nothing_of_the_other(estate: Running, filled: list[str]):
    said = estate.python(HEAD + ARM, estate.variables("ben", OTHER)).splitlines()
    assert said[-2] == str([403] * 9)
    assert OWN not in said[-1]
    assert OTHER in said[-1]


def test_mlflow_sees_nothing_of_the_other(estate: Running, filled: list[str]):
    variables = estate.variables("ben", OTHER)
    said = estate.python(HEAD + MLFLOW, variables, filled[0]).splitlines()
    assert said[-3] == "RESOURCE_DOES_NOT_EXIST"
    assert said[-2] == "PERMISSION_DENIED PERMISSION_DENIED"
    assert "numbat" not in said[-1]


def test_the_blob_client_sees_nothing_of_the_other(estate: Running, filled: list[str]):
    _, account, container, token = filled
    if "/" not in account:
        account = f"https://{account}"
    else:
        account = f"https://{account}.blob.core.windows.net"
    variables = estate.variables("ben", OTHER)
    said = estate.python(HEAD + BLOBS, variables, account, container, token).splitlines()
    assert said[-2:] == ["403", "1"]
