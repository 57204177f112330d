"""From the address of data to a signed one: which container, through which right, for whom."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import msgspec

from ...blob import sas
from ...catalog import storage_address
from ...control.plane import Plane
from ...core import data_uri
from ...core.access import Caller
from ...core.data_uri import InContainer, OnDatastore
from ...core.errors import Conflict, Invalid, NotFound, PlatformError
from ...core.ids import ResourceId, parse
from ...core.lifecycle import Work
from ...core.resource import Resource, View
from ...store.resources import Query, Resources
from .accounts import WORD as ACCOUNTS
from .accounts import Containers

READ, WRITE = "rl", "racwdl"
DATASTORES = "Microsoft.MachineLearningServices/workspaces/datastores"
ARTIFACT_STORE = "workspaceartifactstore"
LIFETIME = 24 * 3600.0
READ_DATASTORES = f"{DATASTORES}/read"
LIST_SECRETS = "Microsoft.MachineLearningServices/workspaces/datastores/listsecrets/action"
WRITE_ARTIFACTS = "Microsoft.MachineLearningServices/workspaces/metadata/artifacts/write"
READ_ARTIFACTS = "Microsoft.MachineLearningServices/workspaces/metadata/artifacts/read"
WRITE_CODE = "Microsoft.MachineLearningServices/workspaces/codes/versions/write"
READ_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
WRITE_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write"
READ_CODE = "Microsoft.MachineLearningServices/workspaces/codes/versions/read"


class Spot(msgspec.Struct, frozen=True):
    """A path of a container, and the right through which it is reached."""

    account: str
    container: str
    path: str
    right: sas.Right


class Places:
    """`secret` signs; a signature holds as long as its principal keeps the right it names."""

    def __init__(self, plane: Plane, secret: bytes, clock: Callable[[], float]):
        self.plane, self._secret, self._clock = plane, secret, clock

    def find(self, caller: Caller, uri: str, workspace: ResourceId, write: bool = False) -> Spot:
        """Raises Invalid for what is no address, Forbidden for a datastore that the caller may not
        read, NotFound for one that is not there."""
        place = data_uri.read(uri, workspace)
        if isinstance(place, OnDatastore):
            caller.need(READ_DATASTORES, str(place.datastore))
            return self.on_datastore(place, write)
        return self._in_container(place, workspace, write)

    def on_datastore(self, place: OnDatastore, write: bool = False) -> Spot:
        store = self._datastore(place.datastore)
        self._need_same_account(store)
        said = store.properties
        if said.get("datastoreType") != "AzureBlob":
            raise Invalid(
                f"the datastore `{store.name}` is a {said.get('datastoreType')}: "
                "only AzureBlob has content here",
                code="DatastoreTypeNotSupported",
            )
        right = self._right(store, write)
        return Spot(said["accountName"], said["containerName"], place.path, right)

    def of_model(self, caller: Caller, version: ResourceId, inside: str) -> Spot:
        """Files of a registered model. `inside` begins with the last part of its address, so that a
        model that is one file has a name; the signature is for the folder around it."""
        caller.need(f"{version.type}/read", str(version))
        found = self.plane.load(version)
        if found is None:
            raise NotFound(f"there is no version `{version.name}` of `{version.parent.name}`")
        workspace = version.parent.parent
        spot = self.find(caller, str(found.properties["modelUri"]), workspace)
        above, _, last = spot.path.rstrip("/").rpartition("/")
        if not f"{inside}/".startswith(f"{last}/"):
            raise NotFound(f"the model has no artifact `{inside}`", code="ArtifactNotFound")
        right = spot.right
        # A model may point out of its workspace: there the right on its artifacts reaches nothing.
        if right.scope.lower().startswith(f"{workspace.key}/"):
            right = sas.Right(scope=str(workspace), action=READ_ARTIFACTS, folder=above or last)
        return Spot(spot.account, spot.container, f"{above}/{inside}".lstrip("/"), right)

    def as_artifact(self, spot: Spot, workspace: ResourceId, write: bool) -> Spot:
        """The same spot, reached by the right on run artifacts, in the folder of its run."""
        action = WRITE_ARTIFACTS if write else READ_ARTIFACTS
        folder = "/".join(spot.path.split("/")[:2])
        right = sas.Right(scope=str(workspace), action=action, folder=folder)
        return msgspec.structs.replace(spot, right=right)

    def _right(self, store: Resource, write: bool) -> sas.Right:
        """Through its secrets, or, where it opens to identities only, by a role on the data."""
        if not by_identity(store):
            return sas.Right(scope=str(store.id), action=LIST_SECRETS)
        account = self.plane.cells.owner(ACCOUNTS, str(store.properties["accountName"]))
        container = store.properties["containerName"]
        scope = f"{account}/blobServices/default/containers/{container}"
        return sas.Right(scope=scope, action=WRITE_BLOBS if write else READ_BLOBS, data=True)

    def sign(self, caller: Caller, spot: Spot, permissions: str, view: View) -> str:
        """The container's address with a signature for the caller, who must have the right now."""
        if spot.right.action == READ_CODE and permissions != READ:
            raise Invalid("code is not written to: choose a path of a datastore")
        caller.need(spot.right.action, spot.right.scope, spot.right.data)
        token = self.token(caller, spot, permissions)
        return f"{container_address(spot, view)}?{token}"

    def token(
        self, caller: Caller, spot: Spot, permissions: str, lifetime: float = LIFETIME
    ) -> str:
        return sas.mint_bound(
            self._secret,
            spot.account,
            spot.container,
            caller.id,
            spot.right,
            permissions,
            self._clock() + lifetime,
        )

    def _datastore(self, id: ResourceId) -> Resource:
        found = self.plane.load(self.plane.canonical(id))
        if found is None:
            raise NotFound(f"there is no datastore `{id.name}` in the workspace `{id.parent.name}`")
        return found

    def opens(self, signed: sas.Signed, account: str, container: str) -> bool:
        """Whether what a signature derives from still leads to the container: a workspace that
        was made anew under the same name has other ones."""
        if signed.data:
            return self._is_of(account, container, signed.scope)
        try:
            scope = parse(signed.scope)
            if scope.type.lower() == DATASTORES.lower():
                return self._leads(scope, account, container)
            if signed.action in (READ_CODE, WRITE_CODE):
                home = self.plane.load(scope)
                return home is not None and container.startswith(code_container(home))
            return self._leads(scope.child("datastores", ARTIFACT_STORE), account, container)
        except PlatformError:
            return False

    def _leads(self, datastore: ResourceId, account: str, container: str) -> bool:
        spot = self.on_datastore(OnDatastore(datastore, ""))
        return (spot.account, spot.container) == (account, container)

    def _is_of(self, account: str, container: str, scope: str) -> bool:
        found = self.account(account)
        wanted = f"{found.id.key}/blobservices/default/containers/{container}" if found else ""
        return scope.lower() == wanted.lower()

    def _need_same_account(self, store: Resource) -> None:
        """A name may have been taken anew, by others: what was attached was the one before."""
        found = self.account(str(store.properties.get("accountName")))
        if found is not None and found.created.at > store.created.at:
            raise Conflict(
                f"the storage account of the datastore `{store.name}` was made after it: "
                "make the datastore anew",
                code="StorageAccountReplaced",
            )

    def account(self, name: str) -> Resource | None:
        """The storage account of the estate that has the name."""
        key = self.plane.cells.owner(ACCOUNTS, name)
        return self.plane.load(parse(key)) if key else None

    def _in_container(self, place: InContainer, workspace: ResourceId, write: bool) -> Spot:
        """A blob address is reached through the workspace: as code, or as one of its datastores."""
        home = self.plane.load(workspace)
        if home is not None and place.container.startswith(code_container(home)):
            right = sas.Right(scope=str(workspace), action=READ_CODE)
            return Spot(place.account, place.container, place.path, right)
        for store in self._datastores(workspace):
            said = store.properties
            if (said.get("accountName"), said.get("containerName")) == (
                place.account,
                place.container,
            ):
                return self.on_datastore(OnDatastore(store.id, place.path), write)
        raise Invalid(
            f"the container `{place.container}` of `{place.account}` is no datastore of "
            f"`{workspace.name}`: add it as one",
            code="DatastoreNotFound",
        )

    def _datastores(self, workspace: ResourceId) -> list[Resource]:
        region = self.plane.region_of(workspace)
        with self.plane.cells.named(region or "").read() as connection:
            kind = f"{workspace.type}/datastores"
            return Resources(connection).list(Query(type=kind, under=workspace.key, limit=1000))


