"""Decisions on requests for a role: by who was asked, never by who asks."""

from __future__ import annotations

import math
from typing import Any

from ...catalog.approvals import APPROVAL, STAGE, Review
from ...catalog.schedule_requests import Status
from ...control import announcing
from ...control.announcing import Announce, nobody_listens
from ...control.held_now import HeldNow
from ...core import ids
from ...core.access import Caller
from ...core.errors import Conflict, Forbidden, Invalid, MethodNotAllowed
from ...core.lifecycle import Lifecycle, Work
from ...core.resource import Change, Resource
from ...core.time_boxes import Eligibility
from ...core.times import iso
from .asked import People, read
from .taking import take
from .telling import tell

_OPEN = "InProgress"


class Approvals(Lifecycle):
    kind = APPROVAL

    def __init__(self, held_now: HeldNow):
        self.held_now = held_now

    def admit(self, work: Work, change: Change) -> None:
        raise MethodNotAllowed("an approval is made with the request that needs one")

    def show(self, work: Work, resource: Resource) -> dict[str, Any]:
        stage = work.find(resource.id.child("stages", resource.name))
        over = _over(work, resource, self.held_now)
        return {**over, "stages": [_shown(work, stage, over)] if stage else []}


class Stages(Lifecycle):
    kind = STAGE

    def __init__(self, people: People, held_now: HeldNow, announce: Announce = nobody_listens):
        self.people, self.held_now, self.announce = people, held_now, announce

    def admit(self, work: Work, change: Change) -> None:
        if change.old is None:
            raise MethodNotAllowed("a decision is asked for with the request that needs one")
        _hold_approver(work.caller, change.old)
        request = _request(work, change.old)
        if request is None:
            raise _is_over("the request is gone")
        if (now := self.held_now.status(request, work.at)) != Status.PENDING.value:
            raise _is_over(f"the request waits for no decision any more: it is `{now}`")
        _hold_reasoned(change)
        if change.typed.review_result is Review.APPROVE:
            self._eligibility(request)

    def written(self, work: Work, resource: Resource, old: Resource | None) -> None:
        approved = Review(str(resource.properties["reviewResult"])) is Review.APPROVE
        by = {
            "principalId": work.caller.id,
            "principalName": work.caller.name,
            "principalType": work.caller.kind,
        }
        result = (Review.APPROVE if approved else Review.DENY).value
        decided = {"status": "Completed", "reviewedDateTime": iso(work.at), "reviewedBy": by}
        work.save(resource.with_properties(**decided, reviewResult=result))
        if approval := work.find(resource.id.parent):
            work.save(approval.with_properties(status="Completed"))
        decision = {"result": result, "by": by, "reason": resource.properties["justification"]}
        asked = _request(work, resource)
        assert asked is not None
        request = asked.with_properties(decision=decision)
        if approved:
            taken = take(work, request, read(request), self._eligibility(request), self.held_now)
            tell(self.announce, work, announcing.ACTIVATED, taken)
        else:
            denied = work.save(request.with_properties(status=Status.DENIED.value))
            tell(self.announce, work, announcing.REFUSED, denied)

    def show(self, work: Work, resource: Resource) -> dict[str, Any]:
        return {**_over(work, resource, self.held_now), **_mine(work, resource)}

    def _eligibility(self, request: Resource) -> Eligibility:
        """What the requester may still take; it may have gone while they waited."""
        person = self.people.caller(str(request.properties["requestorId"]))
        rests_on = str(request.properties["restsOn"])
        for each in person.eligible if person else ():
            if each.id == rests_on:
                return each
        raise Conflict(
            "who asked is not eligible for the role any more: refuse the request",
            code="RoleNotEligible",
        )


def _hold_approver(caller: Caller, stage: Resource) -> None:
    if caller.ids.isdisjoint(stage.properties.get("approvers") or ()) or caller.ends < math.inf:
        raise Forbidden(
            "Requests are decided by those who were asked for approval, and you are none of them.",
            code="NotAnApprover",
        )
    if caller.id.lower() == str(stage.properties["requestorId"]).lower():
        raise Forbidden(
            "Nobody decides on a request of their own: ask another approver.",
            code="OwnRequest",
        )


def _hold_reasoned(change: Change) -> None:
    if change.typed.review_result is Review.NOT_YET:
        raise Invalid("say `Approve` or `Deny`", target="$.properties.reviewResult")
    if not (change.typed.justification or "").strip():
        raise Invalid(
            "say why: a decision is made with a reason", target="$.properties.justification"
        )


def _request(work: Work, asked: Resource) -> Resource | None:
    """What waits for an approval, or for its stage; None where that is gone, or waits for another
    one."""
    found = work.find(ids.parse(str(asked.properties["requestId"])))
    approval = asked.id if asked.id.type == APPROVAL else asked.id.parent
    waits = found is not None and str(found.properties.get("approvalId")) == str(approval)
    return found if waits else None


def _over(work: Work, asked: Resource, held_now: HeldNow) -> dict[str, str]:
    """Its `status` where nobody decided and the request waits no more: that of the request."""
    if asked.properties.get("status") != _OPEN:
        return {}
    request = _request(work, asked)
    now = Status.REVOKED.value if request is None else held_now.status(request, work.at)
    return {} if now == Status.PENDING.value else {"status": now}


def _is_over(text: str) -> Conflict:
    return Conflict(text, code="ApprovalIsOver")


def _mine(work: Work, stage: Resource) -> dict[str, bool]:
    approvers = stage.properties.get("approvers") or ()
    mine = not work.caller.ids.isdisjoint(approvers)
    own = work.caller.id.lower() == str(stage.properties.get("requestorId", "")).lower()
    return {"assignedToMe": mine and not own}


def _shown(work: Work, stage: Resource, over: dict[str, str]) -> dict[str, Any]:
    return {
        "id": str(stage.id),
        "name": stage.name,
        "type": STAGE,
        "properties": {**stage.properties, **over, **_mine(work, stage)},
    }
