"""Workspaces: the resources they stand on, and the datastores they are born with."""

from __future__ import annotations

from typing import Any, Protocol

from ...control.elsewhere import is_elsewhere
from ...core import ids
from ...core.errors import Conflict, Invalid, NotFound
from ...core.ids import ResourceId
from ...core.lifecycle import Lifecycle, Slow, Work
from ...core.resource import Change, Resource
from .diagnosis import diagnosis

KIND = "Microsoft.MachineLearningServices/workspaces"
_STANDS_ON = ("storageAccount", "keyVault", "applicationInsights", "containerRegistry")
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
            return
        account = ids.parse(resource.properties["storageAccount"]).name
        guid = str(resource.properties["workspaceId"])
        # Two workspaces may share an account, never a container: its name carries the workspace's.
        self._datastore(work, resource, account, "workspaceblobstore", f"azureml-blobstore-{guid}")
        self._datastore(work, resource, account, "workspaceartifactstore", f"azureml-{guid}")

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
        account = ids.parse(resource.properties["storageAccount"])
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
        mode = workspace.properties.get("systemDatastoresAuthMode")
        secrets = "None" if str(mode).lower() == "identity" else "Sas"
        document = _datastore(account, container, name, secrets)
        work.put(workspace.id.child("datastores", name), document)


def _datastore(account: str, container: str, name: str, secrets: str) -> dict[str, Any]:
    return {
        "properties": {
            "datastoreType": "AzureBlob",
            "accountName": account,
            "containerName": container,
            "isDefault": name == "workspaceblobstore",
            "credentials": {"credentialsType": secrets},
        }
    }


def _together(found: Resource, change: Change) -> bool:
    return (
        found.location.replace(" ", "").lower()
        == str(change.document.get("location", "")).replace(" ", "").lower()
    )
