"""Datastores: named places in storage, with how to get in."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ..core.resource import Change, Resource, View
from ..core.resource_type import Action, Filter, ResourceType
from ..core.validate import Fault
from ..core.words import Word
from . import names, storage_address
from .references import WORKSPACE
from .writing import changed, filled, refuse, refuse_changes

DEFAULT = "workspaceblobstore"


class AccountKeySecrets(Struct, frozen=True, tag_field="secretsType", tag="AccountKey"):
    key: str | None = None


class SasSecrets(Struct, frozen=True, rename="camel", tag_field="secretsType", tag="Sas"):
    sas_token: str | None = None


class PrincipalSecrets(
    Struct, frozen=True, rename="camel", tag_field="secretsType", tag="ServicePrincipal"
):
    client_secret: str | None = None


class CertificateSecrets(Struct, frozen=True, tag_field="secretsType", tag="Certificate"):
    certificate: str | None = None


class Credentials(Struct, frozen=True, rename="camel", tag_field="credentialsType"):
    """Secrets are kept apart. Where none were given, the estate makes one for its own accounts."""


class AccountKey(Credentials, frozen=True, tag="AccountKey"):
    secrets: AccountKeySecrets | None = None


class Sas(Credentials, frozen=True, tag="Sas"):
    secrets: SasSecrets | None = None


class NoCredentials(Credentials, frozen=True, tag="None"):
    """Whoever reads comes with an identity of their own."""


class ServicePrincipal(Credentials, frozen=True, kw_only=True, tag="ServicePrincipal"):
    client_id: str
    tenant_id: str
    authority_url: str | None = None
    resource_url: str | None = None
    secrets: PrincipalSecrets | None = None


class Certificate(Credentials, frozen=True, kw_only=True, tag="Certificate"):
    client_id: str
    tenant_id: str
    thumbprint: str
    authority_url: str | None = None
    resource_url: str | None = None
    secrets: CertificateSecrets | None = None


class ServiceIdentity(Word):
    NONE = "None"
    SYSTEM = "WorkspaceSystemAssignedIdentity"
    USER = "WorkspaceUserAssignedIdentity"


class Datastore(Struct, frozen=True, kw_only=True, rename="camel", tag_field="datastoreType"):
    account_name: str
    credentials: AccountKey | Sas | NoCredentials | ServicePrincipal | Certificate
    description: str | None = None
    endpoint: str | None = None
    protocol: str | None = None
    properties: dict[str, str | None] | None = None
    resource_group: str | None = None
    service_data_access_auth_identity: ServiceIdentity | None = None
    subscription_id: str | None = None
    tags: dict[str, str | None] | None = None


class Blob(Datastore, frozen=True, kw_only=True, tag="AzureBlob"):
    container_name: str


class File(Datastore, frozen=True, kw_only=True, tag="AzureFile"):
    file_share_name: str


class Gen2(Datastore, frozen=True, kw_only=True, tag="AzureDataLakeGen2"):
    filesystem: str


class SecretsRequest(Struct, frozen=True, rename="camel"):
    expirable_secret: bool | None = None
    expire_after_hours: int | None = None


_PLACE = ("datastoreType", "accountName", "containerName", "fileShareName", "filesystem")


def _check(change: Change) -> None:
    typed: Blob | File | Gen2 = change.typed
    account = storage_address.plain(typed.account_name)
    found: list[Fault] = [
        ("$.properties.accountName", text) for _, text in names.STORAGE.check(account)
    ]
    field, container = _container(typed)
    found += [(f"$.properties.{field}", text) for _, text in names.CONTAINER.check(container)]
    if (typed.protocol or "https").lower() != "https":
        found.append(("$.properties.protocol", "storage is reached by `https` only"))
    refuse(found)
    refuse_changes(changed(change, _PLACE, _plain), "make another datastore")


def _container(typed: Blob | File | Gen2) -> tuple[str, str]:
    if isinstance(typed, Blob):
        return "containerName", typed.container_name
    if isinstance(typed, File):
        return "fileShareName", typed.file_share_name
    return "filesystem", typed.filesystem


def _plain(field: str, value: Any) -> Any:
    return storage_address.plain(str(value)) if field == "accountName" else value


def _complete(change: Change) -> dict[str, Any]:
    return {
        "accountName": storage_address.plain(change.typed.account_name),
        "isDefault": change.id.name == DEFAULT,
        **filled(
            change.properties,
            protocol="https",
            properties={},
            resourceGroup=change.id.group,
            subscriptionId=change.id.subscription,
            tags={},
        ),
    }


def _render(resource: Resource, view: View) -> dict[str, Any]:
    account = storage_address.shown(str(resource.properties.get("accountName") or ""), view)
    return {
        "accountName": account,
        "endpoint": resource.properties.get("endpoint") or view.storage_suffix,
    }


DATASTORES = ResourceType(
    name=f"{WORKSPACE}/datastores",
    doc="A named place in a storage account, with the way to get in.",
    properties=Blob | File | Gen2,
    name_rule=names.DATASTORE,
    stateful=False,
    actions=(Action(name="listSecrets", body=SecretsRequest),),
    filters={
        # `false` asks for no filter: clients mean "all" by it.
        "isdefault": Filter(("isDefault",), {"true": True, "false": None}),
        "names": Filter((), match="in"),
    },
    read_only=("isDefault",),
    secrets=("credentials.secrets",),
    check=_check,
    complete=_complete,
    render=_render,
)
