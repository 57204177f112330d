"""How requests for roles stand now, by the rule that rights are reckoned by, whatever was written
of them before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ..catalog.schedule_requests import ACTIVATIONS, ELIGIBILITIES, Status
from ..core.resource import Resource
from ..core.rights import Role
from ..core.time_boxes import Activation, Eligibility, bounded
from ..core.times import iso
from .giving import role_of
from .schedules import Schedules, activation


class HeldNow:
    """`groups_of` gives the ids of all groups that somebody is in, groups in groups included."""

    def __init__(self, schedules: Schedules, groups_of: Callable[[str], frozenset[str]]):
        self._schedules, self._groups_of = schedules, groups_of
        # By type, as rows of the graph are told.
        self.told = dict.fromkeys((ELIGIBILITIES.lower(), ACTIVATIONS.lower()), self.said)

    def said(self, request: Resource, at: float) -> dict[str, str]:
        """What of a request, of either kind, is otherwise than it is written: its `status`, and
        `activeUntil` where what it rests on ends before."""
        said = request.properties
        match said.get("status"):
            case Status.PENDING.value:
                if iso(at) >= str(said.get("waitsUntil")):
                    return {"status": Status.TIMED_OUT.value}
                return {} if self._may_come(request, at) else {"status": Status.REVOKED.value}
            case Status.PROVISIONED.value:
                return self._held(request, at)
        return {}

    def status(self, request: Resource, at: float) -> str:
        written = str(request.properties.get("status") or "")
        return self.said(request, at).get("status", written)

    def active(self) -> Iterator[Activation]:
        """What was activated or given for a time, within what it rests on; without what rests on
        nothing any more."""
        for principal, some in self._schedules.known().active.items():
            known = self._known(principal) if any(each.rests_on for each in some) else {}
            yield from (within for each in some if (within := bounded(each, known)))

    def under(self, activation: Activation) -> Eligibility | None:
        """What it rests on, if that is there."""
        eligible = self._schedules.known().eligible.values()
        every = (each for some in eligible for each in some)
        return next((each for each in every if each.id == activation.rests_on), None)

    def over(self, at: float) -> list[str]:
        """The ids of what was written as held, and is not."""
        held = {each.id for each in self.active() if at < each.ends}
        active = self._schedules.known().active.values()
        return [each.id for some in active for each in some if each.id not in held]

    def _held(self, request: Resource, at: float) -> dict[str, str]:
        until = request.properties.get("activeUntil")
        # Both are written in one form of one length, so that they compare as text.
        if until is not None and iso(at) >= str(until):
            return {"status": Status.REVOKED.value}
        if not request.properties.get("restsOn"):
            return {}
        asked = activation(request, Role(role_of(request), "", ()))
        within = bounded(asked, self._known(asked.principal))
        if within is None:
            return {"status": Status.REVOKED.value}
        sooner = {"activeUntil": iso(within.ends)} if within.ends < asked.ends else {}
        return sooner | ({"status": Status.REVOKED.value} if within.ends <= at else {})

    def _may_come(self, request: Resource, at: float) -> bool:
        """Whether what a request waits for could still be taken."""
        asked = activation(request, Role(role_of(request), "", ()))
        under = self._known(asked.principal).get(asked.rests_on)
        same = under is not None and under.role.id == asked.role.id and under.covers(asked.scope)
        return same and under is not None and under.there(at)

    def _known(self, principal: str) -> Mapping[str, Eligibility]:
        eligible = self._schedules.known().eligible
        ids = {principal, *(id.lower() for id in self._groups_of(principal))}
        return {each.id: each for id in ids for each in eligible.get(id, ())}
