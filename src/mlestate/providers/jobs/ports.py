"""What jobs need of other rooms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from ...core.access import Caller
from ...core.ids import ResourceId
from ...core.lifecycle import Work

KIND = "Microsoft.MachineLearningServices/workspaces/jobs"
ENDED = frozenset({"Completed", "Failed", "Canceled"})
SERVERLESS = "serverless"


class Runs(Protocol):
    """The runs of a region's workspaces; `workspace` is a workspace's GUID, times are in ms."""

    def open(
        self,
        region: str,
        workspace: str,
        run_id: str,
        *,
        experiment: str,
        name: str,
        user: str,
        start_time: int,
        status: str = "SCHEDULED",
        tags: Mapping[str, str] | None = None,
    ) -> object: ...

    def get(self, region: str, workspace: str, run_id: str) -> object | None: ...

    def set_status(
        self, region: str, workspace: str, run_id: str, status: str, at: int
    ) -> object: ...

    def rename(self, region: str, workspace: str, run_id: str, name: str) -> None: ...


class Queue(Protocol):
    """A region's queue; jobs and computes are ids in lower case."""

    def enqueue(
        self, region: str, job: str, compute: str, instances: int = 1, priority: int = 0
    ) -> None: ...

    def cancel(self, region: str, job: str) -> bool:
        """True when the job was only waiting, and so is canceled already."""


class Places(Protocol):
    def find(self, caller: Caller, uri: str, workspace: ResourceId, write: bool) -> object:
        """Raises PlatformError where the caller's job could not read, or write, what is there."""


class Outputs(Protocol):
    def settled(self, work: Work, workspace: ResourceId, uri: str) -> str:
        """The address itself, or where the output lies that `azureml://jobs/…` names."""
