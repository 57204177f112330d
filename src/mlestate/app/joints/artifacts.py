"""A workspace's artifacts, as blobs of its datastore `workspaceartifactstore`.

`Models/NAME/VERSION/…` reads a registered model's files, wherever they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any, TypeVar

from ...api.mlflow.address import REGISTRY_FOLDER
from ...blob import blobs, containers, reading
from ...blob.cell import Cell, Place
from ...blob.reading import Opened
from ...core import ids
from ...core.access import Caller
from ...core.data_uri import OnDatastore
from ...core.errors import Conflict, NotFound
from ...tracking.ports import ArtifactFile, Workspace
from .accounts import Accounts
from .places import ARTIFACT_STORE, Places, Spot

T = TypeVar("T")
_PIECE = 4 << 20


class RunArtifacts:
    """Implements `tracking.ports.Artifacts`. `cell` is a region's blobs; threads do the work."""

    def __init__(
        self, places: Places, accounts: Accounts, cell: Callable[[str], Cell], threads: Executor
    ):
        self._places, self._accounts = places, accounts
        self._cell, self._threads = cell, threads

    async def put(
        self, caller: Caller, workspace: Workspace, path: str, body: AsyncIterator[bytes]
    ) -> None:
        cell, place = await self._own(workspace, path)
        writer = cell.bodies.writer()
        try:
            async for piece in body:
                await self._do(writer.write, [piece])
            written = await self._do(writer.finish)
        except BaseException:
            await self._do(writer.abandon)
            raise
        await self._do(blobs.place_body, cell, place, written)

    async def open(self, caller: Caller, workspace: Workspace, path: str) -> OpenBlob | None:
        cell, place = await self._at(caller, workspace, path)
        try:
            opened = await self._do(reading.open_range, cell, place)
        except NotFound:
            return None
        return OpenBlob(cell, place, opened, self._threads)

    async def list(self, caller: Caller, workspace: Workspace, path: str) -> Sequence[ArtifactFile]:
        cell, place = await self._at(caller, workspace, path)
        prefix = f"{place.name.rstrip('/')}/" if place.name else ""
        return await self._do(_listed, cell, place, prefix)

    async def delete(self, caller: Caller, workspace: Workspace, path: str) -> None:
        cell, place = await self._own(workspace, path)
        await self._do(_delete_all, cell, place)

    async def guarded(self, caller: Caller, workspace: Workspace, path: str) -> str:
        _, place = await self._at(caller, workspace, path)
        return await self._do(self._accounts.guarded_id, place.account, place.container, place.name)

    async def _own(self, workspace: Workspace, path: str) -> tuple[Cell, Place]:
        """A place to write to: the files of a registered model are not."""
        if path.partition("/")[0] == REGISTRY_FOLDER:
            raise Conflict(f"`{path}` is a registered model's: log a new one and register that")
        return self._placed(workspace, await self._do(self._spot, workspace, path, True))

    async def _at(self, caller: Caller, workspace: Workspace, path: str) -> tuple[Cell, Place]:
        if path.partition("/")[0] == REGISTRY_FOLDER:
            return self._placed(
                workspace, await self._do(self._registered, caller, workspace, path)
            )
        return self._placed(workspace, await self._do(self._spot, workspace, path, False))

    def _placed(self, workspace: Workspace, spot: Spot) -> tuple[Cell, Place]:
        return self._cell(workspace.region), Place(spot.account, spot.container, spot.path)

    def _spot(self, workspace: Workspace, path: str, write: bool) -> Spot:
        datastore = ids.parse(workspace.id).child("datastores", ARTIFACT_STORE)
        return self._places.on_datastore(OnDatastore(datastore, path), write)

    def _registered(self, caller: Caller, workspace: Workspace, path: str) -> Spot:
        """`Models/NAME/VERSION/…`"""
        _, name, version, inside = [*path.split("/", 3), "", "", ""][:4]
        model = ids.parse(workspace.id).child("models", name)
        return self._places.of_model(caller, model.child("versions", version), inside)

    async def _do(self, work: Callable[..., T], *arguments: Any) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(work, *arguments))


class OpenBlob:
    """A blob as it was when it was opened."""

    def __init__(self, cell: Cell, place: Place, opened: Opened, threads: Executor):
        self._cell, self._place, self._threads = cell, place, threads
        self.size = opened.blob.size

    async def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        if end <= start:
            return
        loop = asyncio.get_running_loop()
        opened = await loop.run_in_executor(
            self._threads, reading.open_range, self._cell, self._place, start, end - 1
        )
        rest = reading.pieces(self._cell, opened, _PIECE)
        while piece := await loop.run_in_executor(self._threads, next, rest, b""):
            yield piece


def _listed(cell: Cell, place: Place, prefix: str) -> list[ArtifactFile]:
    found: list[ArtifactFile] = []
    start: str | None = ""
    while start is not None:
        page = containers.page(cell, place.account, place.container, prefix, "/", start)
        found += [_file(entry) for entry in page.entries]
        start = page.next or None
    return found


def _file(entry: Any) -> ArtifactFile:
    """A blob, or the prefix that stands for a folder."""
    if isinstance(entry, str):
        return ArtifactFile(entry.rstrip("/").rpartition("/")[2], True)
    return ArtifactFile(entry.name.rpartition("/")[2], False, entry.size)


def _delete_all(cell: Cell, place: Place) -> None:
    for name in [place.name, *_below(cell, place)]:
        try:
            blobs.delete(cell, Place(place.account, place.container, name))
        except NotFound:
            continue  # a folder has no blob of its own


def _below(cell: Cell, place: Place) -> list[str]:
    prefix, names, start = f"{place.name}/", [], ""
    while True:
        page = containers.page(cell, place.account, place.container, prefix, "", start)
        names += [entry.name for entry in page.entries if not isinstance(entry, str)]
        if not page.next:
            return names
        start = page.next
