"""Workspaces: where a team's data, jobs, models and computes are."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ..core.resource import Change, Resource, View
from ..core.resource_type import Action, Filter, ResourceType
from ..core.validate import Fault
from ..core.words import Word
from . import names, references
from .storage import Access
from .writing import carried, filled, kept, refuse

KINDS = ("Default",)
_PATCHABLE = (
    "applicationInsights",
    "containerRegistry",
    "description",
    "enableDataIsolation",
    "encryption",
    "featureStoreSettings",
    "friendlyName",
    "imageBuildCompute",
    "managedNetwork",
    "primaryUserAssignedIdentity",
    "publicNetworkAccess",
    "serverlessComputeSettings",
    "serviceManagedResourcesSettings",
    "systemDatastoresAuthMode",
    "v1LegacyMode",
)
_FIXED = ("storageAccount", "keyVault", "hbiWorkspace")
_SERVER_ONLY = (
    "discoveryUrl",
    "mlFlowTrackingUri",
    "notebookInfo",
    "privateEndpointConnections",
    "privateLinkCount",
    "provisioningState",
    "serviceProvisionedResourceGroup",
    "storageHnsEnabled",
    "tenantId",
    "workspaceId",
)


class Isolation(Word):
    DISABLED = "Disabled"
    INTERNET = "AllowInternetOutbound"
    APPROVED = "AllowOnlyApprovedOutbound"


class DatastoreAuth(Word):
    KEY = "AccessKey"
    IDENTITY = "Identity"
    DELEGATED = "UserDelegationSAS"


class ManagedNetwork(Struct, frozen=True, rename="camel"):
    isolation_mode: Isolation | None = None
    outbound_rules: dict[str, dict[str, Any]] | None = None


class KeyVaultProperties(Struct, frozen=True, rename="camel"):
    key_vault_arm_id: str
    key_identifier: str
    identity_client_id: str | None = None


class Encryption(Struct, frozen=True, rename="camel"):
    status: Access
    key_vault_properties: KeyVaultProperties


class Workspace(Struct, frozen=True, rename="camel"):
    application_insights: str | None = None
    container_registry: str | None = None
    description: str | None = None
    enable_data_isolation: bool | None = None
    encryption: Encryption | None = None
    feature_store_settings: dict[str, Any] | None = None
    friendly_name: str | None = None
    hbi_workspace: bool | None = None
    hub_resource_id: str | None = None
    image_build_compute: str | None = None
    key_vault: str | None = None
    managed_network: ManagedNetwork | None = None
    primary_user_assigned_identity: str | None = None
    public_network_access: Access | None = None
    serverless_compute_settings: dict[str, Any] | None = None
    storage_account: str | None = None
    system_datastores_auth_mode: DatastoreAuth | None = None
    v1_legacy_mode: bool | None = None


class Diagnose(Struct, frozen=True):
    value: dict[str, Any] | None = None


def _check(change: Change) -> None:
    typed: Workspace = change.typed
    kind = change.document.get("kind") or "Default"
    found: list[Fault] = []
    if kind.lower() not in (k.lower() for k in KINDS):
        found.append(("$.kind", f"`{kind}` is not supported yet; supported: {', '.join(KINDS)}"))
    elif typed.hub_resource_id:
        found.append(("$.properties.hubResourceId", "only a workspace of kind Project has a hub"))
    if change.old is None and not typed.storage_account:
        text = "is missing: the id of the storage account that holds the workspace's blobs"
        found.append(("$.properties.storageAccount", text))
    found += references.associated_faults(change.properties)
    found += _network_faults(change)
    refuse(found)


def _network_faults(change: Change) -> list[Fault]:
    """Isolation goes one way: what was closed for approval cannot be opened, nor switched off."""
    old = (change.old.properties.get("managedNetwork") or {}) if change.old else {}
    before, after = old.get("isolationMode"), change.typed.managed_network
    if before is None or after is None or after.isolation_mode is None:
        return []
    openness = [mode.value.lower() for mode in Isolation]
    if openness.index(after.isolation_mode.lower()) >= openness.index(before.lower()):
        return []
    text = f"cannot go back from `{before}` to `{after.isolation_mode}`"
    return [("$.properties.managedNetwork.isolationMode", text)]


def _complete(change: Change) -> dict[str, Any]:
    defaults = filled(
        change.properties,
        friendlyName=change.id.name,
        enableDataIsolation=False,
        hbiWorkspace=False,
        publicNetworkAccess="Enabled",
        v1LegacyMode=False,
    )
    # Fresh for each creation: clients cache ids of components under it on disk.
    return {**defaults, **kept(change, *_FIXED), **carried(change, workspaceId=change.fresh_id)}


def _render(resource: Resource, view: View) -> dict[str, Any]:
    tenant = {"tenantId": view.tenant} if view.tenant else {}
    return {
        **tenant,
        "discoveryUrl": f"{view.origin}/discovery",
        "mlFlowTrackingUri": f"azureml://{view.authority}/mlflow/v1.0{resource.id}",
        "allowPublicAccessWhenBehindVnet": False,
        "privateLinkCount": 0,
        "storageHnsEnabled": False,
    }


WORKSPACES = ResourceType(
    name=references.WORKSPACE,
    doc="The place where a team's data, jobs, models and computes are.",
    properties=Workspace,
    name_rule=names.WORKSPACE,
    tracked=True,
    created=200,
    envelope={"kind": "Default", "sku": {"name": "Basic", "tier": "Basic"}},
    slow=frozenset({"delete"}),
    actions=(
        Action(name="listKeys"),
        Action(name="resyncKeys"),
        Action(name="diagnose", body=Diagnose, permission=f"{references.WORKSPACE}/diagnose/read"),
    ),
    filters={"kind": Filter(("kind",), match="in", envelope=True)},
    read_only=_SERVER_ONLY,
    fixed=_FIXED,
    patchable=_PATCHABLE,
    check=_check,
    complete=_complete,
    render=_render,
)
