"""What is held for a time, as the role assignments that Azure's clients find it as."""

from __future__ import annotations

from collections.abc import Iterator

from ...catalog.schedule_requests import Status, held_as
from ...control import announcing
from ...control.announcing import Announce, nobody_listens
from ...control.held_now import HeldNow
from ...core.ids import ResourceId
from ...core.lifecycle import Work
from ...core.resource import Resource
from ...core.time_boxes import Activation
from ...core.times import iso
from ...store.resources import Resources
from .telling import tell


class HeldForATime:
    """Implements a port of `providers.authorization`. They are kept nowhere: a request is."""

    def __init__(self, held_now: HeldNow, announce: Announce = nobody_listens):
        self.held_now, self.announce = held_now, announce

    def now(self, work: Work) -> Iterator[Resource]:
        return (_assignment(each, request) for each, request in self._held(work))

    def end(self, work: Work, assignment: Resource) -> Iterator[ResourceId]:
        for _, request in self._held(work):
            if held_as(request.id).key == assignment.id.key:
                end(work, request, self.announce)
                yield request.id

    def _held(self, work: Work) -> list[tuple[Activation, Resource]]:
        """With the request that each comes of."""
        active = [each for each in self.held_now.active() if each.begins <= work.at < each.ends]
        there = Resources(work.connection).several([each.id for each in active]) if active else {}
        return [(each, there[each.id]) for each in active if each.id in there]


def end(work: Work, request: Resource, announce: Announce) -> None:
    """What was activated or given by a request is over."""
    over = {"status": Status.REVOKED.value, "activeUntil": iso(work.at)}
    work.save(request.with_properties(**over))
    tell(announce, work, announcing.ENDED, request)


def _assignment(held: Activation, request: Resource) -> Resource:
    said = request.properties
    properties = {
        "roleDefinitionId": said["roleDefinitionId"],
        "principalId": said["principalId"],
        "principalType": said.get("principalType"),
        "assignmentType": "Activated" if held.rests_on else "Assigned",
        "endDateTime": iso(held.ends),
    }
    return Resource(
        id=held_as(request.id),
        document={"properties": properties},
        created=request.created,
        modified=request.modified,
    )
