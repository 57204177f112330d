"""Subscriptions, resource groups, and workspaces with what belongs to each."""

from __future__ import annotations

from collections.abc import Iterator

from ..desired import Desired, Json
from ..layout import PROVIDERS, Workspace
from ..logical import of_workspace
from ..spec import Environment, Estate


def subscriptions(estate: Estate) -> Iterator[Desired]:
    for name, guid in estate.azure.subscriptions.items():
        body: dict[str, Json] = {"displayName": name}
        if estate.tags.values:
            body["tags"] = estate.tags.values
        yield Desired(f"/subscriptions/{guid.lower()}", "Microsoft.Resources/subscriptions", body)


def resources(estate: Estate, workspaces: list[Workspace]) -> Iterator[Desired]:
    for workspace in workspaces:
        environment = estate.environments[workspace.environment]
        yield _resource_group(workspace)
        for kind, body in _associated(environment).items():
            yield _resource(estate, workspace, kind, body)
        yield _resource(estate, workspace, "workspace", _workspace(environment, workspace))


def _resource_group(workspace: Workspace) -> Desired:
    body: dict[str, Json] = {"location": workspace.region, "tags": workspace.tags}
    kind = "Microsoft.Resources/subscriptions/resourceGroups"
    key = of_workspace(workspace, "resourceGroup")
    return Desired(workspace.group, kind, body, key=key)


def _resource(estate: Estate, workspace: Workspace, kind: str, body: dict[str, Json]) -> Desired:
    placed: dict[str, Json] = {"location": workspace.region}
    # Without inheritance the resource group alone carries the tags, and the workspace as its face.
    if estate.tags.inherit or kind == "workspace":
        placed["tags"] = workspace.tags
    key = of_workspace(workspace, kind)
    return Desired(workspace.id(kind), PROVIDERS[kind], placed | body, key=key)


def _associated(environment: Environment) -> dict[str, dict[str, Json]]:
    parts: dict[str, dict[str, Json]] = {
        "storage": _storage(environment),
        "vault": {
            "properties": {
                "sku": {"family": "A", "name": "standard"},
                "enableRbacAuthorization": True,
            }
        },
        "insights": {"kind": "web", "properties": {"Application_Type": "web"}},
    }
    if environment.container_registry:
        parts["registry"] = {
            "sku": {"name": "Premium"},
            "properties": {"adminUserEnabled": False},
        }
    return parts


def _storage(environment: Environment) -> dict[str, Json]:
    return {
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "properties": {
            "allowBlobPublicAccess": False,
            "allowSharedKeyAccess": environment.storage_auth != "identity",
        },
    }


def _workspace(environment: Environment, workspace: Workspace) -> dict[str, Json]:
    properties: dict[str, Json] = {
        "friendlyName": f"{workspace.solution.id} {workspace.environment}",
        "storageAccount": workspace.id("storage"),
        "keyVault": workspace.id("vault"),
        "applicationInsights": workspace.id("insights"),
    }
    if environment.container_registry:
        properties["containerRegistry"] = workspace.id("registry")
    if environment.storage_auth == "identity":
        properties["systemDatastoresAuthMode"] = "Identity"
    return {"identity": {"type": "SystemAssigned"}, "properties": properties}
