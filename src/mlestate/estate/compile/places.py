"""Subscriptions, resource groups, and workspaces with what belongs to each."""

from __future__ import annotations

from collections.abc import Iterator

from ...catalog import live
from ..desired import Desired, Json
from ..layout.logical import of_workspace
from ..layout.places import PROVIDERS, Workspace
from ..layout.pointers import Pointers, vault_id
from ..spec import Estate, Settings

REGIONS = "Mlestate.Organization/regions"


def regions(estate: Estate) -> Iterator[Desired]:
    for name in estate.regions.all:
        yield Desired(region_id(name), REGIONS, {})


def region_id(name: str) -> str:
    return f"/providers/{REGIONS}/{name}"


def subscriptions(estate: Estate) -> Iterator[Desired]:
    for name, guid in estate.azure.subscriptions.items():
        body: dict[str, Json] = {"displayName": name}
        if estate.tags.values:
            body["tags"] = estate.tags.values
        yield Desired(f"/subscriptions/{guid.lower()}", "Microsoft.Resources/subscriptions", body)


def resources(estate: Estate, workspaces: list[Workspace]) -> Iterator[Desired]:
    pointers = Pointers(workspaces)
    for workspace in workspaces:
        yield _resource_group(workspace)
        for kind, body in _associated(workspace.settings).items():
            yield _resource(estate, workspace, kind, body)
        yield _resource(estate, workspace, "workspace", _workspace(workspace, pointers))


def _resource_group(workspace: Workspace) -> Desired:
    body: dict[str, Json] = {"location": workspace.region, "tags": workspace.tags}
    kind = "Microsoft.Resources/subscriptions/resourceGroups"
    key = of_workspace(workspace, "resourceGroup")
    return Desired(workspace.group, kind, body, key=key)


def _resource(estate: Estate, workspace: Workspace, kind: str, body: dict[str, Json]) -> Desired:
    placed: dict[str, Json] = {"location": workspace.region}
    # Without inheritance the resource group alone carries the tags, and the workspace as its face.
    tags = dict(workspace.tags) if estate.tags.inherit or kind == "workspace" else {}
    if kind == "storage":
        # By this tag the server knows what nobody may write to through another's datastore.
        tags[live.LIVE] = str(bool(workspace.settings.live)).lower()
    if tags:
        placed["tags"] = tags
    needs = (region_id(workspace.region),)
    key = of_workspace(workspace, kind)
    return Desired(workspace.id(kind), PROVIDERS[kind], placed | body, needs, key)


def _associated(settings: Settings) -> dict[str, dict[str, Json]]:
    parts: dict[str, dict[str, Json]] = {
        "storage": _storage(settings),
        "insights": {"kind": "web", "properties": {"Application_Type": "web"}},
    }
    if settings.key_vault is None:
        parts["vault"] = {
            "properties": {
                "sku": {"family": "A", "name": "standard"},
                "enableRbacAuthorization": True,
            }
        }
    if settings.container_registry:
        parts["registry"] = {
            "sku": {"name": "Premium"},
            "properties": {"adminUserEnabled": False},
        }
    return parts


def _storage(settings: Settings) -> dict[str, Json]:
    return {
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "properties": {
            "allowBlobPublicAccess": False,
            "allowSharedKeyAccess": settings.storage_auth != "identity",
        },
    }


def _workspace(workspace: Workspace, pointers: Pointers) -> dict[str, Json]:
    settings = workspace.settings
    existing = settings.key_vault and vault_id(settings.key_vault, pointers)
    here = () if workspace.region == workspace.solution.region else (workspace.region,)
    properties: dict[str, Json] = {
        "friendlyName": " ".join([workspace.solution.id, workspace.environment, *here]),
        "storageAccount": workspace.id("storage"),
        "keyVault": existing or workspace.id("vault"),
        "applicationInsights": workspace.id("insights"),
    }
    if settings.container_registry:
        properties["containerRegistry"] = workspace.id("registry")
    if settings.storage_auth == "identity":
        properties["systemDatastoresAuthMode"] = "Identity"
    return {"identity": {"type": "SystemAssigned"}, "properties": properties}
