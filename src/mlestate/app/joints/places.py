"""From the address of data to a signed one: which container, through which right, for whom."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import msgspec

from ...api.mlflow.address import MODELS_FOLDER, RUNS_FOLDER
from ...blob import sas
from ...catalog import live, storage_address
from ...catalog.datastores import container_of, is_own
from ...control.plane import Plane
from ...core import data_uri
from ...core.access import Caller
from ...core.data_uri import InContainer, OnDatastore
from ...core.errors import Conflict, Forbidden, Invalid, NotFound, PlatformError
from ...core.ids import ResourceId, parse
from ...core.lifecycle import Work
from ...core.resource import Resource, View
from ...store.resources import Query, Resources
from . import letters
from .accounts import WORD as ACCOUNTS
from .accounts import Containers

DATASTORES = "Microsoft.MachineLearningServices/workspaces/datastores"
ARTIFACT_STORE = "workspaceartifactstore"
LIFETIME = 24 * 3600.0
READ_DATASTORES = f"{DATASTORES}/read"
MODELS = "Microsoft.MachineLearningServices/workspaces/models/versions"
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
        return self._at(place, workspace, write)

    def opened(self, caller: Caller, uri: str, workspace: ResourceId) -> bool:
        """Whether the caller can open a datastore of the workspace at that address now, and with it
        whoever they let read there: not a whole container, and nothing by an identity."""
        try:
            spot = self.find(caller, uri, workspace)
        except PlatformError:
            return False
        return _lendable(spot, workspace) and caller.rights.allows(LIST_SECRETS, spot.right.scope)

    def _at(self, place: OnDatastore | InContainer, workspace: ResourceId, write: bool) -> Spot:
        if isinstance(place, OnDatastore):
            return self.on_datastore(place, write)
        return self._in_container(place, workspace, write)

    def on_datastore(self, place: OnDatastore, write: bool = False) -> Spot:
        """Raises Forbidden where it is to be written and is read-only, Invalid where the estate
        holds nothing of it."""
        store = self._datastore(place.datastore)
        container = container_of(store.properties)
        account = self._account_of(store)
        if container is None or account is None:
            raise _without_content(store)
        if write and self._is_read_only(store, account):
            raise _read_only(store, account)
        right = self._right(store, account, container, write)
        return Spot(account.name, container, place.path, right)

    def is_read_only(self, store: Resource) -> bool:
        """Whether nobody writes through it; of storage elsewhere, whether it says so itself."""
        account = self.account(str(store.properties.get("accountName") or ""))
        return self._is_read_only(store, account)

    def _is_read_only(self, store: Resource, account: Resource | None) -> bool:
        said, marks = store.properties.get("tags") or {}, account.tags if account else {}
        if not live.is_read_only(said, marks):
            return False
        home = self.plane.load(store.id.parent)
        own = home is not None and is_own(home, store.properties, account)
        return live.is_read_only(said, marks, own)

    def of_model(self, caller: Caller, version: ResourceId, inside: str) -> Spot:
        """Files of a registered model, which the caller must have the right to read. `inside`
        begins with the last part of its address, so that a model that is one file has a name."""
        caller.need(f"{version.type}/read", str(version))
        found = self.plane.load(version)
        if found is None:
            raise NotFound(f"there is no version `{version.name}` of `{version.parent.name}`")
        workspace = version.parent.parent
        spot = self.find(caller, str(found.properties["modelUri"]), workspace)
        right = self._right_on_files(found, spot)
        caller.need(right.action, right.scope, right.data)
        above, _, last = spot.path.rstrip("/").rpartition("/")
        if not f"{inside}/".startswith(f"{last}/"):
            raise NotFound(f"the model has no artifact `{inside}`", code="ArtifactNotFound")
        return Spot(spot.account, spot.container, f"{above}/{inside}".lstrip("/"), right)

    def _right_on_files(self, model: Resource, spot: Spot) -> sas.Right:
        """A model gives nobody what its place does not, unless whoever registered it could open
        that place. A run's artifacts are read as such, also where they are registered."""
        workspace, folder = model.id.parent.parent, spot.path.rstrip("/")
        if self._among_artifacts(workspace, spot):
            return sas.Right(scope=str(workspace), action=READ_ARTIFACTS, folder=folder)
        if model.properties.get("shared") and self._still_lent(model, spot):
            return sas.Right(scope=str(model.id), action=READ_ARTIFACTS, folder=folder)
        return msgspec.structs.replace(spot.right, folder=folder)

    def _among_artifacts(self, workspace: ResourceId, spot: Spot) -> bool:
        """Whether it is where runs and logged models are kept: below one of them."""
        head, *rest = spot.path.strip("/").split("/")
        if head not in (RUNS_FOLDER, MODELS_FOLDER) or not rest:
            return False
        store = workspace.child("datastores", ARTIFACT_STORE)
        try:
            return self._leads(store, spot.account, spot.container)
        except PlatformError:
            return False

    def _still_lent(self, model: Resource, spot: Spot) -> bool:
        """Nothing is lent of a datastore that came later: it may lead elsewhere than the one that
        was opened then."""
        if not _lendable(spot, model.id.parent.parent):
            return False
        return self._datastore(parse(spot.right.scope)).created.at <= model.created.at

    def as_artifact(self, spot: Spot, workspace: ResourceId, write: bool) -> Spot:
        """The same spot, reached by the right on run artifacts, in the folder of its run."""
        action = WRITE_ARTIFACTS if write else READ_ARTIFACTS
        folder = "/".join(spot.path.split("/")[:2])
        right = sas.Right(scope=str(workspace), action=action, folder=folder)
        return msgspec.structs.replace(spot, right=right)

    def _right(self, store: Resource, account: Resource, container: str, write: bool) -> sas.Right:
        """Through its secrets, or, where it opens to identities only, by a role on the data."""
        if not by_identity(store):
            return sas.Right(scope=str(store.id), action=LIST_SECRETS)
        scope = f"{account.id}/blobServices/default/containers/{container}"
        return sas.Right(scope=scope, action=WRITE_BLOBS if write else READ_BLOBS, data=True)

    def sign(self, caller: Caller, spot: Spot, permissions: str, view: View) -> str:
        """The container's address with a signature for the caller, who must have the right now."""
        if spot.right.action == READ_CODE and permissions != letters.READ:
            raise Invalid("code is not written to: choose a path of a datastore")
        caller.need(spot.right.action, spot.right.scope, spot.right.data)
        token = self.token(caller, spot, permissions)
        return f"{container_address(spot, view)}?{token}"

    def token(
        self, caller: Caller, spot: Spot, permissions: str, lifetime: float = LIFETIME
    ) -> str:
        """Of the letters those that the caller may have; a job's ends with its lease."""
        asked = {"job": caller.job, "fence": caller.fence, "since": caller.since}
        right = msgspec.structs.replace(spot.right, **asked)
        return sas.mint_bound(
            self._secret,
            spot.account,
            spot.container,
            caller.id,
            right,
            letters.held(permissions, caller, right),
            self._clock() + lifetime,
        )

    def _datastore(self, id: ResourceId) -> Resource:
        found = self.plane.load(self.plane.canonical(id))
        if found is None:
            raise NotFound(f"there is no datastore `{id.name}` in the workspace `{id.parent.name}`")
        return found

    def opens(self, right: sas.Right, account: str, container: str, writes: bool) -> bool:
        """Whether what a signature derives from still leads to the container: a workspace that
        was made anew under the same name has other ones. Raises Forbidden where it would write
        through a datastore that has become read-only."""
        if right.data:
            return self._is_of(account, container, right.scope)
        try:
            scope = parse(right.scope)
            if scope.type.lower() == DATASTORES.lower():
                return self._leads(scope, account, container, writes, right.action)
            if scope.type.lower() == MODELS.lower():
                return self._lends(scope, right, account, container)
            if right.action in (READ_CODE, WRITE_CODE):
                home = self.plane.load(scope)
                return home is not None and container.startswith(code_container(home))
            return self._leads(
                scope.child("datastores", ARTIFACT_STORE), account, container, writes
            )
        except ReadOnly:
            raise
        except PlatformError:
            return False

    def _lends(self, version: ResourceId, right: sas.Right, account: str, container: str) -> bool:
        """Whether the files of a registered model are still there, and still lent."""
        found = self.plane.load(version)
        if found is None:
            return False
        workspace = version.parent.parent
        place = data_uri.read(str(found.properties["modelUri"]), workspace)
        spot = self._at(place, workspace, write=False)
        now = self._right_on_files(found, spot)
        same = (now.scope, now.action, now.folder) == (right.scope, right.action, right.folder)
        return same and (spot.account, spot.container) == (account, container)

    def _leads(
        self,
        datastore: ResourceId,
        account: str,
        container: str,
        writes: bool = False,
        through: str = "",
    ) -> bool:
        """`through`, where said, is the action by which it must be reached still: one that opens to
        identities alone by now is not reached by its secrets."""
        spot = self.on_datastore(OnDatastore(datastore, ""), writes)
        same = through in ("", spot.right.action)
        return same and (spot.account, spot.container) == (account, container)

    def _is_of(self, account: str, container: str, scope: str) -> bool:
        found = self.account(account)
        wanted = f"{found.id.key}/blobservices/default/containers/{container}" if found else ""
        return scope.lower() == wanted.lower()

    def _account_of(self, store: Resource) -> Resource | None:
        """A name may have been taken anew, by others: what was attached was the one before."""
        found = self.account(str(store.properties.get("accountName") or ""))
        if found is not None and found.created.at > store.created.at:
            raise Conflict(
                f"the storage account of the datastore `{store.name}` was made after it: "
                "make the datastore anew",
                code="StorageAccountReplaced",
            )
        return found

    def account(self, name: str) -> Resource | None:
        """The storage account of the estate that has the name."""
        key = self.plane.cells.owner(ACCOUNTS, name) if name else None
        return self.plane.load(parse(key)) if key else None

    def _in_container(self, place: InContainer, workspace: ResourceId, write: bool) -> Spot:
        """A blob address is reached through the workspace: as code, or as one of its datastores."""
        home = self.plane.load(workspace)
        if home is not None and place.container.startswith(code_container(home)):
            right = sas.Right(scope=str(workspace), action=READ_CODE)
            return Spot(place.account, place.container, place.path, right)
        there = [one for one in self._datastores(workspace) if _is_at(one, place)]
        # Of several at the same place, one that may be written.
        fitting = (one for one in there if not write or not self.is_read_only(one))
        store = next(fitting, there[0] if there else None)
        if store is not None:
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


