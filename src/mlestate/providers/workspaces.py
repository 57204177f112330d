"""Workspaces: the resources they stand on, and the datastores they are born with."""

from __future__ import annotations

from typing import Any, Protocol

from ..core import ids
from ..core.errors import Invalid, NotFound
from ..core.ids import ResourceId
from ..core.lifecycle import Lifecycle, Work
from ..core.resource import Change, Resource

KIND = "Microsoft.MachineLearningServices/workspaces"
_STANDS_ON = ("storageAccount", "keyVault", "applicationInsights", "containerRegistry")


class Containers(Protocol):
    def ensure(self, work: Work, account: str, name: str) -> None:
        """Make the container in the request's transaction, unless it is there."""


class Workspaces(Lifecycle):
    kind = KIND

    def __init__(self, containers: Containers):
        self.containers = containers

    def admit(self, work: Work, change: Change) -> None:
        for field in _STANDS_ON:
            text = change.properties.get(field)
            if text:
                self._need(work, field, ids.parse(text), change)

    def _need(self, work: Work, field: str, id: ResourceId, change: Change) -> None:
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
        """There are no keys to list or to sync, and nothing that a diagnosis would find."""
        if resource is None or verb == "resyncKeys":
            return {}
        if verb == "diagnose":
            return {"value": {}}
        return {
            "userStorageKey": None,
            "userStorageResourceId": resource.properties["storageAccount"],
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
