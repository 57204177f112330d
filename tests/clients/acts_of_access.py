"""For each ability a call that official clients make: authorized, and then harmless.

What is written is small, or refused for its body after its author was let in; what is deleted is
not there, or held by a condition that is never met.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

_AUTHORIZATION = "Microsoft.Authorization"
_NEVER = {"If-Match": '"never"'}
_DENIED = ("does not have authorization to perform", "PERMISSION_DENIED")


class Where(msgspec.Struct, frozen=True):
    """A workspace by id, with the storage account beside it."""

    id: str
    storage: str

    @property
    def group(self) -> str:
        return self.id.split("/providers/")[0]

    @property
    def subscription(self) -> str:
        return "/".join(self.id.split("/")[:3])


def play(asked: str, answered: str) -> None:
    """As one person: each ability in each place, `{environment: {ability: allowed}}` to a file."""
    places = msgspec.json.decode(Path(asked).read_bytes(), type=dict[str, Where])
    found = {name: _all(where) for name, where in places.items()}
    Path(answered).write_text(json.dumps(found))


def _all(where: Where) -> dict[str, bool]:
    calls = {**_looking(where), **_working(where), **_storing(where), **_ruling(where)}
    return {name: allowed(call) for name, call in calls.items()}


def allowed(call: Callable[[], Any]) -> bool:
    """Whether it was not refused to this person, whatever else was wrong with it."""
    from azure.ai.ml.exceptions import MlException
    from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
    from mlflow.exceptions import MlflowException
    from requests import HTTPError

    try:
        call()
    except ClientAuthenticationError:
        raise
    except (HttpResponseError, HTTPError, MlException, MlflowException) as error:
        return not any(words in str(error) for words in _DENIED)
    return True


def _ml(where: Where) -> Any:
    from azure.ai.ml import MLClient
    from azure.identity import EnvironmentCredential

    parts = where.id.split("/")
    return MLClient(EnvironmentCredential(), parts[2], parts[4], parts[-1])


def _mlflow(where: Where) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(_tracking(where), _tracking(where))


def _tracking(where: Where) -> str:
    return f"{os.environ['AZURE_AUTHORITY_HOST']}/mlflow/v3.0{where.id}"


class Arm:
    """What every `azure-mgmt-*` client is made of."""

    def __init__(self) -> None:
        from azure.identity import EnvironmentCredential
        from azure.mgmt.core import ARMPipelineClient
        from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

        scope = "https://management.azure.com/.default"
        policy = ARMChallengeAuthenticationPolicy(EnvironmentCredential(), scope)
        origin = os.environ["AZURE_AUTHORITY_HOST"]
        self._client: Any = ARMPipelineClient(origin, policies=[policy])

    def __call__(
        self, method: str, id: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> None:
        from azure.core.exceptions import HttpResponseError
        from azure.core.rest import HttpRequest

        address = self._client.format_url(f"{id}?api-version=2024-04-01")
        response = self._client.send_request(
            HttpRequest(method, address, json=body, headers=headers)
        )
        if response.status_code >= 400:
            raise HttpResponseError(response=response)


def _looking(where: Where) -> dict[str, Callable[[], Any]]:
    import mlflow

    ml, runs = _ml(where), _mlflow(where)
    files = "mlflow-artifacts:/ExperimentRun/dcid.none"
    return {
        "see-workspace": lambda: ml.workspaces.get(where.id.split("/")[-1]),
        "see-jobs": lambda: list(ml.jobs.list()),
        "see-runs": lambda: runs.search_runs(["0"]),
        "see-models": lambda: list(ml.models.list(name="none")),
        "see-data": lambda: list(ml.data.list(name="none")),
        "see-computes": lambda: list(ml.compute.list()),
        "read-artifacts": lambda: mlflow.artifacts.list_artifacts(
            artifact_uri=files, tracking_uri=_tracking(where)
        ),
    }


def _working(where: Where) -> dict[str, Callable[[], Any]]:
    from azure.ai.ml import command
    from azure.ai.ml.entities import AmlCompute, CommandComponent, Data, Environment, Model

    ml, runs, arm = _ml(where), _mlflow(where), Arm()
    there, none = "azureml://datastores/workspaceblobstore/paths/none", "0" * 32
    endpoint = f"{where.id}/onlineEndpoints/none"
    job = command(command="true", environment="none:1", compute="cpu-cluster")
    step = {"name": "step", "version": "1", "command": "true", "environment": "azureml:none:1"}
    cluster = AmlCompute(name="cpu-new", size="Standard_None")
    return {
        "train": lambda: ml.jobs.create_or_update(job),
        "cancel-job": lambda: ml.jobs.begin_cancel("none"),
        "delete-job": lambda: arm("DELETE", f"{where.id}/jobs/none"),
        "log-metrics": lambda: runs.log_metric(none, "loss", 1.0),
        "delete-run": lambda: runs.delete_run(none),
        "register-model": lambda: ml.models.create_or_update(
            Model(name=_new(), version="1", path=there)
        ),
        "delete-model": lambda: arm("DELETE", f"{where.id}/models/none/versions/1"),
        "register-data": lambda: ml.data.create_or_update(
            Data(name=_new(), version="1", path=there, type="uri_folder")
        ),
        "register-environment": lambda: ml.environments.create_or_update(
            Environment(name=_new(), version="1", image="python:3.11")
        ),
        "register-component": lambda: ml.components.create_or_update(CommandComponent(**step)),
        "upload-code": lambda: arm("PUT", f"{where.id}/codes/none/versions/1", {}),
        "deploy": lambda: arm("PUT", f"{endpoint}/deployments/none", {}),
        "score": lambda: arm("POST", f"{endpoint}/score", {}),
        "delete-endpoint": lambda: arm("DELETE", endpoint),
        "create-cluster": lambda: ml.compute.begin_create_or_update(cluster),
        "delete-cluster": lambda: ml.compute.begin_delete("none"),
    }


def _storing(where: Where) -> dict[str, Callable[[], Any]]:
    from azure.ai.ml.entities import AzureBlobDatastore, WorkspaceConnection
    from azure.identity import EnvironmentCredential
    from azure.storage.blob import BlobServiceClient

    ml, arm = _ml(where), Arm()
    account = where.storage.rpartition("/")[2]
    blobs = BlobServiceClient(
        f"{os.environ['AZURE_AUTHORITY_HOST']}/_blob/{account}", EnvironmentCredential()
    )
    none = blobs.get_blob_client("none", "none")
    git = WorkspaceConnection(
        name=_new(), type="git", target="https://git.example", credentials=None
    )
    outside = AzureBlobDatastore(name=_new("_"), account_name="elsewhere", container_name="none")
    return {
        "read-data": lambda: none.download_blob().readall(),
        "write-data": lambda: none.upload_blob(b"x", overwrite=True),
        "delete-data": none.delete_blob,
        "create-container": lambda: blobs.create_container(_new()),
        "attach-datastore": lambda: ml.datastores.create_or_update(outside),
        "open-datastore": lambda: ml.datastores.get("workspaceblobstore", include_secrets=True),
        "read-storage-keys": lambda: arm("POST", f"{where.storage}/listKeys", {}),
        "read-secrets": lambda: arm("POST", f"{where.id}/connections/none/listsecrets", {}),
        "create-connection": lambda: ml.connections.create_or_update(git),
    }


def _ruling(where: Where) -> dict[str, Callable[[], Any]]:
    arm = Arm()
    workspaces = where.id.rpartition("/")[0]
    groups = f"{where.subscription}/resourceGroups"
    rules = f"providers/{_AUTHORIZATION}"
    assignments = f"{where.id}/{rules}/roleAssignments"
    return {
        "create-workspace": lambda: arm("PUT", f"{workspaces}/mlw-none", {}),
        "change-workspace": lambda: arm("PATCH", where.id, {"tags": {}}, _NEVER),
        "delete-workspace": lambda: arm("DELETE", where.id, headers=_NEVER),
        "create-resource-group": lambda: arm("PUT", f"{groups}/rg-none", {}),
        "delete-resource-group": lambda: arm("DELETE", where.group, headers=_NEVER),
        "lock": lambda: arm("PUT", f"{where.group}/{rules}/locks/none", {}),
        "see-access": lambda: arm("GET", assignments),
        "give-role": lambda: arm("PUT", f"{assignments}/{uuid.uuid4()}", {}),
    }


def _new(mark: str = "-") -> str:
    """A name that nobody else takes at the same time."""
    return f"none{mark}{uuid.uuid4().hex[:8]}"