def _lendable(spot: Spot, workspace: ResourceId) -> bool:
    """Whether it is a folder or a file of a datastore of the workspace that has secrets."""
    own = spot.right.scope.lower().startswith(f"{workspace.key}/")
    return own and spot.right.action == LIST_SECRETS and spot.path.strip("/") != ""


def by_identity(datastore: Resource) -> bool:
    """Whether it hands out no secrets: who reads comes with a role on the data."""
    credentials = datastore.properties.get("credentials") or {}
    return str(credentials.get("credentialsType", "None")).lower() == "none"


def _by_secret(datastore: Resource) -> bool:
    """Whether a signature may stand for its credentials. A service principal is somebody: what it
    may do, its roles say."""
    credentials = datastore.properties.get("credentials") or {}
    return str(credentials.get("credentialsType", "None")).lower() in ("accountkey", "sas")


class ReadOnly(Forbidden):
    """A datastore on live data, or one that says so, was to be written."""

    code = "DatastoreReadOnly"


def _read_only(store: Resource, account: Resource) -> ReadOnly:
    marked = live.is_live(account.tags) and live.access(store.properties.get("tags") or {}) == ""
    why = f"`{account.name}` holds live data" if marked else "its tags say so"
    return ReadOnly(
        f"the datastore `{store.name}` is read-only, since {why}: write to another one, such as "
        "`workspaceblobstore`, or have the estate's file say `access: write` of it",
        target=str(store.id),
    )


