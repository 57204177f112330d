"""The storage that workspaces point to, as datastores that hold no secrets."""

from __future__ import annotations

from collections.abc import Iterator

from ...catalog import live
from ..desired import Desired, Json
from ..layout.logical import of_workspace
from ..layout.places import Workspace
from ..layout.pointers import Pointers
from ..spec import AdlsGen1, BlobContainer, Datastore, FileShare, FileSystem, OneLake

TYPE = "Microsoft.MachineLearningServices/workspaces/datastores"


def datastores(workspaces: list[Workspace]) -> Iterator[Desired]:
    pointers = Pointers(workspaces)
    for workspace in workspaces:
        for name, said in workspace.settings.datastores.items():
            if said.access == "none":
                continue
            id = f"{workspace.id('workspace')}/datastores/{name}"
            key = of_workspace(workspace, f"datastore {name}")
            yield Desired(id, TYPE, _body(said, pointers), _needs(said, pointers), key)


def _needs(said: Datastore, pointers: Pointers) -> tuple[str, ...]:
    """A datastore is for the account that was there when it was made."""
    workspace = pointers.storage(said.account) if said.account else None
    return (workspace.id("storage"),) if workspace else ()


def _body(said: Datastore, pointers: Pointers) -> dict[str, Json]:
    (source,) = said.sources.values()
    tags: dict[str, Json] = {live.ACCESS: said.access or live.READ}
    if said.live is not None:
        tags[live.LIVE] = str(said.live).lower()
    properties = {**_place(source, pointers), "credentials": {"credentialsType": "None"}}
    return {"properties": {**properties, "tags": tags}}


def _place(
    source: BlobContainer | FileSystem | FileShare | OneLake | AdlsGen1, pointers: Pointers
) -> dict[str, Json]:
    match source:
        case BlobContainer():
            there = _account(source.account, pointers)
            return {"datastoreType": "AzureBlob", **there, "containerName": source.container}
        case FileSystem():
            there = _account(source.account, pointers)
            return {"datastoreType": "AzureDataLakeGen2", **there, "filesystem": source.filesystem}
        case FileShare():
            there = _account(source.account, pointers)
            return {"datastoreType": "AzureFile", **there, "fileShareName": source.share}
        case OneLake():
            return {
                "datastoreType": "OneLake",
                "oneLakeWorkspaceName": source.workspace,
                "artifact": {"artifactType": "LakeHouse", "artifactName": source.lakehouse},
            }
        case AdlsGen1():
            return {"datastoreType": "AzureDataLakeGen1", "storeName": source.store}


def _account(named: str, pointers: Pointers) -> dict[str, Json]:
    workspace = pointers.storage(named)
    id = workspace.id("storage") if workspace else named
    if not id.startswith("/"):
        return {"accountName": named}
    parts = id.split("/")
    return {"accountName": parts[-1], "subscriptionId": parts[2], "resourceGroup": parts[4]}
