"""Requests to hold a role for some time: taken at once, or when somebody has approved."""

from __future__ import annotations

from typing import Any

from ...catalog.approvals import APPROVAL, STAGE, Review
from ...catalog.schedule_requests import ACTIVATIONS, RequestType, ScheduleRequest, Status, span
from ...control import announcing
from ...control.announcing import Announce, nobody_listens
from ...control.giving import hold_given, hold_role
from ...control.held_now import HeldNow
from ...core import ids
from ...core.errors import Conflict, Forbidden
from ...core.ids import ResourceId
from ...core.lifecycle import Lifecycle, Work
from ...core.resource import Change, Resource, Stamp
from ...core.times import iso, written
from ...store.resources import Resources
from .asked import People, expanded, made, principal_of, read, role_of
from .eligibilities import schedule_id
from .held import end
from .taking import Taking, hold_terms, take, taking, under_way, waiting
from .telling import tell

_SELF = (RequestType.SELF_ACTIVATE, RequestType.SELF_DEACTIVATE, RequestType.SELF_EXTEND)
_ENDING = (RequestType.SELF_DEACTIVATE, RequestType.ADMIN_REMOVE)
_CONTENT = ("requestType", "justification", "scheduleInfo", "linkedRoleEligibilityScheduleId")


class Activations(Lifecycle):
    kind = ACTIVATIONS

    def __init__(self, people: People, held_now: HeldNow, announce: Announce = nobody_listens):
        self.people, self.held_now, self.announce = people, held_now, announce

    def admit(self, work: Work, change: Change) -> None:
        if change.old is not None:
            _hold_same(work, change, change.old)
            return
        typed: ScheduleRequest = change.typed
        if typed.request_type in _SELF:
            self._admit_own(work, change, typed)
        else:
            self._admit_others(work, change, typed)

    def written(self, work: Work, resource: Resource, old: Resource | None) -> None:
        if old is not None:
            return  # said again: nothing happens again
        typed = read(resource)
        parties = sorted({principal_of(resource), work.caller.id.lower()})
        resource = work.save(
            resource.with_properties(
                requestorId=work.caller.id,
                principalType=self.people.kind_of(work, typed.principal_id),
                parties=parties,
                targetRoleAssignmentScheduleId=schedule_id(resource),
            )
        )
        if typed.request_type in _ENDING:
            self._end(work, resource)
        elif typed.request_type is RequestType.ADMIN_ASSIGN:
            begins, ends = span(typed, written(work.at))
            until = {"activeFrom": iso(begins), "activeUntil": iso(ends)}
            work.save(resource.with_properties(status=Status.PROVISIONED.value, **until))
        else:
            self._ask(work, resource, typed)

    def act(
        self, work: Work, verb: str, resource: Resource | None, id: ResourceId, body: Any
    ) -> Any:
        assert resource is not None
        own = str(resource.properties.get("requestorId", "")).lower() == work.caller.id.lower()
        if not own:
            work.caller.need(f"{ACTIVATIONS}/write", str(id.parent))
        now = self.held_now.status(resource, work.at)
        if now != Status.PENDING.value:
            held = now == Status.PROVISIONED.value
            advice = "; a role that is held is given back with `mlestate access deactivate`"
            raise Conflict(
                f"the request waits for nobody: there is nothing to cancel{advice if held else ''}",
                code="RoleAssignmentRequestNotPending",
            )
        work.save(resource.with_properties(status=Status.CANCELED.value))
        self._close(work, resource, "Canceled")
        return None

    def removed(self, work: Work, resource: Resource) -> None:
        if approval := resource.properties.get("approvalId"):
            Resources(work.connection).drop_tree(str(approval).lower())

    def show(self, work: Work, resource: Resource) -> dict[str, Any]:
        named = {"expandedProperties": expanded(self.people, work, resource)}
        return {**named, **self.held_now.said(resource, work.at)}

    def _admit_own(self, work: Work, change: Change, typed: ScheduleRequest) -> None:
        caller, probe = work.caller, _probe(work, change)
        if caller.job or principal_of(change) != caller.id.lower():
            raise Forbidden(
                "A role is activated by whoever is to hold it, for themselves: `principalId` is "
                "not your object id.",
                code="RoleNotEligible",
                target="$.properties.principalId",
            )
        if typed.request_type is RequestType.SELF_DEACTIVATE:
            self._need_held(work, probe)
            return
        found = taking(work, caller, typed, change.id.parent)
        hold_role(work, change)
        hold_terms(found, typed, work.at)
        self._need_approvers(work, found)
        held = under_way(work, probe, self.held_now)
        if typed.request_type is RequestType.SELF_EXTEND:
            if held is None or held.properties.get("restsOn") != found.under.id:
                raise _not_held()
        elif held is not None:
            raise Conflict(
                f"you hold the role here until {held.properties['activeUntil']} already: extend "
                "that, or give it back first",
                code="RoleAssignmentExists",
            )
        if before := waiting(work, probe, self.held_now):
            raise Conflict(
                f"you have asked for the role here already: `{before.name}` waits for approval",
                code="PendingRoleAssignmentRequest",
            )

    def _admit_others(self, work: Work, change: Change, typed: ScheduleRequest) -> None:
        scope = str(change.id.parent)
        work.caller.need(f"{ACTIVATIONS}/write", scope)
        if typed.request_type is RequestType.ADMIN_REMOVE:
            self._need_held(work, _probe(work, change))
            return
        hold_given(self.people, work, change)
        if under_way(work, _probe(work, change), self.held_now):
            raise Conflict("the principal holds the role here already", code="RoleAssignmentExists")

    def _need_approvers(self, work: Work, found: Taking) -> None:
        there = (self.people.kind_of(work, id) for id in found.terms.approvers)
        if found.terms.approval and not any(there):
            raise Conflict(
                "the role is activated with an approval, and those who could give it are gone: an "
                "administrator has to name others in its policy",
                code="NoApproverLeft",
            )

    def _need_held(self, work: Work, probe: Resource) -> None:
        if under_way(work, probe, self.held_now) is None:
            raise _not_held()

    def _end(self, work: Work, request: Resource) -> None:
        held = under_way(work, request, self.held_now)
        assert held is not None
        end(work, held, self.announce)
        work.save(request.with_properties(status=Status.REVOKED.value))

    def _ask(self, work: Work, resource: Resource, typed: ScheduleRequest) -> None:
        found = taking(work, work.caller, typed, resource.id.parent)
        if found.terms.approval:
            self._tell(work, announcing.ASKED, _pending(work, resource, found))
            return
        taken = take(work, resource, typed, found.under, self.held_now)
        if found.glass:
            taken = work.save(taken.with_properties(breakGlass=True))
            work.record("Mlestate.Organization/breakGlass/break/action", ids.parse(found.under.id))
        kind = announcing.GLASS_BROKEN if found.glass else announcing.ACTIVATED
        self._tell(work, kind, taken)

    def _close(self, work: Work, request: Resource, said: str) -> None:
        """What it waited for is asked no more."""
        id = ids.parse(str(request.properties["approvalId"]))
        for one in (id, id.child(STAGE.rpartition("/")[2], id.name)):
            if asked := work.find(one):
                work.save(asked.with_properties(status=said))

    def _tell(self, work: Work, kind: str, request: Resource) -> None:
        tell(self.announce, work, kind, request)


