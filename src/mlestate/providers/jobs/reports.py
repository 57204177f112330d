"""What agents report becomes the job's status, and its run's."""

from __future__ import annotations

from typing import Any

from ...control.plane import Plane
from ...control.worker import lay_over
from ...core import ids
from ...core.errors import NotFound
from ...core.ids import ResourceId
from ...core.resource import Resource
from ...core.times import iso
from ...runtime.protocol import Report
from .ports import ENDED, Runs

_RUN_STATUS = {
    "Running": "RUNNING",
    "Completed": "FINISHED",
    "Failed": "FAILED",
    "Canceled": "KILLED",
}


class Reports:
    def __init__(self, plane: Plane, runs: Runs):
        self.plane, self.runs = plane, runs

    def report(self, report: Report) -> None:
        """May be called again with the same; a job that ended stays ended."""
        id = ids.parse(report.job)
        at = self.plane.clock()
        found = lay_over(self.plane, id, lambda job: _told(job, report, at))
        status = _RUN_STATUS.get(report.state)
        if found is not None and status is not None:
            self._tell_run(found.id, status, at)

    def _tell_run(self, id: ResourceId, status: str, at: float) -> None:
        workspace = self.plane.load(id.parent)
        region = self.plane.region_of(id)
        if workspace is None or region is None:
            return
        guid = str(workspace.properties["workspaceId"])
        try:
            self.runs.set_status(region, guid, id.name, status, int(at * 1000))
        except NotFound:
            return  # the run was deleted by its owner while the job ran


def _told(job: Resource, report: Report, at: float) -> Resource:
    if job.properties.get("status") in ENDED:
        return job
    if job.properties.get("status") == "CancelRequested" and report.state not in ENDED:
        return job
    kept = {**(job.properties.get("properties") or {}), **_facts(report)}
    changed: dict[str, Any] = {"status": report.state, "properties": kept}
    if report.state == "Running":
        changed["startTime"] = job.properties.get("startTime") or iso(at)
    if report.state in ENDED:
        changed["endTime"] = iso(at)
    if report.error is not None:
        changed["error"] = {"code": report.error.code, "message": report.error.message}
    return job.with_properties(**changed)


def _facts(report: Report) -> dict[str, str]:
    """What held and what it took, among the job's own properties, which are texts."""
    found = {
        "mlestate.node": report.node,
        "mlestate.protections": ",".join(report.protections),
        "mlestate.warnings": "; ".join(report.warnings),
        "mlestate.exitCode": "" if report.exit_code is None else str(report.exit_code),
        "mlestate.peakMemoryBytes": str(report.peak_memory or ""),
        "mlestate.cpuSeconds": f"{report.cpu_seconds:.3f}" if report.cpu_seconds else "",
        "mlestate.seconds": f"{report.seconds:.3f}" if report.seconds else "",
    }
    return {name: text for name, text in found.items() if text}
