"""To take a role that one is eligible for: by which eligibility, on which terms, from when on."""

from __future__ import annotations

import msgspec

from ...catalog.break_glass import GLASS
from ...catalog.role_policies import Terms
from ...catalog.schedule_requests import (
    ACTIVATIONS,
    RequestType,
    ScheduleRequest,
    Status,
    span,
)
from ...control.held_now import HeldNow
from ...core import durations, ids, role_ids
from ...core.access import Caller
from ...core.errors import Conflict, Forbidden, Invalid
from ...core.ids import ResourceId
from ...core.lifecycle import Work
from ...core.resource import Resource
from ...core.time_boxes import Eligibility
from ...core.times import iso, written
from ...core.validate import Fault
from .asked import alike
from .policies import terms_at

_BROKEN = "RoleAssignmentRequestPolicyValidationFailed"


class Taking(msgspec.Struct, frozen=True):
    """What a request comes to: what it rests on, its terms, and whether it is an emergency."""

    under: Eligibility
    terms: Terms

    @property
    def glass(self) -> bool:
        return self.under.glass


def taking(work: Work, caller: Caller, request: ScheduleRequest, scope: ResourceId) -> Taking:
    """Raises Forbidden where they are not eligible."""
    under = _eligibility(caller, request, scope)
    if under.glass:
        found = work.find(ids.parse(under.id))
        if found is None:
            raise _not_eligible(scope)
        longest = durations.parse(str(found.properties.get("maximumDuration") or "PT1H"))
        return Taking(under, Terms(longest=longest))
    terms = terms_at(work, scope, under.role.id)
    if terms is None:
        raise Conflict(
            f"nothing says for how long `{under.role.name}` may be activated here: an "
            "administrator has to say so, in a role management policy",
            code=_BROKEN,
        )
    return Taking(under, terms)


def hold_terms(taking: Taking, request: ScheduleRequest, at: float) -> None:
    """Refuse what the terms do not allow, all of it at once."""
    terms, found = taking.terms, list[Fault]()
    if terms.justification and not (request.justification or "").strip():
        found.append(("$.properties.justification", "say why: the role is taken with a reason"))
    ticket = request.ticket_info.ticket_number if request.ticket_info else None
    if terms.ticket and not (ticket or "").strip():
        found.append(("$.properties.ticketInfo", "name the ticket that it is for"))
    begins, ends = span(request, at)
    if ends - begins > terms.longest:
        hours = terms.longest / 3600
        longest = "hour" if hours == 1 else f"{hours:g} hours"
        place = "$.properties.scheduleInfo.expiration"
        found.append((place, f"is longer than the {longest} that the role may be held at a time"))
    if found:
        details = tuple(Invalid(text, target=place, code=_BROKEN) for place, text in found)
        text = "; ".join(f"{place}: {text}" for place, text in found)
        raise Invalid(text, code=_BROKEN, target=found[0][0], details=details)


def end_of(request: Resource, typed: ScheduleRequest, under: Eligibility, at: float) -> float:
    """When what is taken now ends: no longer after now than was asked for, and not after what it
    rests on."""
    begins, ends = span(typed, request.created.at)
    latest = min(at + (ends - begins), under.ends)
    as_asked = typed.schedule_info.expiration if typed.schedule_info else None
    if as_asked is not None and as_asked.end_date_time and not as_asked.duration:
        return min(ends, latest)
    return latest


def under_way(work: Work, of: Resource, held_now: HeldNow) -> Resource | None:
    """What the principal has taken of the role at the scope, and still has."""
    for each in alike(work, of, ACTIVATIONS, of.id.parent):
        typed = each.properties.get("requestType")
        began = typed in (RequestType.SELF_ACTIVATE.value, RequestType.ADMIN_ASSIGN.value)
        if began and held_now.status(each, work.at) == Status.PROVISIONED.value:
            return each
    return None


def waiting(work: Work, of: Resource, held_now: HeldNow) -> Resource | None:
    """What they have asked for of it and is not decided."""
    for each in alike(work, of, ACTIVATIONS, of.id.parent):
        if held_now.status(each, work.at) == Status.PENDING.value:
            return each
    return None


def take(
    work: Work, request: Resource, typed: ScheduleRequest, under: Eligibility, held_now: HeldNow
) -> Resource:
    """The role is theirs from now on; or for longer, where they have it."""
    at = written(work.at)
    ends = end_of(request, typed, under, at)
    if ends <= work.at:
        raise Conflict("the time that was asked for is over: ask again", code="RequestIsOver")
    said = {"status": Status.PROVISIONED.value, "activeUntil": iso(ends), "restsOn": under.id}
    if typed.request_type is RequestType.SELF_EXTEND:
        held = under_way(work, request, held_now)
        if held is None:
            raise Conflict("the role has ended meanwhile: activate it again", code="RequestIsOver")
        work.save(held.with_properties(activeUntil=iso(ends)))
        return work.save(request.with_properties(**said))
    return work.save(request.with_properties(activeFrom=iso(at), **said))


def _eligibility(caller: Caller, request: ScheduleRequest, scope: ResourceId) -> Eligibility:
    """The one that is named, else one that is no emergency."""
    role = role_ids.guid(request.role_definition_id)
    named = request.linked_role_eligibility_schedule_id
    for each in caller.eligible:
        fits = each.scope == scope.key and each.role.id.lower() == role
        if fits and (_is(each, named) if named else not each.glass):
            return each
    raise _not_eligible(scope)


def _is(eligibility: Eligibility, named: str) -> bool:
    """By its own id, its schedule's, or the last segment of one."""
    same = named.rpartition("/")[2].lower() == eligibility.id.rpartition("/")[2]
    return same and (eligibility.glass == (GLASS.lower() in named.lower()) or "/" not in named)


def _not_eligible(scope: ResourceId) -> Forbidden:
    return Forbidden(
        f"You are not eligible for this role at `{scope or '/'}`: `mlestate access requests` "
        "lists what you may activate.",
        code="RoleNotEligible",
    )
