"""Guests go by themselves: their jobs end, what they were given is taken back, and they leave."""

from __future__ import annotations

from ...control.plane import Plane
from ...control.work import writing
from ...core.access import Caller, Rights
from ...core.principals import Principal
from ...core.resource import View
from ...identity.departures import ITSELF, Departures
from ...store.resources import Condition, Query

JOBS = "Microsoft.MachineLearningServices/workspaces/jobs"
_ALIVE = ("NotStarted", "Queued", "Preparing", "Starting", "Running", "Finalizing")
_MANY = 100_000
_ITSELF = Caller(ITSELF, ITSELF, "ServicePrincipal", Rights([]))


class Leaving:
    """Cut off anywhere, it is done again: who is still there is still due."""

    def __init__(self, plane: Plane, departures: Departures):
        self._plane, self._departures = plane, departures

    def run(self) -> int:
        """How many left."""
        due = self._departures.due()
        for principal in due:
            self._end_jobs(principal)
            self._departures.remove(principal)
        return len(due)

    def _end_jobs(self, principal: Principal) -> None:
        """Those that wait or run are canceled: nobody is there any more for whom they would."""
        alive = Condition(("properties", "status"), _ALIVE)
        for region in self._plane.cells.regions:
            with writing(self._plane, region, _ITSELF, View()) as work:
                for job in work.resources.list(Query(type=JOBS, where=(alive,), limit=_MANY)):
                    if job.created.id == principal.id:
                        work.later("cancel", job)
                        work.record(f"{JOBS}/cancel/action", job.id)
        self._plane.changed(JOBS.lower())