def _pending(work: Work, request: Resource, found: Taking) -> Resource:
    """It waits for its approvers, who see it from now on."""
    approvers, until = list(found.terms.approvers), iso(work.at + found.terms.patience)
    parties = sorted({*request.properties["parties"], *approvers})
    namespace, _, kind = APPROVAL.partition("/")
    # A name of its own: who asks names their request, and could name another's, or their last one.
    id = ResourceId().child(kind, work.fresh_id(), namespace)
    about = {
        "parties": parties,
        "approvers": approvers,
        "requestId": str(request.id),
        "requestorId": work.caller.id,
        "waitsUntil": until,
    }
    made(
        work,
        id,
        **about,
        status="InProgress",
        requestor=work.caller.name,
        role=found.under.role.name,
        scope=str(request.id.parent) or "/",
        justification=request.properties.get("justification"),
    )
    stage = id.child(STAGE.rpartition("/")[2], id.name)
    made(work, stage, **about, status="InProgress", reviewResult=Review.NOT_YET.value)
    return work.save(
        request.with_properties(
            status=Status.PENDING.value,
            parties=parties,
            approvalId=str(id),
            waitsUntil=until,
            restsOn=found.under.id,
        )
    )


def _not_held() -> Conflict:
    return Conflict(
        "the role is not held for a time here, so there is nothing to end or extend",
        code="RoleAssignmentDoesNotExist",
    )


def _probe(work: Work, change: Change) -> Resource:
    """The request as `alike` compares it, before it is written."""
    stamp = Stamp(work.caller.name, work.caller.kind, work.at, work.caller.id)
    return Resource(id=change.id, document=change.document, created=stamp, modified=stamp)


def _hold_same(work: Work, change: Change, old: Resource) -> None:
    """A request is made once; the same again, by the same, is a repetition on the way."""
    by = str(old.properties.get("requestorId", "")).lower()
    same = by == work.caller.id.lower() and all(
        change.properties.get(name) == old.properties.get(name) for name in _CONTENT
    )
    if not same or role_of(change) != role_of(old) or principal_of(change) != principal_of(old):
        raise Conflict(
            "a request does not change once it is made: make another one, under a new GUID",
            code="RoleAssignmentRequestExists",
        )
