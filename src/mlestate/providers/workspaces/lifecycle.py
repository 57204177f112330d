"""Workspaces: the resources they stand on, and the datastores they are born with."""

from __future__ import annotations

from typing import Any, Protocol

from ...catalog.datastores import is_own
from ...control.elsewhere import is_elsewhere
from ...core import ids
from ...core.errors import Conflict, Invalid, NotFound
from ...core.ids import ResourceId
from ...core.lifecycle import Lifecycle, Slow, Work
from ...core.resource import Change, Resource
from ...store.resources import Query, Resources
from .diagnosis import diagnosis

KIND = "Microsoft.MachineLearningServices/workspaces"
_STANDS_ON = ("storageAccount", "keyVault", "applicationInsights", "containerRegistry")
_BLOBS, _ARTIFACTS = _BORN_WITH = ("workspaceblobstore", "workspaceartifactstore")
_MANY = 100_000
_KEYS = "Microsoft.Storage/storageAccounts/listKeys/action"


class Containers(Protocol):
    def ensure(self, work: Work, account: str, name: str) -> None:
        """Make the container in the request's transaction, unless it is there."""


class Keys(Protocol):
    def of(self, account: Resource) -> tuple[str, ...]:
        """An account's two keys, in base64."""


class Runs(Protocol):
    def forget(self, region: str, workspace: str) -> None:
        """All that was tracked in a workspace, by its GUID. Safe to repeat."""


class Workspaces(Lifecycle):
    kind = KIND

    def __init__(self, containers: Containers, keys: Keys, runs: Runs):
        self.containers, self.keys, self.runs = containers, keys, runs

    def delete(self, slow: Slow, resource: Resource) -> None:
        self.runs.forget(slow.region, str(resource.properties["workspaceId"]))

    def admit(self, work: Work, change: Change) -> None:
        for field in _STANDS_ON:
            text = change.properties.get(field)
            if text:
                self._need(work, field, ids.parse(text), change)

    def _need(self, work: Work, field: str, id: ResourceId, change: Change) -> None:
        if field == "keyVault" and is_elsewhere(work, id):
            return
        work.caller.need(f"{id.type}/read", str(id))
        found = work.find(id)
        if found is None:
            raise NotFound(
                f"`{field}` names `{id}`, which is not there: make it first",
                code="LinkedResourceNotFound",
                target=f"$.properties.{field}",
            )
        if field == "storageAccount" and not _together(found, change):
            raise Invalid(
                f"the storage account `{id.name}` is in `{found.location}`: a workspace's own "
                "account is in its region; others can be attached as datastores",
                code="StorageAccountInOtherRegion",
                target="$.properties.storageAccount",
            )

    def written(self, work: Work, resource: Resource, old: Resource | None) -> None:
        if old is not None:
            if _by_identity(old) != _by_identity(resource):
                self._turn(work, resource)
            return
        account = _account(resource).name
        guid = str(resource.properties["workspaceId"])
        # Two workspaces may share an account, never a container: its name carries the workspace's.
        self._datastore(work, resource, account, _BLOBS, f"azureml-blobstore-{guid}")
        self._datastore(work, resource, account, _ARTIFACTS, f"azureml-{guid}")

    def act(
        self, work: Work, verb: str, resource: Resource | None, id: ResourceId, body: Any
    ) -> Any:
        if resource is None:
            raise Conflict(f"a workspace cannot `{verb}` before it is there")
        match verb:
            case "listKeys":
                return self._keys(work, resource)
            case "resyncKeys":
                return None  # keys are derived from one secret: no copy of them can grow old
            case "diagnose":
                return {"value": diagnosis(work, resource)}
        raise Conflict(f"a workspace cannot `{verb}`")

    def _keys(self, work: Work, resource: Resource) -> dict[str, Any]:
        """What there is. A key that opens nothing, or that the caller may not have from the account
        itself, is null: clients bear it, and a refusal would keep the account's id from them."""
        account = _account(resource)
        found = work.find(account)
        shared = found is not None and bool(found.properties.get("allowSharedKeyAccess"))
        given = shared and work.caller.rights.allows(_KEYS, str(account))
        return {
            "userStorageKey": self.keys.of(found)[0] if found and given else None,
            "userStorageArmId": str(account),
            "userStorageResourceId": str(account),
            "appInsightsInstrumentationKey": None,
            "containerRegistryCredentials": None,
            "notebookAccessKeys": None,
        }

    def _datastore(
        self, work: Work, workspace: Resource, account: str, name: str, container: str
    ) -> None:
        self.containers.ensure(work, account, container)
        document = _datastore(account, container, name, _credentials(workspace))
        work.put(workspace.id.child("datastores", name), document)

    def _turn(self, work: Work, workspace: Resource) -> None:
        """Its own containers are reached as it says from now on. To identities alone: a key opens
        none of them through any of its datastores. Back: through those that it was born with."""
        account, there = work.find(_account(workspace)), Resources(work.connection)
        every = Query(type=f"{KIND}/datastores", under=workspace.id.key, limit=_MANY)
        for store in there.list(every):
            if is_own(workspace, store.properties, account) and _follows(store, workspace):
                said = {**store.properties, "credentials": _credentials(workspace)}
                work.put(store.id, {**store.document, "properties": said})


def _follows(store: Resource, workspace: Resource) -> bool:
    kind = str((store.properties.get("credentials") or {}).get("credentialsType")).lower()
    if _by_identity(workspace):
        return kind in ("accountkey", "sas")
    return kind == "none" and store.name in _BORN_WITH


def _account(workspace: Resource) -> ResourceId:
    return ids.parse(workspace.properties["storageAccount"])


def _by_identity(workspace: Resource) -> bool:
    return str(workspace.properties.get("systemDatastoresAuthMode")).lower() == "identity"


def _credentials(workspace: Resource) -> dict[str, str]:
    return {"credentialsType": "None" if _by_identity(workspace) else "Sas"}


def _datastore(
    account: str, container: str, name: str, credentials: dict[str, str]
) -> dict[str, Any]:
    return {
        "properties": {
            "datastoreType": "AzureBlob",
            "accountName": account,
            "containerName": container,
            "isDefault": name == _BLOBS,
            "credentials": credentials,
        }
    }


def _together(found: Resource, change: Change) -> bool:
    return (
        found.location.replace(" ", "").lower()
        == str(change.document.get("location", "")).replace(" ", "").lower()
    )
