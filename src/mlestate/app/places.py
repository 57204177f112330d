"""From the address of data to a signed one: which container, through which right, for whom."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import msgspec

from ..blob import sas
from ..control.plane import Plane
from ..core import data_uri
from ..core.access import Caller
from ..core.data_uri import InContainer, OnDatastore
from ..core.errors import Invalid, NotFound
from ..core.ids import ResourceId, parse
from ..core.lifecycle import Work
from ..core.resource import Resource, View
from ..store.resources import Query, Resources
from .accounts import Containers

READ, WRITE = "rl", "racwdl"
LIFETIME = 24 * 3600.0
LIST_SECRETS = "Microsoft.MachineLearningServices/workspaces/datastores/listsecrets/action"
WRITE_ARTIFACTS = "Microsoft.MachineLearningServices/workspaces/metadata/artifacts/write"
READ_ARTIFACTS = "Microsoft.MachineLearningServices/workspaces/metadata/artifacts/read"
WRITE_CODE = "Microsoft.MachineLearningServices/workspaces/codes/versions/write"
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

    def find(self, uri: str, workspace: ResourceId) -> Spot:
        """Raises Invalid for what is no address, NotFound for a datastore that is not there."""
        place = data_uri.read(uri, workspace)
        if isinstance(place, OnDatastore):
            return self.on_datastore(place)
        return self._in_container(place, workspace)

    def on_datastore(self, place: OnDatastore) -> Spot:
        store = self._datastore(place.datastore)
        said = store.properties
        if said.get("datastoreType") != "AzureBlob":
            raise Invalid(
                f"the datastore `{store.name}` is a {said.get('datastoreType')}: "
                "only AzureBlob has content here",
                code="DatastoreTypeNotSupported",
            )
        right = sas.Right(scope=str(store.id), action=LIST_SECRETS)
        return Spot(said["accountName"], said["containerName"], place.path, right)

    def of_model(self, caller: Caller, version: ResourceId, inside: str) -> Spot:
        """Files of a registered model. `inside` begins with the last part of its address, so that a
        model that is one file has a name; the signature is for the folder around it."""
        caller.need(f"{version.type}/read", str(version))
        found = self.plane.load(version)
        if found is None:
            raise NotFound(f"there is no version `{version.name}` of `{version.parent.name}`")
        workspace = version.parent.parent
        spot = self.find(str(found.properties["modelUri"]), workspace)
        above, _, last = spot.path.rstrip("/").rpartition("/")
        if not f"{inside}/".startswith(f"{last}/"):
            raise NotFound(f"the model has no artifact `{inside}`", code="ArtifactNotFound")
        right = sas.Right(scope=str(workspace), action=READ_ARTIFACTS, folder=above or last)
        return Spot(spot.account, spot.container, f"{above}/{inside}".lstrip("/"), right)

    def as_artifact(self, spot: Spot, workspace: ResourceId, write: bool) -> Spot:
        """The same spot, reached by the right on a workspace's run artifacts."""
        action = WRITE_ARTIFACTS if write else READ_ARTIFACTS
        right = sas.Right(scope=str(workspace), action=action)
        return msgspec.structs.replace(spot, right=right)

    def sign(self, caller: Caller, spot: Spot, permissions: str, view: View) -> str:
        """The container's address with a signature for the caller, who must have the right now."""
        if spot.right.action == READ_CODE and permissions != READ:
            raise Invalid("code is not written to: choose a path of a datastore")
        caller.need(spot.right.action, spot.right.scope)
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

    def _in_container(self, place: InContainer, workspace: ResourceId) -> Spot:
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
                return self.on_datastore(OnDatastore(store.id, place.path))
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


class Signatures:
    """What a datastore's `listSecrets` gives: the port of `providers.datastores`."""

    def __init__(self, places: Places):
        self._places = places

    def for_datastore(self, caller: Caller, datastore: Resource, seconds: float) -> str | None:
        said = datastore.properties
        if said.get("datastoreType") != "AzureBlob":
            return None
        if self._places.plane.cells.owner("storage", str(said["accountName"])) is None:
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
    """Path-style, under the estate's own origin: it resolves wherever the reader stands."""
    host = f"{view.origin}/_blob/{spot.account}.blob.{view.storage_suffix}"
    return f"{host}/{spot.container}"


def blob_address(container: str, path: str) -> str:
    """A blob's address from its container's, signature included."""
    address, _, token = container.partition("?")
    return f"{address}/{quote(path)}?{token}"
