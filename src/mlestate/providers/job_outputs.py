"""What a job left, by the job's name: from `azureml://jobs/…` to the place in a datastore."""

from __future__ import annotations

from typing import Any, Protocol

from ..core import data_uri
from ..core.data_uri import OnDatastore, OnJob
from ..core.errors import NotFound
from ..core.ids import ResourceId
from ..core.lifecycle import Work

ARTIFACTS = "artifacts"
_STORE = "workspaceartifactstore"


class Runs(Protocol):
    def get(self, region: str, workspace: str, run_id: str) -> object | None: ...


class JobOutputs:
    """`runs` knows those that no job made, too: their artifacts are named in the same way."""

    def __init__(self, runs: Runs):
        self._runs = runs

    def settled(self, work: Work, workspace: ResourceId, uri: str) -> str:
        """The address itself, unless it is that of a job's output."""
        place = data_uri.read_job(uri)
        if place is None:
            return uri
        job = workspace.child("jobs", place.job)
        work.caller.need(f"{job.type}/read", str(job))
        if place.output in (ARTIFACTS, "default"):
            return self._artifact(work, workspace, place)
        return _named(work, job, place)

    def _artifact(self, work: Work, workspace: ResourceId, place: OnJob) -> str:
        home = work.find(workspace)
        guid = str(home.properties["workspaceId"]) if home else ""
        if self._runs.get(work.region, guid, place.job) is None:
            raise NotFound(
                f"the workspace `{workspace.name}` has no job or run `{place.job}`",
                code="RunNotFound",
            )
        store = workspace.child("datastores", _STORE)
        path = f"ExperimentRun/dcid.{place.job}/{place.path}"
        return data_uri.write(OnDatastore(store, path))


def _named(work: Work, job: ResourceId, place: OnJob) -> str:
    found = work.find(job)
    outputs: dict[str, Any] = (found.properties.get("outputs") or {}) if found else {}
    uri = str((outputs.get(place.output) or {}).get("uri") or "")
    if not uri:
        raise NotFound(
            f"the job `{place.job}` has no output `{place.output}`", code="OutputNotFound"
        )
    return f"{uri.rstrip('/')}/{place.path}" if place.path else uri
