"""Who is eligible for a role: made and taken back by requests of administrators."""

from __future__ import annotations

import math
from typing import Any

from ...catalog.schedule_requests import (
    ACTIVATIONS,
    ELIGIBILITIES,
    RequestType,
    Status,
    span,
)
from ...control.giving import hold_given
from ...control.held_now import HeldNow
from ...core.errors import Conflict
from ...core.ids import ResourceId
from ...core.lifecycle import Lifecycle, Work
from ...core.resource import Change, Resource
from ...core.times import iso, written
from ...store.resources import Condition, Query, Resources
from .asked import People, alike, expanded, is_provisioned, read
from .policies import ensure

_MANY = 100_000


class Eligibilities(Lifecycle):
    kind = ELIGIBILITIES

    def __init__(self, people: People, held_now: HeldNow):
        self.people, self.held_now = people, held_now

    def admit(self, work: Work, change: Change) -> None:
        there = _provisioned(work, change)
        if change.typed.request_type is RequestType.ADMIN_REMOVE:
            if not there:
                raise Conflict(
                    "the principal is not eligible for the role here: there is nothing to remove",
                    code="RoleAssignmentDoesNotExist",
                )
            return
        hold_given(self.people, work, change)
        if there:
            raise Conflict(
                f"the principal is eligible for the role here already: `{there[0].id}`",
                code="RoleAssignmentExists",
            )

    def written(self, work: Work, resource: Resource, old: Resource | None) -> None:
        request = read(resource)
        said: dict[str, Any] = {
            "requestorId": work.caller.id,
            "principalType": self.people.kind_of(work, request.principal_id),
        }
        if request.request_type is RequestType.ADMIN_REMOVE:
            for each in _provisioned(work, resource):
                take_back(work, each)
                said["targetRoleEligibilityScheduleId"] = schedule_id(each)
            work.save(resource.with_properties(**said, status=Status.REVOKED.value))
            return
        begins, ends = span(request, written(work.at))
        before = old.properties.get("activeFrom") if old and is_provisioned(old) else None
        said |= {
            "status": Status.PROVISIONED.value,
            "activeFrom": before or iso(begins),
            "activeUntil": None if ends == math.inf else iso(ends),
            "targetRoleEligibilityScheduleId": schedule_id(resource),
        }
        work.save(resource.with_properties(**said))
        ensure(work, resource.id.parent, request.role_definition_id)

    def act(
        self, work: Work, verb: str, resource: Resource | None, id: ResourceId, body: Any
    ) -> Any:
        raise Conflict(
            "the request waited for nobody: there is nothing to cancel; who is eligible is so no "
            "more by a request with `AdminRemove`",
            code="RoleAssignmentRequestNotPending",
        )

    def removed(self, work: Work, resource: Resource) -> None:
        end_what_rests_on(work, resource.id)

    def show(self, work: Work, resource: Resource) -> dict[str, Any]:
        named = {"expandedProperties": expanded(self.people, work, resource)}
        return {**named, **self.held_now.said(resource, work.at)}


def take_back(work: Work, eligibility: Resource) -> None:
    """With all that was activated by it."""
    ended = {"status": Status.REVOKED.value, "activeUntil": iso(work.at)}
    work.save(eligibility.with_properties(**ended))
    end_what_rests_on(work, eligibility.id)


def end_what_rests_on(work: Work, eligibility: ResourceId) -> None:
    on = (
        Condition(("properties", "restsOn"), (eligibility.key,)),
        Condition(("properties", "status"), (Status.PROVISIONED.value, Status.PENDING.value)),
    )
    rows = Resources(work.connection).list(Query(type=ACTIVATIONS, where=on, limit=_MANY))
    for row in rows:
        until = {"activeUntil": iso(work.at)} if is_provisioned(row) else {}
        work.save(row.with_properties(status=Status.REVOKED.value, **until))


def schedule_id(request: Resource) -> str:
    """Where the schedule is shown that a request made."""
    schedules = request.id.steps[-1].type.removesuffix("Requests") + "s"
    return str(request.id.parent.child(schedules, request.name, "Microsoft.Authorization"))


def _provisioned(work: Work, of: Change | Resource) -> list[Resource]:
    others = alike(work, of, ELIGIBILITIES, of.id.parent)
    return [each for each in others if is_provisioned(each) and not _over(work, each)]


def _over(work: Work, eligibility: Resource) -> bool:
    until = eligibility.properties.get("activeUntil")
    return until is not None and iso(work.at) >= until
