"""The estate's naming conventions as tracking asks for them: for experiments and runs."""

from __future__ import annotations

from ...control.conventions import WARNED, Conventions
from ...control.plane import Plane
from ...control.work import writing
from ...core import ids
from ...core.access import Caller
from ...core.conventions import New, place_of
from ...core.resource import View
from ...tracking.ports import Workspace


class TrackedNames:
    """Implements `tracking.ports.Names`."""

    def __init__(self, plane: Plane, conventions: Conventions):
        self.plane, self.conventions = plane, conventions

    def asked(self, of: str) -> bool:
        return self.conventions.of(of) is not None

    def admit(self, caller: Caller, workspace: Workspace, new: New) -> tuple[str, ...]:
        found = self.plane.load(ids.parse(workspace.id))
        if found is None:
            return ()
        place = place_of(found.tags, found.location, caller.name, self.plane.clock())
        return self.conventions.admit([(new, place)])

    def record(self, caller: Caller, workspace: Workspace, of: str, name: str) -> None:
        child = ids.parse(workspace.id).child(of, name)
        with writing(self.plane, workspace.region, caller, View()) as work:
            work.record(WARNED, child)
