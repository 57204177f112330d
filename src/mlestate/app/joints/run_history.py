"""Runs as the run history service shows them: of jobs and of MLflow alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...api.history import Asked
from ...blob import containers, sas
from ...blob.cell import Cell
from ...control.engine import Engine
from ...control.writing import Conditions
from ...core import ids
from ...core.activity import Record, through
from ...core.errors import NotFound
from ...core.resource import Resource
from ...core.times import iso
from ...core.tracking import RunInfo
from ...tracking.job_runs import JobRuns
from .accounts import Accounts
from .artifact_roots import ArtifactRoots
from .letters import READ, WRITE
from .places import Places, Spot, blob_address

Document = dict[str, Any]
# MLflow's words for how a run is, in the service's words.
_STATUS = {
    "RUNNING": "Running",
    "SCHEDULED": "NotStarted",
    "FINISHED": "Completed",
    "FAILED": "Failed",
    "KILLED": "Canceled",
}
_DATA_TYPES = ("uri_file", "uri_folder", "mltable")
_LOGS = ("user_logs/", "azureml-logs/")
_READ_ARTIFACT = "Microsoft.MachineLearningServices/workspaces/metadata/artifacts/read"
_PATCHED = ("displayName", "description")


class RunHistory:
    """Implements the port of `api.history`. `cell` is a region's blobs."""

    def __init__(
        self,
        engine: Engine,
        runs: JobRuns,
        places: Places,
        cell: Callable[[str], Cell],
        accounts: Accounts,
        record: Record,
    ):
        self.engine, self.runs, self.places, self.cell = engine, runs, places, cell
        self._accounts, self._record = accounts, record
        self.roots = ArtifactRoots(places, runs)

    def run(self, asked: Asked) -> Document:
        region, workspace = self._home(asked)
        info = self.runs.get(region, guid(workspace), asked.run)
        job = self._job(asked)
        if info is None and job is None:
            raise NotFound(f"the workspace has no run `{asked.run}`", code="RunNotFound")
        return _document(asked.run, info, job)

    def details(self, asked: Asked) -> Document:
        found = self.run(asked)
        job = self._job(asked)
        error = (job.properties.get("error") if job else None) or None
        return {
            **found,
            "logFiles": self._logs(asked),
            "warnings": [],
            "error": {"error": error} if error else None,
            "runDefinition": None,
            "submittedBy": found["createdBy"]["userName"],
        }

    def children(self, asked: Asked) -> list[Document]:
        region, workspace = self._home(asked)
        found = self.runs.children(region, guid(workspace), asked.run)
        return [_document(one.run_id, one, None) for one in found]

    def change(self, asked: Asked, patch: Document) -> Document:
        """What the SDK changes of a job that runs or ran: how it is shown."""
        region, workspace = self._home(asked)
        name = patch.get("displayName")
        if name and self.runs.get(region, guid(workspace), asked.run) is not None:
            self.runs.rename(region, guid(workspace), asked.run, str(name))
        job = self._job(asked)
        if job is not None:
            properties = _patched(job, patch)
            body = {"properties": properties}
            self.engine.patch(asked.caller, str(job.id), body, Conditions(), asked.view)
        return self.run(asked)

    def artifacts(self, asked: Asked, prefix: str) -> list[Document]:
        return [
            {
                "artifactId": f"ExperimentRun/dcid.{asked.run}/{path}",
                "origin": "ExperimentRun",
                "container": f"dcid.{asked.run}",
                "path": path,
                "size": size,
            }
            for path, size in self._listed(asked, prefix)
        ]

    def place(self, asked: Asked, path: str, write: bool) -> Document:
        return {
            "contentUri": self._signed(asked, path, write),
            "origin": "ExperimentRun",
            "container": f"dcid.{asked.run}",
            "path": path,
        }

    def outputs(self, asked: Asked) -> Document:
        """By name: where each output of the job lies, as an asset that `resolved` knows."""
        job = self._job(asked)
        declared = (job.properties.get("outputs") or {}) if job else {}
        return {
            name: {"assetId": str((one or {}).get("uri") or ""), "type": _type(one or {})}
            for name, one in declared.items()
        }

    def resolved(self, asked: Asked, asset: str) -> Document | None:
        """An asset's address; an address resolves to itself."""
        if not asset.lower().startswith("/subscriptions/"):
            return {"uri": asset, "path": asset, "type": "UriFolder"}
        found = self.engine.get(asked.caller, asset, {}, asked.view).document or {}
        said = found.get("properties") or {}
        uri = said.get("dataUri") or said.get("modelUri")
        return {"uri": uri, "path": uri, "type": said.get("dataType") or "UriFolder"}

    def _home(self, asked: Asked) -> tuple[str, Resource]:
        found = self.engine.plane.load(asked.workspace)
        region = self.engine.plane.region_of(asked.workspace)
        if found is None or region is None:
            raise NotFound(f"the workspace `{asked.workspace.name}` was not found")
        return region, found

    def _job(self, asked: Asked) -> Resource | None:
        return self.engine.plane.load(asked.workspace.child("jobs", asked.run))

    def _logs(self, asked: Asked) -> dict[str, str]:
        """The job's logs, with signatures in their addresses: they are fetched without a token."""
        found = self._listed(asked, "")
        logs = [path for path, _ in found if path.startswith(_LOGS)]
        return {path: self._signed(asked, path, False) for path in sorted(logs, reverse=True)}

    def _listed(self, asked: Asked, prefix: str) -> list[tuple[str, int]]:
        region, _ = self._home(asked)
        spot = self._spot(asked, prefix)
        self._tell(asked, spot)
        above = spot.path.removesuffix(prefix) if prefix else spot.path
        found: list[tuple[str, int]] = []
        start: str | None = ""
        while start is not None:
            page = containers.page(
                self.cell(region), spot.account, spot.container, spot.path, "", start
            )
            names = [
                e
                for e in page.entries
                if not isinstance(e, str) and sas.reaches(spot.right.folder, e.name)
            ]
            found += [(e.name.removeprefix(above), e.size) for e in names]
            start = page.next or None
        return found

    def _signed(self, asked: Asked, path: str, write: bool) -> str:
        spot = self._spot(asked, path, write)
        if not write:
            self._tell(asked, spot)
        permissions = WRITE if write else READ
        return blob_address(
            self.places.sign(asked.caller, spot, permissions, asked.view), spot.path
        )

    def _tell(self, asked: Asked, spot: Spot) -> None:
        """Who lists live or confidential data, or is told where it is, is in the activity log."""
        if id := self._accounts.guarded_id(spot.account, spot.container, spot.path):
            region, _ = self._home(asked)
            given = through(asked.caller.rights, _READ_ARTIFACT, str(asked.workspace))
            self._record.read(region, asked.by, _READ_ARTIFACT, id, code=200, **given)

    def _spot(self, asked: Asked, path: str, write: bool = False) -> Spot:
        region, workspace = self._home(asked)
        return self.roots.spot(asked, region, workspace, path, write)


