"""What tracking needs of other rooms."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import msgspec

from ..core.access import Caller
from ..core.activity import Asked
from ..core.conventions import New


class Workspace(msgspec.Struct, frozen=True):
    """`id` is the canonical ARM id; `guid` never changes and is the key of all that is tracked."""

    id: str
    name: str
    region: str
    guid: str


class RegisteredModel(msgspec.Struct, frozen=True):
    name: str
    created: int
    updated: int
    user: str = ""
    description: str = ""
    tags: dict[str, str] = {}
    aliases: dict[str, str] = {}


class ModelVersion(msgspec.Struct, frozen=True):
    name: str
    version: str
    created: int
    updated: int
    source: str
    user: str = ""
    description: str = ""
    run_id: str = ""
    run_link: str = ""
    model_id: str = ""
    stage: str = "None"
    tags: dict[str, str] = {}


class Names(Protocol):
    """The estate's conventions for what is made anew."""

    def asked(self, of: str) -> bool:
        """Whether there is one at all, from memory: `of` is `experiments` or `jobs`."""

    def admit(self, caller: Caller, workspace: Workspace, new: New) -> Sequence[str]:
        """What to warn of. Raises `Invalid` where a convention refuses it."""

    def record(self, caller: Caller, workspace: Workspace, of: str, name: str) -> None:
        """It was made with a warning; a run is one `of` the `jobs`, by its id."""


class AnyName:
    """No conventions."""

    def asked(self, of: str) -> bool:
        return False

    def admit(self, caller: Caller, workspace: Workspace, new: New) -> Sequence[str]:
        return ()

    def record(self, caller: Caller, workspace: Workspace, of: str, name: str) -> None:
        """There was no warning."""


class Models(Protocol):
    """The workspace's models. Synchronous; each call is one transaction, recorded as the caller's.

    The API has asked for the right already; the room may ask again. `NotFound` where the thing is
    not there, `Conflict` where it may not be made again.
    """

    def asked_by(self, asked: Asked) -> Models:
        """The same; what is done is recorded as done by that request."""

    def models(self, caller: Caller, workspace: Workspace) -> Sequence[RegisteredModel]: ...

    def model(self, caller: Caller, workspace: Workspace, name: str) -> RegisteredModel | None: ...

    def create_model(
        self, caller: Caller, workspace: Workspace, model: RegisteredModel
    ) -> Sequence[str]:
        """What the estate's conventions warn of. `Conflict` when the name is taken."""

    def update_model(self, caller: Caller, workspace: Workspace, model: RegisteredModel) -> None:
        """Description, tags and aliases become as given."""

    def rename_model(
        self, caller: Caller, workspace: Workspace, name: str, new_name: str, now: int
    ) -> None:
        """With all its versions. A room whose names are fixed raises `Invalid`."""

    def delete_model(self, caller: Caller, workspace: Workspace, name: str) -> None:
        """With all its versions."""

    def versions(
        self, caller: Caller, workspace: Workspace, name: str | None = None
    ) -> Sequence[ModelVersion]:
        """Of one model, or of all."""

    def version(
        self, caller: Caller, workspace: Workspace, name: str, version: str
    ) -> ModelVersion | None: ...

    def create_version(
        self, caller: Caller, workspace: Workspace, version: ModelVersion
    ) -> tuple[ModelVersion, Sequence[str]]:
        """`version.version` is empty; the answer has the next number, and what the estate's
        conventions warn of."""

    def update_version(
        self, caller: Caller, workspace: Workspace, version: ModelVersion
    ) -> None: ...

    def delete_version(
        self, caller: Caller, workspace: Workspace, name: str, version: str
    ) -> None: ...


class ArtifactFile(msgspec.Struct, frozen=True):
    """`path` is the last part of its name only; a folder has no size."""

    path: str
    is_dir: bool
    file_size: int | None = None


class OpenArtifact(Protocol):
    size: int

    def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to, not including, `end`, in large pieces."""


class Artifacts(Protocol):
    """A workspace's artifacts: container `azureml` of datastore `workspaceartifactstore`.

    Paths are relative, checked, and have no `.` or `..`: `ExperimentRun/dcid.{run}/model/MLmodel`.
    """

    async def put(
        self, caller: Caller, workspace: Workspace, path: str, body: AsyncIterator[bytes]
    ) -> None:
        """All of it or nothing; on disk when it returns. Replaces what was there."""

    async def open(
        self, caller: Caller, workspace: Workspace, path: str
    ) -> OpenArtifact | None: ...

    async def list(self, caller: Caller, workspace: Workspace, path: str) -> Sequence[ArtifactFile]:
        """What lies directly under the path; nothing where there is nothing."""

    async def delete(self, caller: Caller, workspace: Workspace, path: str) -> None:
        """The file, or everything under the folder; nothing where there is nothing."""

    async def guarded(self, caller: Caller, workspace: Workspace, path: str) -> str:
        """The blob's id, where it is recorded who reads and writes it; empty for any other."""