def by_identity(datastore: Resource) -> bool:
    """Whether it hands out no secrets: who reads comes with a role on the data."""
    credentials = datastore.properties.get("credentials") or {}
    return str(credentials.get("credentialsType", "None")).lower() == "none"


class Signatures:
    """What a datastore's `listSecrets` gives: the port of `providers.datastores`."""

    def __init__(self, places: Places):
        self._places = places

    def for_datastore(self, caller: Caller, datastore: Resource, seconds: float) -> str | None:
        said = datastore.properties
        if said.get("datastoreType") != "AzureBlob" or by_identity(datastore):
            return None
        if self._places.account(str(said["accountName"])) is None:
            return None
        spot = self._places.on_datastore(OnDatastore(datastore.id, ""))
        return self._places.token(caller, spot, WRITE, seconds)


class Uploads:
    """Fresh containers for code: the port of `providers.assets`."""

    def __init__(self, places: Places, containers: Containers):
        self._places, self._containers = places, containers

    def begin(self, work: Work, workspace: ResourceId) -> tuple[str, str, str]:
        found = work.find(workspace)
        if found is None:
            raise NotFound(f"there is no workspace `{workspace.name}`")
        account_id = str(found.properties["storageAccount"])
        account = parse(account_id).name
        container = code_container(found) + work.fresh_id().replace("-", "")[:20]
        self._containers.ensure(work, account, container)
        right = sas.Right(scope=str(workspace), action=WRITE_CODE)
        spot = Spot(account, container, "", right)
        address = container_address(spot, work.view)
        return address, f"{address}?{self._places.token(work.caller, spot, WRITE)}", account_id


def code_container(workspace: Resource) -> str:
    """How the names of the containers begin that hold a workspace's code."""
    return f"code-{str(workspace.properties['workspaceId']).replace('-', '')[:20]}-"


def container_address(spot: Spot, view: View) -> str:
    return f"{storage_address.blob_origin(spot.account, view)}/{spot.container}"


def blob_address(container: str, path: str) -> str:
    """A blob's address from its container's, signature included."""
    address, _, token = container.partition("?")
    return f"{address}/{quote(path)}?{token}"
