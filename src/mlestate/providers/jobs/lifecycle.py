"""A job's way to the queue: what it names must be there, its run is opened, it is queued."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from ...core.errors import Conflict, NotFound
from ...core.ids import ResourceId
from ...core.lifecycle import Lifecycle, Slow, Work
from ...core.resource import Change, Resource
from . import pinning, references
from .ports import ENDED, KIND, SERVERLESS, Outputs, Places, Queue, Runs


class Jobs(Lifecycle):
    kind = KIND

    def __init__(self, runs: Runs, queue: Queue, outputs: Outputs, places: Places):
        self.runs, self.queue, self.outputs, self.places = runs, queue, outputs, places

    def admit(self, work: Work, change: Change) -> None:
        if change.old is None:
            self._need_no_run(work, change.id)
            references.need(work, change, self.places)

    def _need_no_run(self, work: Work, id: ResourceId) -> None:
        """The job's run has its name: it may not be somebody's own run, nor that of another job."""
        workspace = work.find(id.parent)
        guid = str(workspace.properties["workspaceId"]) if workspace else ""
        if self.runs.get(work.region, guid, id.name) is not None:
            raise Conflict(
                f"the workspace has a run `{id.name}` already, made with MLflow or by a job that "
                "was deleted: choose another name",
                code="RunAlreadyExists",
                target="$.name",
            )

    def written(self, work: Work, resource: Resource, old: Resource | None) -> None:
        laid = self._settled(work, resource)
        if old is None:
            laid[pinning.FIELD] = pinning.pins(work, resource, self.places)
        if laid:
            work.save(resource.with_properties(**laid))

    def _settled(self, work: Work, resource: Resource) -> dict[str, Any]:
        """An input that is another job's output is written as the place it is."""
        given = resource.properties.get("inputs") or {}
        workspace = resource.id.parent
        settled = {}
        for name, one in given.items():
            if one.get("uri"):
                with references.at(f"$.properties.inputs.{name}.uri"):
                    uri = self.outputs.settled(work, workspace, one["uri"])
                settled[name] = {**one, "uri": uri}
        moved = any(one["uri"] != given[name]["uri"] for name, one in settled.items())
        return {"inputs": {**given, **settled}} if moved else {}

    def create(self, slow: Slow, resource: Resource) -> None:
        """Safe to do again: the run is opened once, and the queue knows its jobs."""
        said = resource.properties
        if said.get("status") not in ("NotStarted", "Queued"):
            return
        self._open_run(slow, resource)
        # Before it is in the queue: from there on the agent says how it is.
        slow.change(resource.id, status="Queued")
        compute = str(said.get("computeId") or SERVERLESS).lower()
        instances = int((said.get("resources") or {}).get("instanceCount") or 1)
        try:
            self.queue.enqueue(slow.region, resource.id.key, compute, instances)
        except (NotFound, Conflict) as error:
            slow.change(
                resource.id, status="Failed", error={"code": error.code, "message": str(error)}
            )
            self.runs.set_status(
                slow.region, workspace_guid(slow, resource), resource.name, "FAILED", _now(slow)
            )
            raise

    def _open_run(self, slow: Slow, resource: Resource) -> None:
        said = resource.properties
        self.runs.open(
            slow.region,
            workspace_guid(slow, resource),
            resource.name,
            experiment=str(said.get("experimentName") or "Default"),
            name=str(said.get("displayName") or resource.name),
            user=resource.created.by,
            start_time=int(resource.created.at * 1000),
            tags={str(k): str(v) for k, v in (said.get("tags") or {}).items()},
        )

    def run(self, slow: Slow, verb: str, resource: Resource, body: Any) -> None:
        """Cancel: a job that waits is over at once; of others the agent hears."""
        if resource.properties.get("status") in ENDED:
            return
        slow.change(resource.id, status="CancelRequested")
        self._stop(slow, resource)

    def delete(self, slow: Slow, resource: Resource) -> None:
        if resource.properties.get("status") in ENDED:
            return
        self._stop(slow, resource)
        # Now: what the agent says of it later finds no job, and would never reach the run.
        self._kill_run(slow, resource)

    def _stop(self, slow: Slow, resource: Resource) -> None:
        try:
            waiting = self.queue.cancel(slow.region, resource.id.key)
        except NotFound:
            waiting = True  # never queued, or so long ended that the queue has forgotten it
        if not waiting:
            return
        slow.change(resource.id, status="Canceled")
        self._kill_run(slow, resource)

    def _kill_run(self, slow: Slow, resource: Resource) -> None:
        guid = workspace_guid(slow, resource)
        with suppress(NotFound):  # stopped before its run was opened
            self.runs.set_status(slow.region, guid, resource.name, "KILLED", _now(slow))


def workspace_guid(slow: Slow, resource: Resource) -> str:
    workspace = slow.find(resource.id.parent)
    return str(workspace.properties["workspaceId"]) if workspace else ""


def _now(slow: Slow) -> int:
    return int(slow.at * 1000)
