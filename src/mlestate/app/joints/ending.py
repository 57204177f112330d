"""Roles that were held for a time end by themselves; here the end is written down and told.

Nothing rests on it: what is over gives nothing from its last second on (`core/time_boxes.py`).
So do those end whose eligibility went, or is another: by who left a group, above all.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...catalog.approvals import APPROVAL
from ...catalog.break_glass import GLASS
from ...catalog.schedule_requests import ACTIVATIONS, ELIGIBILITIES, Status
from ...control import announcing
from ...control.announcing import Announce, Announcement, nobody_listens
from ...control.held_now import HeldNow
from ...control.plane import Plane
from ...control.work import Work, writing
from ...core import ids
from ...core.access import Caller, Rights
from ...core.activity import ITSELF
from ...core.resource import Resource, View
from ...core.times import iso
from ...store import principals
from ...store.cells import ESTATE
from ...store.resources import Condition, Query, Resources

_MANY = 100_000
_ITSELF = Caller(ITSELF, ITSELF, "ServicePrincipal", Rights([]))


class Ending:
    """Cut off anywhere, it is done again: what is over and not written down is still due."""

    def __init__(self, plane: Plane, held_now: HeldNow, announce: Announce = nobody_listens):
        self._plane, self._held_now, self.announce = plane, held_now, announce

    def run(self) -> int:
        """How many ended. Asked every few seconds, and answered from memory mostly."""
        due = self._held_now.over(self._plane.clock())
        if not due:
            return 0
        with writing(self._plane, ESTATE, _ITSELF, View()) as work:
            found = [work.resources.load(key) for key in due[:_MANY]]
            ended = [each for each in found if each is not None and self._is_over(each, work.at)]
            for each in ended:
                self._end(work, each)
        self._plane.changed(ACTIVATIONS.lower())
        return len(ended)

    def tidy(self) -> int:
        """Remove approvals whose request is gone, and what was given to who is gone."""
        count = 0
        with writing(self._plane, ESTATE, _ITSELF, View()) as work:
            for each in [*_orphaned(work), *_of_nobody(work)]:
                work.record(f"{each.type}/delete", each.id)
                work.resources.drop_tree(each.id.key)
                count += 1
        if count:
            self._plane.changed(ELIGIBILITIES.lower())
        return count

    def _is_over(self, request: Resource, at: float) -> bool:
        written = request.properties.get("status") == Status.PROVISIONED.value
        return written and self._held_now.status(request, at) != Status.PROVISIONED.value

    def _end(self, work: Work, request: Resource) -> None:
        until = min(str(request.properties["activeUntil"]), iso(work.at))
        work.save(request.with_properties(status=Status.REVOKED.value, activeUntil=until))
        work.record("Microsoft.Authorization/roleAssignmentSchedules/delete", request.id)
        said = {"principalId": request.properties.get("principalId")}
        told = Announcement(
            kind=announcing.ENDED, resource=str(request.id), at=work.at, by=ITSELF, said=said
        )
        self.announce(work, told)


def _orphaned(work: Work) -> Iterator[Resource]:
    for approval in work.resources.list(Query(type=APPROVAL, limit=_MANY)):
        request = str(approval.properties.get("requestId"))
        if work.resources.load(ids.parse(request).key) is None:
            yield approval


def _of_nobody(work: Work) -> Iterator[Resource]:
    held = Condition(("properties", "status"), (Status.PROVISIONED.value, Status.PENDING.value))
    for kind, where in ((ELIGIBILITIES, (held,)), (ACTIVATIONS, (held,)), (GLASS, ())):
        for each in Resources(work.connection).list(Query(type=kind, where=where, limit=_MANY)):
            principal = str(each.properties["principalId"]).lower()
            if principals.by_id(work.connection, principal) is None:
                yield each