def guid(workspace: Resource) -> str:
    return str(workspace.properties["workspaceId"])


def _document(run: str, info: RunInfo | None, job: Resource | None) -> Document:
    said = job.properties if job else {}
    status = said.get("status") or _STATUS.get(info.status if info else "", "NotStarted")
    user = job.created.by if job else (info.user if info else "")
    created = job.created.at if job else (info.start_time / 1000 if info else 0.0)
    return {
        "runId": run,
        "rootRunId": run,
        "runUuid": run,
        "status": status,
        "experimentName": said.get("experimentName") or (info.experiment if info else ""),
        "experimentId": str(info.experiment_id) if info else "",
        "displayName": said.get("displayName") or (info.name if info else run),
        "description": said.get("description"),
        "runType": "azureml.scriptrun" if job else "mlflow",
        "dataContainerId": f"dcid.{run}",
        "createdUtc": iso(created),
        "startTimeUtc": said.get("startTime"),
        "endTimeUtc": said.get("endTime"),
        "createdBy": {"userName": user},
        "target": ids.parse(said["computeId"]).name if said.get("computeId") else None,
        "tags": said.get("tags") or {},
        "properties": said.get("properties") or {},
        "hidden": bool(said.get("isArchived")),
        "inputs": {},
        "outputs": {},
    }


def _patched(job: Resource, patch: Document) -> Document:
    said = {field: patch[field] for field in _PATCHED if patch.get(field) is not None}
    if patch.get("hidden") is not None:
        said["isArchived"] = bool(patch["hidden"])
    for field in ("tags", "properties"):
        if patch.get(field):
            said[field] = {**(job.properties.get(field) or {}), **patch[field]}
    return said


def _type(output: Document) -> str:
    """A model is told as the folder it is: of a model the SDK fails at building its own request."""
    kind = str(output.get("jobOutputType"))
    return kind if kind in _DATA_TYPES else "uri_folder"
