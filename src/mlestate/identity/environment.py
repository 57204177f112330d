"""The variables that make official, unmodified clients talk to this estate."""

from __future__ import annotations

from pathlib import Path

import msgspec

# A tenant of this name makes MSAL skip the question to login.microsoftonline.com whether the
# authority is one of Microsoft's (it takes the address for an AD FS, which it cannot ask about).
TENANT = "adfs"


class Estate(msgspec.Struct, frozen=True):
    """`origin` is `https://host:port`; `cloud` the name in its cloud document; `bundle` the CAs."""

    origin: str
    cloud: str
    bundle: Path


class Login(msgspec.Struct, frozen=True):
    client_id: str
    client_secret: str


class Workspace(msgspec.Struct, frozen=True):
    subscription: str
    resource_group: str
    name: str

    @property
    def id(self) -> str:
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{self.name}"
        )


def variables(
    estate: Estate, login: Login, workspace: Workspace | None = None, token: str = ""
) -> dict[str, str]:
    """`token` is an access token for MLflow, which cannot get one by itself."""
    return (
        _trust(estate)
        | _login(estate, login)
        | _cloud(estate)
        | (_workspace(estate, workspace) if workspace else {})
        | ({"MLFLOW_TRACKING_TOKEN": token} if token else {})
    )


def _trust(estate: Estate) -> dict[str, str]:
    # requests (azure-core, MSAL, MLflow) reads the first, ssl (urllib, httpx) the second.
    return {"REQUESTS_CA_BUNDLE": str(estate.bundle), "SSL_CERT_FILE": str(estate.bundle)}


def _login(estate: Estate, login: Login) -> dict[str, str]:
    return {
        "AZURE_AUTHORITY_HOST": estate.origin,
        "AZURE_TENANT_ID": TENANT,
        "AZURE_CLIENT_ID": login.client_id,
        "AZURE_CLIENT_SECRET": login.client_secret,
    }


def _cloud(estate: Estate) -> dict[str, str]:
    return {
        "ARM_CLOUD_METADATA_URL": f"{estate.origin}/metadata/endpoints?api-version=2019-05-01",
        # Saves azure-ai-ml one reading of that document at each start.
        "AZUREML_CURRENT_CLOUD": estate.cloud,
        "REGISTRY_DISCOVERY_ENDPOINT_URL": f"{estate.origin}/",
    }


def _workspace(estate: Estate, workspace: Workspace) -> dict[str, str]:
    return {
        "MLFLOW_TRACKING_URI": f"{estate.origin}/mlflow/v3.0{workspace.id}",
        "AZURE_SUBSCRIPTION_ID": workspace.subscription,
        "AZURE_RESOURCE_GROUP": workspace.resource_group,
        "AZURE_ML_WORKSPACE": workspace.name,
        # As a job of Azure ML finds them.
        "AZUREML_ARM_SUBSCRIPTION": workspace.subscription,
        "AZUREML_ARM_RESOURCEGROUP": workspace.resource_group,
        "AZUREML_ARM_WORKSPACE_NAME": workspace.name,
    }
