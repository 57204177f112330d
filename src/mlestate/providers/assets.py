"""Versions of assets: each new one is the latest of its container, and sets the next number."""

from __future__ import annotations

from typing import Any, Protocol

from ..core import numbers
from ..core.access import Caller
from ..core.errors import Conflict
from ..core.ids import ResourceId
from ..core.lifecycle import Lifecycle, Work
from ..core.resource import Resource

CODES = "Microsoft.MachineLearningServices/workspaces/codes/versions"


class Versions(Lifecycle):
    """`kind` is a type of versions, such as `…/workspaces/models/versions`."""

    def __init__(self, kind: str):
        self.kind = kind

    def written(self, work: Work, resource: Resource, old: Resource | None) -> None:
        container = work.find(resource.id.parent)
        if old is not None or container is None:
            return
        following = max(_number(container), _after(resource.name))
        work.save(
            container.with_properties(latestVersion=resource.name, nextVersion=str(following))
        )


class Located(Versions):
    """Versions of what lies somewhere: `field` has the address."""

    def __init__(self, kind: str, field: str, outputs: Outputs):
        super().__init__(kind)
        self.field, self.outputs = field, outputs

    def written(self, work: Work, resource: Resource, old: Resource | None) -> None:
        super().written(work, self._settled(work, resource), old)

    def _settled(self, work: Work, resource: Resource) -> Resource:
        """A job's output is written as the place it is: clients download from there."""
        uri = str(resource.properties[self.field])
        settled = self.outputs.settled(work, resource.id.parent.parent, uri)
        if settled == uri:
            return resource
        return work.save(resource.with_properties(**{self.field: settled}))


class ModelVersions(Located):
    """Who registers files that they can open lets the readers of the workspace's artifacts read
    them; whoever cannot says where files are, and lends nothing."""

    def __init__(self, kind: str, outputs: Outputs, places: Places):
        super().__init__(kind, "modelUri", outputs)
        self.places = places

    def written(self, work: Work, resource: Resource, old: Resource | None) -> None:
        resource = self._settled(work, resource)
        uri, workspace = str(resource.properties[self.field]), resource.id.parent.parent
        if old is None and self.places.opened(work.caller, uri, workspace):
            resource = work.save(resource.with_properties(shared=True))
        super().written(work, resource, old)


class Places(Protocol):
    def opened(self, caller: Caller, uri: str, workspace: ResourceId) -> bool:
        """Whether the caller can open that place of the workspace's data now."""


class Outputs(Protocol):
    def settled(self, work: Work, workspace: ResourceId, uri: str) -> str:
        """The address itself, or where the output lies that `azureml://jobs/…` names."""


class Uploads(Protocol):
    def begin(self, work: Work, workspace: ResourceId) -> tuple[str, str, str]:
        """A fresh container: its address, the same with a signature to write, the account's id."""


class CodeVersions(Versions):
    """Code is uploaded to a container of its own before there is a version."""

    def __init__(self, uploads: Uploads):
        super().__init__(CODES)
        self.uploads = uploads

    def act(
        self, work: Work, verb: str, resource: Resource | None, id: ResourceId, body: Any
    ) -> Any:
        if verb != "startPendingUpload":
            raise Conflict(f"a code version cannot `{verb}`")
        address, signed, account = self.uploads.begin(work, id.parent.parent)
        return {
            "blobReferenceForConsumption": {
                "blobUri": address,
                "storageAccountArmId": account,
                "credential": {"credentialType": "SAS", "sasUri": signed},
            },
            "pendingUploadId": work.fresh_id(),
            "pendingUploadType": "TemporaryBlobReference",
        }


def _number(container: Resource) -> int:
    text = str(container.properties.get("nextVersion") or "1")
    return numbers.whole(text) or 1


def _after(version: str) -> int:
    found = numbers.whole(version, 0, 10**15)
    return 1 if found is None else found + 1
