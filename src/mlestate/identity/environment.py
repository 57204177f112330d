"""The variables that make official, unmodified clients talk to this estate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from . import trust

# A tenant of this name makes MSAL skip the question to login.microsoftonline.com whether the
# authority is one of Microsoft's (it takes the address for an AD FS, which it cannot ask about).
TENANT = "adfs"
# Of the environment of whoever starts a program that is meant for Azure's public cloud.
_ASTRAY = frozenset(
    {
        "ARM_CLOUD_METADATA_URL",
        "AZUREML_CURRENT_CLOUD",
        "AZURE_AUTHORITY_HOST",
        "AZURE_CLIENT_CERTIFICATE_PASSWORD",
        "AZURE_CLIENT_CERTIFICATE_PATH",
        "AZURE_FEDERATED_TOKEN_FILE",
        "AZURE_PASSWORD",
        "AZURE_REGIONAL_AUTHORITY_NAME",
        "AZURE_TOKEN_CREDENTIALS",
        "AZURE_USERNAME",
        "IDENTITY_ENDPOINT",
        "IDENTITY_HEADER",
        "MLFLOW_TRACKING_PASSWORD",
        "MLFLOW_TRACKING_TOKEN",
        "MLFLOW_TRACKING_USERNAME",
        "MSI_ENDPOINT",
        "MSI_SECRET",
        "REGISTRY_DISCOVERY_ENDPOINT_URL",
    }
)


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
        | {"AZURE_AUTHORITY_HOST": estate.origin}
        | _login(login, TENANT)
        | _cloud(estate)
        | (_workspace(estate, workspace) if workspace else {})
        | ({"MLFLOW_TRACKING_TOKEN": token} if token else {})
    )


def unchanged(
    estate: Estate,
    tenant: str,
    login: Login,
    workspace: Workspace | None = None,
) -> dict[str, str]:
    """For programs that find Azure's public cloud by its own names: `tenant` is the estate's id."""
    return (
        dict.fromkeys(trust.VARIABLES, str(estate.bundle))
        | _login(login, tenant)
        | _managed_identity(estate, login)
        | (_workspace(estate, workspace) if workspace else {})
        | (_tracked(login) if workspace else {})
    )


def without_clouds(environment: Mapping[str, str]) -> dict[str, str]:
    """Less what would lead a program to another cloud, or to credentials of another."""
    return {name: value for name, value in environment.items() if name not in _ASTRAY}


def _trust(estate: Estate) -> dict[str, str]:
    # requests (azure-core, MSAL, MLflow) reads the first, ssl (urllib, httpx) the second.
    return {"REQUESTS_CA_BUNDLE": str(estate.bundle), "SSL_CERT_FILE": str(estate.bundle)}


def _login(login: Login, tenant: str) -> dict[str, str]:
    return {
        "AZURE_TENANT_ID": tenant,
        "AZURE_CLIENT_ID": login.client_id,
        "AZURE_CLIENT_SECRET": login.client_secret,
    }


def _managed_identity(estate: Estate, login: Login) -> dict[str, str]:
    """As App Service tells a program; so the same login is had by either kind of credential."""
    return {
        "IDENTITY_ENDPOINT": f"{estate.origin}/{TENANT}/oauth2/identity",
        "IDENTITY_HEADER": f"{login.client_id}:{login.client_secret}",
    }


def _tracked(login: Login) -> dict[str, str]:
    """Where a program may run for days: a token, which MLflow does not renew, lasts an hour."""
    return {
        "MLFLOW_TRACKING_USERNAME": login.client_id,
        "MLFLOW_TRACKING_PASSWORD": login.client_secret,
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
