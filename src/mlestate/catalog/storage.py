"""What a workspace stands on: storage accounts, vaults, insights, images and logs.

Storage accounts hold blobs. The others are records: they have the names, ids and tags that
templates, policies and workspaces need, and no service behind them.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from ..core import tags
from ..core.resource import Change, Resource, View
from ..core.resource_type import Action, ResourceType
from ..core.times import iso
from ..core.validate import Fault
from ..core.words import Word
from . import live, names, storage_address
from .writing import carried, filled, kept, refuse

ACCOUNT_KINDS = ("Storage", "StorageV2", "BlobStorage", "BlockBlobStorage", "FileStorage")
KEYS = ("key1", "key2")
KEYS_MADE = "keyCreationTime"
_REPLICATION = ("LRS", "GRS", "RAGRS", "ZRS", "GZRS", "RAGZRS")
ACCOUNT_SKUS = (*(f"Standard_{r}" for r in _REPLICATION), "Premium_LRS", "Premium_ZRS")


class AccessTier(Word):
    HOT = "Hot"
    COOL = "Cool"
    COLD = "Cold"
    PREMIUM = "Premium"


class KeyName(Word):
    KEY1 = "key1"
    KEY2 = "key2"


class Renewal(Struct, frozen=True, rename="camel"):
    """What `regenerateKey` is sent."""

    key_name: KeyName


class Access(Word):
    ENABLED = "Enabled"
    DISABLED = "Disabled"


class StorageAccount(Struct, frozen=True, rename="camel"):
    """`allow_shared_key_access` off means that neither keys nor account SAS open anything."""

    access_tier: AccessTier | None = None
    encryption: dict[str, Any] | None = None
    network_acls: dict[str, Any] | None = None
    allow_shared_key_access: bool | None = None
    allow_blob_public_access: bool | None = None
    is_hns_enabled: bool | None = None
    minimum_tls_version: str | None = None
    public_network_access: Access | None = None
    supports_https_traffic_only: bool | None = None


class Vault(Struct, frozen=True, rename="camel"):
    tenant_id: str | None = None
    sku: dict[str, str] | None = None
    access_policies: list[dict[str, Any]] | None = None
    enable_rbac_authorization: bool | None = None
    enable_soft_delete: bool | None = None
    enable_purge_protection: bool | None = None
    soft_delete_retention_in_days: int | None = None


class Component(Struct, frozen=True):
    application_type: str | None = field(default=None, name="Application_Type")
    workspace_resource_id: str | None = field(default=None, name="WorkspaceResourceId")
    retention_in_days: int | None = field(default=None, name="RetentionInDays")


class Registry(Struct, frozen=True, rename="camel"):
    admin_user_enabled: bool | None = None
    public_network_access: Access | None = None


class Logs(Struct, frozen=True, rename="camel"):
    sku: dict[str, Any] | None = None
    retention_in_days: int | None = None


def _check_account(change: Change) -> None:
    kind = change.document.get("kind") or "StorageV2"
    sku = (change.document.get("sku") or {}).get("name") or "Standard_LRS"
    found: list[Fault] = []
    if not _listed(kind, ACCOUNT_KINDS):
        found.append(("$.kind", f"`{kind}` is not one of {', '.join(ACCOUNT_KINDS)}"))
    if not _listed(sku, ACCOUNT_SKUS):
        found.append(("$.sku.name", f"`{sku}` is not one of {', '.join(ACCOUNT_SKUS)}"))
    found += tags.faults(change.document.get("tags") or {}, longest_name=128)
    found += _unsaid(change)
    refuse(found)


def _unsaid(change: Change) -> list[Fault]:
    """A list of tags that forgets one would open live data for writing, and nobody would know."""
    was = change.old is not None and live.is_live(change.old.tags)
    if not was or live.says(change.document.get("tags") or {}):
        return []
    what = "the account holds live data: say `live: true`, or `live: false` where it no longer does"
    return [(f"$.tags.{live.LIVE}", what)]


def _listed(word: str, words: tuple[str, ...]) -> bool:
    return word.lower() in (w.lower() for w in words)


def _complete_account(change: Change) -> dict[str, Any]:
    # Azure's default is on; a key would open what no role does, so here it has to be asked for.
    defaults = filled(
        change.properties,
        accessTier="Hot",
        allowSharedKeyAccess=False,
        allowBlobPublicAccess=False,
        isHnsEnabled=False,
        publicNetworkAccess="Enabled",
        supportsHttpsTrafficOnly=True,
    )
    place = str(change.document.get("location") or "")
    given = kept(change, "isHnsEnabled", KEYS_MADE)
    return {**defaults, **given, "primaryLocation": place}


def keys_made(account: Resource) -> dict[str, str]:
    """When each of its keys was made: with the account, unless it was renewed."""
    born = iso(account.created.at)
    return {name: born for name in KEYS} | (account.properties.get(KEYS_MADE) or {})


def _render_account(resource: Resource, view: View) -> dict[str, Any]:
    endpoints = {"blob": storage_address.blob_endpoint(resource.name, view)}
    born = iso(resource.created.at)
    own = {
        "primaryEndpoints": endpoints,
        KEYS_MADE: keys_made(resource),
        "creationTime": born,
        "statusOfPrimary": "available",
    }
    return own | _always(resource.properties, born)


def _always(said: dict[str, Any], born: str) -> dict[str, Any]:
    """What clients read of every account, whether or not anybody wrote it."""
    service = {"enabled": True, "keyType": "Account", "lastEnabledTime": born}
    encryption = {"keySource": "Microsoft.Storage", "services": {"blob": service}}
    network = {
        "bypass": "AzureServices",
        "defaultAction": "Allow",
        "ipRules": [],
        "virtualNetworkRules": [],
    }
    return {
        "encryption": encryption | (said.get("encryption") or {}),
        "networkAcls": network | (said.get("networkAcls") or {}),
        **filled(said, minimumTlsVersion="TLS1_2"),
    }


def _complete_vault(change: Change) -> dict[str, Any]:
    return filled(
        change.properties,
        sku={"family": "A", "name": "standard"},
        accessPolicies=[],
        enableRbacAuthorization=True,
        enableSoftDelete=True,
    )


def _render_vault(resource: Resource, view: View) -> dict[str, Any]:
    return {"tenantId": view.tenant} if view.tenant else {}


def _complete_component(change: Change) -> dict[str, Any]:
    key = carried(change, AppId=change.fresh_id, InstrumentationKey=change.fresh_id)
    return {**filled(change.properties, Application_Type="web"), **key}


def _render_component(resource: Resource, view: View) -> dict[str, Any]:
    return {"ApplicationId": resource.name, "Name": resource.name}


def _complete_logs(change: Change) -> dict[str, Any]:
    defaults = filled(change.properties, sku={"name": "PerGB2018"}, retentionInDays=30)
    return {**defaults, **carried(change, customerId=change.fresh_id)}


def _complete_registry(change: Change) -> dict[str, Any]:
    return filled(change.properties, adminUserEnabled=False, publicNetworkAccess="Enabled")


STORAGE_ACCOUNTS = ResourceType(
    name="Microsoft.Storage/storageAccounts",
    doc="Holds the blobs of workspaces: data, code, models, logs.",
    properties=StorageAccount,
    name_rule=names.STORAGE,
    tracked=True,
    unique_in="storage",
    unfit_name="AccountNameInvalid",
    created=200,
    envelope={"kind": "StorageV2", "sku": {"name": "Standard_LRS", "tier": "Standard"}},
    actions=(Action(name="listKeys"), Action(name="regenerateKey", body=Renewal)),
    read_only=(
        "primaryEndpoints",
        "primaryLocation",
        "statusOfPrimary",
        "creationTime",
        KEYS_MADE,
    ),
    fixed=("isHnsEnabled",),
    check=_check_account,
    complete=_complete_account,
    render=_render_account,
)

VAULTS = ResourceType(
    name="Microsoft.KeyVault/vaults",
    doc="A record of the key vault that a workspace is bound to.",
    properties=Vault,
    name_rule=names.VAULT,
    tracked=True,
    unique_in="vault",
    unfit_name="AccountNameInvalid",
    read_only=("tenantId", "vaultUri"),
    complete=_complete_vault,
    render=_render_vault,
)

COMPONENTS = ResourceType(
    name="Microsoft.Insights/components",
    doc="A record of the Application Insights that a workspace is bound to.",
    properties=Component,
    name_rule=names.INSIGHTS,
    tracked=True,
    created=200,
    envelope={"kind": "web"},
    read_only=("AppId", "ApplicationId", "InstrumentationKey", "Name"),
    complete=_complete_component,
    render=_render_component,
)

REGISTRIES = ResourceType(
    name="Microsoft.ContainerRegistry/registries",
    doc="A record of the container registry that a workspace is bound to.",
    properties=Registry,
    name_rule=names.IMAGES,
    tracked=True,
    unique_in="registry",
    envelope={"sku": {"name": "Basic", "tier": "Basic"}},
    read_only=("loginServer",),
    complete=_complete_registry,
)

LOG_WORKSPACES = ResourceType(
    name="Microsoft.OperationalInsights/workspaces",
    doc="A record of the Log Analytics workspace that an Application Insights writes to.",
    properties=Logs,
    name_rule=names.LOGS,
    tracked=True,
    read_only=("customerId",),
    complete=_complete_logs,
)

STORAGE = (STORAGE_ACCOUNTS, VAULTS, COMPONENTS, REGISTRIES, LOG_WORKSPACES)
