"""Datastores: named places in storage, with how to get in."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from ..core.resource import Change, Resource, View
from ..core.resource_type import Action, Filter, ResourceType
from ..core.validate import Fault
from ..core.words import Word
from . import live, names, storage_address
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
    """The tags `live` and `access` say whether it opens for writing: see `live`."""

    credentials: AccountKey | Sas | NoCredentials | ServicePrincipal | Certificate
    description: str | None = None
    endpoint: str | None = None
    properties: dict[str, str | None] | None = None
    resource_group: str | None = None
    service_data_access_auth_identity: ServiceIdentity | None = None
    subscription_id: str | None = None
    tags: dict[str, str | None] | None = None


class OnAccount(Datastore, frozen=True, kw_only=True):
    """A place in a storage account."""

    account_name: str
    protocol: str | None = None


class Blob(OnAccount, frozen=True, kw_only=True, tag="AzureBlob"):
    container_name: str


class File(OnAccount, frozen=True, kw_only=True, tag="AzureFile"):
    file_share_name: str


class Gen2(OnAccount, frozen=True, kw_only=True, tag="AzureDataLakeGen2"):
    filesystem: str


class Gen1(Datastore, frozen=True, kw_only=True, tag="AzureDataLakeGen1"):
    """A pointer only: its service has ended."""

    store_name: str


class LakeHouse(Struct, frozen=True, rename="camel", tag_field="artifactType", tag="LakeHouse"):
    artifact_name: str


class OneLake(Datastore, frozen=True, kw_only=True, tag="OneLake"):
    """A pointer only: Fabric is reached by none of the protocols here."""

    artifact: LakeHouse
    one_lake_workspace_name: str


class SecretsRequest(Struct, frozen=True, rename="camel"):
    expirable_secret: bool | None = None
    expire_after_hours: Annotated[int, Meta(ge=0)] | None = None


_PLACE = (
    "datastoreType",
    "accountName",
    "containerName",
    "fileShareName",
    "filesystem",
    "storeName",
    "artifact",
    "oneLakeWorkspaceName",
)
# The kinds that are containers of blobs, and the property that names the container.
_CONTAINERS = {"AzureBlob": "containerName", "AzureDataLakeGen2": "filesystem"}


def container_of(properties: dict[str, Any]) -> str | None:
    """The container of blobs that a datastore is; None for a kind that has no content here."""
    field = _CONTAINERS.get(str(properties.get("datastoreType")))
    return str(properties.get(field)) if field else None


def is_own(workspace: Resource, datastore: dict[str, Any], account: Resource | None) -> bool:
    """Whether a datastore is a container that its workspace was born with."""
    guid = workspace.properties.get("workspaceId")
    home = str(workspace.properties.get("storageAccount") or "").lower()
    container = container_of(datastore) or ""
    named = container in (f"azureml-blobstore-{guid}", f"azureml-{guid}")
    return bool(guid) and named and account is not None and account.id.key == home


def _check(change: Change) -> None:
    found = _access_faults(change.typed.tags or {})
    if isinstance(change.typed, OnAccount):
        found += _account_faults(change.typed)
    refuse(found)
    refuse_changes(changed(change, _PLACE, _plain), "make another datastore")


def _account_faults(typed: OnAccount) -> list[Fault]:
    account = storage_address.plain(typed.account_name)
    found: list[Fault] = [
        ("$.properties.accountName", text) for _, text in names.STORAGE.check(account)
    ]
    field, container = _container(typed)
    found += [(f"$.properties.{field}", text) for _, text in names.CONTAINER.check(container)]
    if (typed.protocol or "https").lower() != "https":
        found.append(("$.properties.protocol", "storage is reached by `https` only"))
    return found


def _container(typed: OnAccount) -> tuple[str, str]:
    if isinstance(typed, Blob):
        return "containerName", typed.container_name
    if isinstance(typed, File):
        return "fileShareName", typed.file_share_name
    return "filesystem", str(getattr(typed, "filesystem", ""))


def _access_faults(tags: live.Tags) -> list[Fault]:
    said = live.access(tags)
    if not said or said in live.WORDS:
        return []
    return [(f"$.properties.tags.{live.ACCESS}", f"`{said[:80]}` is neither `read` nor `write`")]


def _plain(field: str, value: Any) -> Any:
    return storage_address.plain(str(value)) if field == "accountName" and value else value


def _complete(change: Change) -> dict[str, Any]:
    defaults = filled(
        change.properties,
        properties={},
        resourceGroup=change.id.group,
        subscriptionId=change.id.subscription,
        tags={},
    )
    common = {"isDefault": change.id.name == DEFAULT, **defaults}
    if not isinstance(change.typed, OnAccount):
        return common
    account = storage_address.plain(change.typed.account_name)
    return {**common, "accountName": account, **filled(change.properties, protocol="https")}


def _render(resource: Resource, view: View) -> dict[str, Any]:
    said = resource.properties
    if not said.get("accountName"):
        return {}
    account = storage_address.shown(str(said["accountName"]), view)
    return {"accountName": account, "endpoint": said.get("endpoint") or view.storage_suffix}


DATASTORES = ResourceType(
    name=f"{WORKSPACE}/datastores",
    doc="A named place in storage that is there already, with the way to get in.",
    properties=Blob | File | Gen2 | Gen1 | OneLake,
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
    secrets_by="credentials.credentialsType",
    check=_check,
    complete=_complete,
    render=_render,
)
