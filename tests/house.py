"""A small house around the tracking room: two workspaces, some people, models, files."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import uvicorn

from mlestate.api.mlflow import MlflowApp
from mlestate.core.access import Caller, Grant, Permission, Rights, Role
from mlestate.core.activity import Asked
from mlestate.core.errors import Conflict, NotFound, Unauthenticated
from mlestate.store.tracking import TrackingStore
from mlestate.tracking.ports import ArtifactFile, ModelVersion, RegisteredModel, Workspace

_WS = (
    "/subscriptions/s1/resourceGroups/{}/providers/Microsoft.MachineLearningServices/workspaces/{}"
)
RED = Workspace(_WS.format("rg-red", "red"), "red", "westeurope", "guid-red")
BLUE = Workspace(_WS.format("rg-blue", "blue"), "blue", "westeurope", "guid-blue")

# The built-in roles, as far as this room is concerned.
SCIENTIST = Role(
    "1",
    "AzureML Data Scientist",
    (
        Permission(
            actions=tuple(
                f"Microsoft.MachineLearningServices/workspaces/*/{verb}"
                for verb in ("read", "action", "delete", "write")
            ),
            not_actions=(
                "Microsoft.MachineLearningServices/workspaces/delete",
                "Microsoft.MachineLearningServices/workspaces/write",
            ),
        ),
    ),
)
READER = Role("2", "Reader", (Permission(actions=("*/read",)),))


def person(name: str, *grants: tuple[str, Role]) -> Caller:
    return Caller(name, name, "User", Rights(Grant(scope, role) for scope, role in grants))


PEOPLE = {
    "rita": person("rita", (RED.id, SCIENTIST)),
    "bob": person("bob", (BLUE.id, SCIENTIST)),
    "both": person("both", (RED.id, SCIENTIST), (BLUE.id, SCIENTIST)),
    "reader": person("reader", (RED.id, READER)),
    "stranger": person("stranger"),
}


def authenticate(token: str) -> Caller:
    if token not in PEOPLE:
        raise Unauthenticated("The token is not valid.")
    return PEOPLE[token]


class Directory:
    all = (RED, BLUE)

    def find(self, id: str) -> Workspace | None:
        return next((one for one in self.all if one.id.lower() == id.lower()), None)

    def named(self, name: str) -> Sequence[Workspace]:
        return [one for one in self.all if one.name == name]


class MemoryModels:
    def __init__(self) -> None:
        self._models: dict[tuple[str, str], RegisteredModel] = {}
        self._versions: dict[tuple[str, str, str], ModelVersion] = {}

    def asked_by(self, asked: Asked) -> MemoryModels:
        return self

    def models(self, caller: Caller, workspace: Workspace) -> Sequence[RegisteredModel]:
        return [m for (guid, _), m in self._models.items() if guid == workspace.guid]

    def model(self, caller: Caller, workspace: Workspace, name: str) -> RegisteredModel | None:
        return self._models.get((workspace.guid, name))

    def create_model(
        self, caller: Caller, workspace: Workspace, model: RegisteredModel
    ) -> Sequence[str]:
        if (workspace.guid, model.name) in self._models:
            raise Conflict("taken")
        self._models[workspace.guid, model.name] = model
        return ()

    def update_model(self, caller: Caller, workspace: Workspace, model: RegisteredModel) -> None:
        if (workspace.guid, model.name) not in self._models:
            raise NotFound("no model")
        self._models[workspace.guid, model.name] = model

    def rename_model(
        self, caller: Caller, workspace: Workspace, name: str, new_name: str, now: int
    ) -> None:
        model = self._models.pop((workspace.guid, name))
        self._models[workspace.guid, new_name] = msgspec.structs.replace(
            model, name=new_name, updated=now
        )
        for version in self.versions(caller, workspace, name):
            del self._versions[workspace.guid, name, version.version]
            moved = msgspec.structs.replace(version, name=new_name)
            self._versions[workspace.guid, new_name, version.version] = moved

    def delete_model(self, caller: Caller, workspace: Workspace, name: str) -> None:
        del self._models[workspace.guid, name]
        for version in self.versions(caller, workspace, name):
            del self._versions[workspace.guid, name, version.version]

    def versions(
        self, caller: Caller, workspace: Workspace, name: str | None = None
    ) -> Sequence[ModelVersion]:
        return [
            version
            for (guid, model, _), version in self._versions.items()
            if guid == workspace.guid and name in (None, model)
        ]

    def version(
        self, caller: Caller, workspace: Workspace, name: str, version: str
    ) -> ModelVersion | None:
        return self._versions.get((workspace.guid, name, version))

    def create_version(
        self, caller: Caller, workspace: Workspace, version: ModelVersion
    ) -> tuple[ModelVersion, Sequence[str]]:
        numbers = [int(v.version) for v in self.versions(caller, workspace, version.name)]
        made = msgspec.structs.replace(version, version=str(max(numbers, default=0) + 1))
        self._versions[workspace.guid, made.name, made.version] = made
        return made, ()

    def update_version(self, caller: Caller, workspace: Workspace, version: ModelVersion) -> None:
        self._versions[workspace.guid, version.name, version.version] = version

    def delete_version(self, caller: Caller, workspace: Workspace, name: str, version: str) -> None:
        del self._versions[workspace.guid, name, version]


class FolderFile:
    def __init__(self, path: Path):
        self.path, self.size = path, path.stat().st_size

    async def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        with self.path.open("rb") as file:
            file.seek(start)
            while start < end:
                piece = file.read(min(1 << 20, end - start))
                start += len(piece)
                yield piece


class FolderArtifacts:
    """A folder for each workspace. It trusts the paths, so that the API has to check them."""

    def __init__(self, root: Path):
        self.root = root

    def _at(self, workspace: Workspace, path: str) -> Path:
        return self.root / workspace.guid / path

    async def put(
        self, caller: Caller, workspace: Workspace, path: str, body: AsyncIterator[bytes]
    ) -> None:
        target = self._at(workspace, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{uuid.uuid4().hex}")
        try:
            with partial.open("wb") as file:
                async for piece in body:
                    file.write(piece)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)

    async def open(self, caller: Caller, workspace: Workspace, path: str) -> FolderFile | None:
        target = self._at(workspace, path)
        return FolderFile(target) if target.is_file() else None

    async def list(self, caller: Caller, workspace: Workspace, path: str) -> Sequence[ArtifactFile]:
        target = self._at(workspace, path)
        if not target.is_dir():
            return []
        return [
            ArtifactFile(one.name, one.is_dir(), one.stat().st_size if one.is_file() else None)
            for one in sorted(target.iterdir())
        ]

    async def guarded(self, caller: Caller, workspace: Workspace, path: str) -> str:
        return ""

    async def delete(self, caller: Caller, workspace: Workspace, path: str) -> None:
        target = self._at(workspace, path)
        for one in sorted(target.rglob("*"), reverse=True):
            one.rmdir() if one.is_dir() else one.unlink()
        if target.exists():
            target.rmdir() if target.is_dir() else target.unlink()


def app(store: TrackingStore, folder: Path) -> MlflowApp:
    ticks = iter(range(1_700_000_000_000, 2**53))
    return MlflowApp(
        authenticate=authenticate,
        workspaces=Directory(),
        cell=lambda region: store,
        models=MemoryModels(),
        artifacts=FolderArtifacts(folder),
        clock=lambda: next(ticks),
        new_id=lambda: uuid.uuid4().hex,
    )


class Answer(msgspec.Struct):
    status: int
    headers: dict[bytes, bytes]
    body: bytes

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


async def ask(
    app: Any,
    method: str,
    path: str,
    *,
    who: str = "rita",
    body: Any = None,
    query: str = "",
    headers: Sequence[tuple[bytes, bytes]] = (),
) -> Answer:
    """One request without a network, as a server would hand it over."""
    sent = body if isinstance(body, bytes) else msgspec.json.encode({} if body is None else body)
    messages = [{"type": "http.request", "body": sent}]
    got: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        got.append(message)

    own = [(b"host", b"localhost:8443")]
    if who:
        own.append((b"authorization", f"Bearer {who}".encode()))
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [*own, *headers],
    }
    await app(scope, receive, send)
    return Answer(got[0]["status"], dict(got[0]["headers"]), b"".join(m["body"] for m in got[1:]))


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The app behind a real socket, in a thread; yields its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    # From here on connections wait instead of being refused, until the server takes them.
    listener.listen(128)
    config = uvicorn.Config(
        app, log_level="warning", lifespan="off", loop="uvloop", ws="none", access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve([listener])), name="house", daemon=True
    )
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def tracking_uri(base: str, workspace: Workspace, version: str = "v3.0") -> str:
    return f"{base}/mlflow/{version}{workspace.id}"


def environment(token: str, uri: str) -> dict[str, str]:
    """For a process that runs an official client as someone."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**keep, "MLFLOW_TRACKING_URI": uri, "MLFLOW_TRACKING_TOKEN": token}
