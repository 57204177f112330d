"""Events that no transaction of the control plane goes with: refusals, reads, what others wrote."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..core import activity
from ..core.activity import FAILED, Asked, By, Event
from ..core.errors import Forbidden, PlatformError, Refused
from ..core.ids import parse, split_blob
from ..store.activity.journal import Journal
from ..store.cells import ESTATE
from .plane import Plane


class Journals:
    """One for each cell, in the folder that `folder` gives for its region."""

    def __init__(self, plane: Plane, folder: Callable[[str], Path]):
        self._plane, self._folder = plane, folder
        self._lock = threading.Lock()
        self._journals: dict[str, Journal] = {}

    def open(self) -> None:
        """Those of all cells, so that what a killed process left is moved into the log."""
        for region in (ESTATE, *self._plane.cells.regions):
            self._of(region)

    def denied(self, asked: Asked, denial: Refused) -> None:
        who = By(denial.principal, denial.name, denial.kind, denial.job, asked)
        self.note(
            self._cell(denial.scope),
            activity.one_of_many(
                who,
                self._plane.clock(),
                denial.action,
                denial.scope,
                status=FAILED,
                code=403,
                error=Forbidden.code,
            ),
        )

    def did(self, region: str, by: By, action: str, id: str, **known: Any) -> None:
        """Something that is done and on disk: so is this, when it returns. Each is one event."""
        event = activity.event(by, self._plane.clock(), action, id, **known)
        self.note(region, event, sync=True)

    def read(self, region: str, by: By, action: str, id: str, **known: Any) -> None:
        """Before it is answered; of many alike, one event."""
        self.note(region, activity.one_of_many(by, self._plane.clock(), action, id, **known))

    def note(self, region: str, event: Event, sync: bool = False) -> None:
        self._of(region).add(event, sync)

    def flush(self) -> None:
        for journal in list(self._journals.values()):
            journal.flush()

    def _of(self, region: str) -> Journal:
        found = self._journals.get(region)
        if found is None:
            with self._lock:
                if region not in self._journals:
                    database = self._plane.cells.named(region)
                    self._journals[region] = Journal(self._folder(region), database)
                found = self._journals[region]
        return found

    def _cell(self, scope: str) -> str:
        """Of a region's things the region's, also of what no type of ours is, such as a container;
        the estate's own where it is not known."""
        try:
            id = parse(split_blob(scope)[0])
        except PlatformError:
            return ESTATE
        around = reversed((*id.ancestors, id))
        regions = (self._plane.region_of(each) for each in around if each.steps)
        return next((region for region in regions if region is not None), ESTATE)
