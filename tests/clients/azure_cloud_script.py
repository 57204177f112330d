"""A script as somebody wrote it for Azure: it names Azure's public cloud, and nothing of an estate.

It is run as it stands, in a process of its own; what it prints is read by the test.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import mlflow
import requests
from azure.ai.ml import MLClient, command
from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.entities import Environment, Model
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential
from azure.storage.blob import BlobClient

SUBSCRIPTION = "6b1f6d1e-52a4-4a0e-9f0c-2a4c7c1d0001"
GROUP, WORKSPACE = "rg-rnd-explore", "mlw-rnd-explore"
ARM = "https://management.azure.com"
ML = (
    f"{ARM}/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
    f"/providers/Microsoft.MachineLearningServices/workspaces/{WORKSPACE}"
)
TRAIN = """
import pathlib
print("trained on Azure, as far as I know")
pathlib.Path("outputs/weights.txt").write_text("0.5")
"""


def main() -> None:
    credential = DefaultAzureCredential()
    ml = MLClient(credential, SUBSCRIPTION, GROUP, WORKSPACE)
    look_around(ml)
    job = train(ml)
    register(ml, job)
    call_directly(credential)
    track(ml)
    print("all done")


def look_around(ml: MLClient) -> None:
    workspace = ml.workspaces.get(WORKSPACE)
    assert workspace.discovery_url.startswith(f"{ARM}/")
    assert workspace.mlflow_tracking_uri.startswith("azureml://management.azure.com/")
    store = ml.datastores.get_default()
    assert store.account_name.isalnum()
    print("account", store.account_name)


def train(ml: MLClient) -> str:
    conda = {"name": "bare", "dependencies": ["python=3.11"]}
    environment = Environment(name="bare", image="python:3.11", conda_file=conda)
    ml.environments.create_or_update(environment)
    code = Path(tempfile.mkdtemp())
    (code / "train.py").write_text(TRAIN)
    job = ml.jobs.create_or_update(
        command(
            code=str(code),
            command="python train.py",
            environment="bare@latest",
            compute="cpu-cluster",
        )
    )
    ml.jobs.stream(job.name)
    assert ml.jobs.get(job.name).status == "Completed"
    return str(job.name)


def register(ml: MLClient, job: str) -> None:
    into = Path(tempfile.mkdtemp())
    ml.jobs.download(job, download_path=str(into))
    weights = next(into.rglob("weights.txt"))
    for _ in range(2):
        ml.models.create_or_update(
            Model(name="weights", path=str(weights), type=AssetTypes.CUSTOM_MODEL)
        )
    ml.models.download("weights", "2", download_path=str(into / "again"))
    assert next((into / "again").rglob("weights.txt")).read_text() == "0.5"


def call_directly(credential: DefaultAzureCredential) -> None:
    """Without a client of Azure Machine Learning's: pages, addresses in answers, curl, a server."""
    token = credential.get_token(f"{ARM}/.default").token
    assert ManagedIdentityCredential().get_token(f"{ARM}/.default").token
    headers = {"Authorization": f"Bearer {token}"}
    tenants = requests.get(f"{ARM}/tenants?api-version=2022-12-01", headers=headers).json()
    assert len(tenants["value"]) == 1
    page = requests.get(f"{ML}/models/weights/versions?$top=1", headers=headers).json()
    assert page["nextLink"].startswith(f"{ARM}/subscriptions/")
    rest = requests.get(page["nextLink"], headers=headers).json()
    assert sorted(one["name"] for one in (*page["value"], *rest["value"])) == ["1", "2"]
    pending = {"pendingUploadType": "TemporaryBlobReference"}
    upload = f"{ML}/codes/numbat/versions/1/startPendingUpload"
    given = requests.post(upload, headers=headers, json=pending).json()
    place = given["blobReferenceForConsumption"]
    assert ".blob.core.windows.net/code-" in place["blobUri"]
    address, _, signature = place["credential"]["sasUri"].partition("?")
    blob = BlobClient.from_blob_url(f"{address}/numbat.bin?{signature}")
    blob.upload_blob(bytes(9 << 20), max_concurrency=2)
    assert len(blob.download_blob().readall()) == 9 << 20
    asked = ["curl", "--silent", "--show-error", "--header", f"Authorization: Bearer {token}"]
    told = subprocess.run([*asked, f"{ML}?api-version=2024-10-01"], capture_output=True, check=True)
    assert WORKSPACE.encode() in told.stdout


def track(ml: MLClient) -> None:
    """Where the tracking address comes from is not this script's business."""
    with mlflow.start_run() as run:
        mlflow.log_metric("loss", 0.5)
        mlflow.log_text("hello", "hello.txt")
    assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/hello.txt") == "hello"


if __name__ == "__main__":
    main()
