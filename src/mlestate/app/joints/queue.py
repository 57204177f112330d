"""The queues of all regions behind one face, and which leases live, in memory."""

from __future__ import annotations

from ...core.errors import NotFound
from ...runtime.dispatch import Dispatch
from ...runtime.protocol import Claim, Claimed, Renew, Renewed, Report, Reported


class Live:
    """Which jobs hold a lease, by region. It hears of every change of a queue, and is asked on
    every request of a job."""

    def __init__(self) -> None:
        self._fences: dict[str, dict[str, int]] = {}

    def hear(self, region: str, living: dict[str, int]) -> None:
        self._fences[region] = living

    def alive(self, job_id: str, fence: int) -> bool:
        return self.fence(job_id) == fence

    def fence(self, job_id: str) -> int | None:
        """The fence of a job's living lease; the job by its ARM id, in any case."""
        key = job_id.lower()
        found = (fences[key] for fences in self._fences.values() if key in fences)
        return next(found, None)


class Queue:
    """Implements the ports of `providers.jobs` and of `api.agents`."""

    def __init__(self) -> None:
        self.regions: dict[str, Dispatch] = {}

    def enqueue(
        self, region: str, job: str, compute: str, instances: int = 1, priority: int = 0
    ) -> None:
        self._of(region).enqueue(region, job, compute, instances, priority)

    def cancel(self, region: str, job: str) -> bool:
        return self._of(region).cancel(region, job)

    def claim(self, region: str, request: Claim) -> Claimed:
        return self._of(region).claim(region, request)

    def renew(self, region: str, request: Renew) -> Renewed:
        return self._of(region).renew(region, request)

    def report(self, region: str, report: Report) -> Reported:
        return self._of(region).report(region, report)

    def tick(self) -> None:
        """What time alone brings: leases run out, clusters shrink. Call it every few seconds."""
        for region, dispatch in self.regions.items():
            dispatch.tick(region)

    def _of(self, region: str) -> Dispatch:
        found = self.regions.get(region)
        if found is None:
            raise NotFound(f"this estate has no region `{region}`")
        return found
