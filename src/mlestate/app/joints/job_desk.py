"""Between the queue and the control plane: what a leased job runs, and what is heard of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ...catalog import vm_skus
from ...control.plane import Plane
from ...core import ids
from ...core.access import Caller
from ...core.errors import Forbidden, NotFound
from ...core.ids import ResourceId
from ...core.resource import Resource, View
from ...identity.directory import Directory
from ...identity.tokens import Tokens
from ...providers.jobs import Reports, pinning
from ...runtime.prepare import Size, prepare
from ...runtime.protocol import ENDED, JobSpec, Place, Report, Workspace
from ...tracking.job_runs import JobRuns
from .letters import READ, WRITE
from .output_assets import OutputAssets
from .places import ARTIFACT_STORE, Places
from .queue import Live


class JobDesk:
    """Implements `runtime.dispatch.Jobs`. `origin` is where agents reach the API."""

    def __init__(
        self,
        plane: Plane,
        places: Places,
        directory: Directory,
        tokens: Tokens,
        runs: JobRuns,
        live: Live,
        assets: OutputAssets,
        origin: str,
    ):
        self.assets = assets
        self.plane, self.places, self.directory, self.tokens = plane, places, directory, tokens
        self.runs, self.live, self.origin = runs, live, origin
        self._reports = Reports(plane, runs)

    def report(self, report: Report) -> None:
        if report.state == "Completed":
            warnings = (*report.warnings, *self._register_outputs(report.job))
            report = msgspec.structs.replace(report, warnings=warnings)
        self._reports.report(report)

    def _register_outputs(self, job: str) -> Sequence[str]:
        resource = self.plane.load(ids.parse(job))
        if resource is None or resource.properties.get("status") in ENDED:
            return ()
        caller = self.directory.caller(resource.created.id)
        return tuple(self.assets.register(caller, resource)) if caller else ()

    def spec(self, job: str) -> JobSpec:
        """Raises PlatformError where the job, or its submitter's right to its data, is gone."""
        resource = self.plane.load(ids.parse(job))
        if resource is None:
            raise NotFound("the job was deleted", code="JobDeleted")
        caller = self.directory.caller(resource.created.id)
        if caller is None:
            raise Forbidden(
                f"`{resource.created.by}`, who submitted the job, is gone or disabled",
                code="SubmitterGone",
            )
        workspace = self._workspace(resource.id.parent)
        order = Order(self, resource, caller)
        return prepare(str(resource.id), resource.properties, workspace, order)

    def _workspace(self, id: ResourceId) -> Workspace:
        found = self.plane.load(id)
        if found is None:
            raise NotFound("the workspace was deleted", code="JobDeleted")
        guid = str(found.properties["workspaceId"])
        return Workspace(str(found.id), id.subscription, id.group, found.name, guid)


class Order:
    """One job as it is prepared, with its submitter's rights: `runtime.prepare.Ports`."""

    def __init__(self, desk: JobDesk, job: Resource, caller: Caller):
        self.desk, self.job, self.caller = desk, job, caller

    def place(self, workspace: Workspace, uri: str, write: bool) -> Place:
        return self._at(ids.parse(workspace.id), uri, write)

    def named(self, workspace: Workspace, field: str, reference: str) -> Place:
        version = self._pinned(field)
        if version is None:
            return self.place(workspace, reference, False)
        return self._at(pinning.home_of(version), pinning.address_of(version), False)

    def _at(self, home: ResourceId, uri: str, write: bool) -> Place:
        spot = self.desk.places.find(self.caller, uri, home, write)
        if uri.endswith(f"/{ARTIFACT_STORE}/paths/ExperimentRun/dcid.{self.job.name}"):
            spot = self.desk.places.as_artifact(spot, home, write)
        view = View(self.desk.origin)
        url = self.desk.places.sign(self.caller, spot, WRITE if write else READ, view)
        return Place(url, spot.path)

    def environment(self, workspace: Workspace, reference: str) -> Mapping[str, Any] | None:
        found = self._pinned(pinning.ENVIRONMENT)
        return found.properties if found else None

    def size(self, workspace: Workspace, properties: Mapping[str, Any]) -> Size:
        sku = vm_skus.find(self._vm_size(properties))
        return Size(int(sku.memory_gib * 2**30), float(sku.v_cpus)) if sku else Size()

    def token(self, job: str) -> str:
        fence = self.desk.live.fence(job)
        submitter = self.desk.directory.by_id(self.caller.id)
        if fence is None or submitter is None:
            raise NotFound("the job's lease is over", code="LeaseOver")
        return self.desk.tokens.for_job(str(self.job.id), fence, submitter)

    def tracking_uri(self, workspace: Workspace) -> str:
        return f"{self.desk.origin}/mlflow/v3.0{workspace.id}"

    def experiment_id(self, workspace: Workspace, name: str) -> str:
        region = self.desk.plane.region_of(self.job.id) or ""
        run = self.desk.runs.get(region, workspace.guid, self.job.name)
        return str(run.experiment_id) if run else ""

    def hosts(self) -> tuple[str, ...]:
        return ()

    def _pinned(self, field: str) -> Resource | None:
        """The version that the job named when it was submitted; None for what is none. Raises
        Forbidden where the submitter may not read it any more, NotFound or Conflict where it is
        not there any more.
        """
        id = pinning.pinned_id(self.job, field)
        if id is None:
            return None
        self.caller.need(f"{id.type}/read", str(id))
        return pinning.held(self.job, field, self.desk.plane.load(id))

    def _vm_size(self, properties: Mapping[str, Any]) -> str:
        asked = (properties.get("resources") or {}).get("instanceType")
        compute = properties.get("computeId")
        if asked or not compute:
            return str(asked or "")
        found = self.desk.plane.load(ids.parse(compute))
        return str(found.properties["properties"].get("vmSize") or "") if found else ""