def _without_content(store: Resource) -> Invalid:
    kind = store.properties.get("datastoreType")
    if container_of(store.properties) is None:
        why = f"is a pointer of type {kind}: jobs read blob containers and ADLS Gen2 alone"
    else:
        account = store.properties["accountName"]
        why = f"points at `{account}`, no storage account of this estate: jobs cannot reach it"
    return Invalid(f"the datastore `{store.name}` {why}", code="DatastoreTypeNotSupported")


def _is_at(store: Resource, place: InContainer) -> bool:
    there = (store.properties.get("accountName"), container_of(store.properties))
    return there == (place.account, place.container)


class Signatures:
    """What a datastore's `listSecrets` gives: the port of `providers.datastores`."""

    def __init__(self, places: Places):
        self._places = places

    def for_datastore(self, caller: Caller, datastore: Resource, seconds: float) -> str | None:
        said = datastore.properties
        if container_of(said) is None or not _by_secret(datastore):
            return None
        if self._places.account(str(said["accountName"])) is None:
            return None
        spot = self._places.on_datastore(OnDatastore(datastore.id, ""))
        read_only = self._places.is_read_only(datastore)
        permissions = letters.READ if read_only else letters.EVERY
        return self._places.token(caller, spot, permissions, seconds)


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
        token = self._places.token(work.caller, spot, letters.WRITE)
        return address, f"{address}?{token}", account_id


def code_container(workspace: Resource) -> str:
    """How the names of the containers begin that hold a workspace's code."""
    return f"code-{str(workspace.properties['workspaceId']).replace('-', '')[:20]}-"


def container_address(spot: Spot, view: View) -> str:
    return f"{storage_address.blob_origin(spot.account, view)}/{spot.container}"


def blob_address(container: str, path: str) -> str:
    """A blob's address from its container's, signature included."""
    address, _, token = container.partition("?")
    return f"{address}/{quote(path)}?{token}"
