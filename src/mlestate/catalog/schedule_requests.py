"""Requests for roles that are held for some time: to be eligible for one, to hold one."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid5

from msgspec import Meta, Struct

from ..core import durations
from ..core.errors import Invalid
from ..core.ids import ResourceId
from ..core.resource import Change, Resource, View
from ..core.resource_type import Action, ResourceType
from ..core.times import iso
from ..core.validate import Fault, refusal
from ..core.words import Word
from . import names
from .authorization import ROLE_ASSIGNMENTS, given_faults, scope_and_role
from .management import MANAGEMENT_GROUP
from .writing import refuse

ELIGIBILITIES = "Microsoft.Authorization/roleEligibilityScheduleRequests"
ACTIVATIONS = "Microsoft.Authorization/roleAssignmentScheduleRequests"
# Clients send when they were asked; their clocks are not ours.
_SKEW = 300.0
# So that nobody's own GUID is another's by chance.
_HELD_AS = UUID("3d5f0a44-6a53-5b0e-9c1f-7e2c1a9b8d40")
_SCOPES = {
    "microsoft.resources/subscriptions/resourcegroups": "resourcegroup",
    "microsoft.resources/subscriptions": "subscription",
    MANAGEMENT_GROUP.lower(): "managementgroup",
}
_CENTURY = 100 * 366 * 86400.0


class RequestType(Word):
    ADMIN_ASSIGN = "AdminAssign"
    ADMIN_REMOVE = "AdminRemove"
    ADMIN_UPDATE = "AdminUpdate"
    ADMIN_EXTEND = "AdminExtend"
    ADMIN_RENEW = "AdminRenew"
    SELF_ACTIVATE = "SelfActivate"
    SELF_DEACTIVATE = "SelfDeactivate"
    SELF_EXTEND = "SelfExtend"
    SELF_RENEW = "SelfRenew"


class Status(Word):
    PENDING = "PendingApproval"
    PROVISIONED = "Provisioned"
    DENIED = "Denied"
    CANCELED = "Canceled"
    REVOKED = "Revoked"
    TIMED_OUT = "TimedOut"


class ExpirationType(Word):
    NEVER = "NoExpiration"
    AT = "AfterDateTime"
    AFTER = "AfterDuration"


class Expiration(Struct, frozen=True, rename="camel"):
    type: ExpirationType | None = None
    end_date_time: str | None = None
    duration: str | None = None


class ScheduleInfo(Struct, frozen=True, rename="camel"):
    start_date_time: str | None = None
    expiration: Expiration | None = None


class Ticket(Struct, frozen=True, rename="camel"):
    ticket_number: Annotated[str, Meta(max_length=200)] | None = None
    ticket_system: Annotated[str, Meta(max_length=200)] | None = None


class ScheduleRequest(Struct, frozen=True, rename="camel"):
    role_definition_id: str
    principal_id: str
    request_type: RequestType
    justification: Annotated[str, Meta(max_length=1000)] | None = None
    schedule_info: ScheduleInfo | None = None
    linked_role_eligibility_schedule_id: str | None = None
    ticket_info: Ticket | None = None
    condition: str | None = None
    condition_version: str | None = None


# What each of the two takes.
FOR_ELIGIBILITY = (RequestType.ADMIN_ASSIGN, RequestType.ADMIN_UPDATE, RequestType.ADMIN_REMOVE)
FOR_ACTIVATION = (
    RequestType.SELF_ACTIVATE,
    RequestType.SELF_DEACTIVATE,
    RequestType.SELF_EXTEND,
    RequestType.ADMIN_ASSIGN,
    RequestType.ADMIN_REMOVE,
)
_ENDING = (RequestType.SELF_DEACTIVATE, RequestType.ADMIN_REMOVE)


def span(request: ScheduleRequest, at: float) -> tuple[float, float]:
    """When it begins and ends, in epoch seconds; raises Invalid with all that is wrong with it."""
    found: list[Fault] = []
    place = "$.properties.scheduleInfo"
    info = request.schedule_info or ScheduleInfo()
    begins = max(_moment(info.start_date_time, f"{place}.startDateTime", found) or at, at)
    expires, place = info.expiration or Expiration(), f"{place}.expiration"
    ends = math.inf
    if expires.type is ExpirationType.AT or (not expires.type and expires.end_date_time):
        ends = _moment(expires.end_date_time, f"{place}.endDateTime", found, True) or math.inf
    elif expires.type is ExpirationType.AFTER or (not expires.type and expires.duration):
        ends = begins + _length(expires.duration, f"{place}.duration", found)
    if ends <= begins and not found:
        found.append((place, "it would end before it begins"))
    if any(_CENTURY < moment - at < math.inf for moment in (begins, ends)) and not found:
        found.append((place, "it is more than a century away"))
    if found:
        raise refusal(found)
    return begins, ends


def _moment(text: str | None, place: str, found: list[Fault], wanted: bool = False) -> float | None:
    if text is None:
        if wanted:
            found.append((place, "is missing: a time such as `2027-03-31T18:00:00Z`"))
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        found.append((place, f"`{text[:80]}` is not a time such as `2027-03-31T18:00:00Z`"))
        return None


def _length(text: str | None, place: str, found: list[Fault]) -> float:
    if text is None:
        found.append((place, "is missing: a duration such as `PT4H`"))
        return math.inf
    try:
        length = durations.parse(text)
    except Invalid as error:
        found.append((place, str(error)))
        return math.inf
    if length <= 0:
        found.append((place, f"`{text[:80]}` is no time at all"))
    return length


def scope_type(scope: ResourceId) -> str:
    """In Azure's words; of a resource its type."""
    return _SCOPES.get(scope.type.lower(), scope.type) if scope.steps else "tenant"


def held_as(request: ResourceId) -> ResourceId:
    """The id of the role assignment that an activation is while it lasts."""
    namespace, _, kind = ROLE_ASSIGNMENTS.name.partition("/")
    return request.parent.child(kind, str(uuid5(_HELD_AS, request.key)), namespace)


def _check(change: Change, allowed: tuple[RequestType, ...]) -> None:
    typed: ScheduleRequest = change.typed
    found = given_faults(typed.role_definition_id, typed.principal_id, typed.condition)
    if typed.request_type not in allowed:
        known = ", ".join(f"`{word}`" for word in allowed)
        text = f"`{typed.request_type.value}` is not offered here: one of {known}"
        found.append(("$.properties.requestType", text))
    refuse(found + _span_faults(change))


def _span_faults(change: Change) -> list[Fault]:
    if change.typed.request_type in _ENDING or change.old is not None:
        return []
    try:
        span(change.typed, change.at)
    except Invalid as error:
        return [(each.target, str(each)) for each in error.details]
    return []


def _check_eligibility(change: Change) -> None:
    _check(change, FOR_ELIGIBILITY)


def _check_activation(change: Change) -> None:
    _check(change, FOR_ACTIVATION)
    typed: ScheduleRequest = change.typed
    if change.old is not None or typed.request_type in _ENDING:
        return
    begins, ends = span(typed, change.at)
    expiration = "$.properties.scheduleInfo"
    found: list[Fault] = []
    if begins > change.at + _SKEW:
        text = "it begins at once: ask when it is needed"
        found.append((f"{expiration}.startDateTime", text))
    if ends == math.inf:
        text = "it needs an end: an `AfterDuration` such as `PT4H`, or an `AfterDateTime`"
        found.append((f"{expiration}.expiration", text))
    refuse(found)


def _complete(change: Change) -> dict[str, Any]:
    # Kept as Azure spells it, whatever the request did.
    return {"requestType": RequestType(change.properties["requestType"]).value}


def _render(resource: Resource, view: View) -> dict[str, Any]:
    return {**scope_and_role(resource, view), "createdOn": iso(resource.created.at)}


_SERVER = (
    "scope",
    "createdOn",
    "status",
    "requestorId",
    "principalType",
    "expandedProperties",
    "parties",
    "activeFrom",
    "activeUntil",
)

ELIGIBILITY_REQUESTS = ResourceType(
    name=ELIGIBILITIES,
    doc="Makes somebody eligible for a role at a scope, or ends that.",
    properties=ScheduleRequest,
    name_rule=names.GUID,
    extension=True,
    estate_wide=True,
    stateful=False,
    replaced=201,
    actions=(Action(name="cancel", permission=f"{ELIGIBILITIES}/write"),),
    fixed=("roleDefinitionId", "principalId"),
    read_only=(*_SERVER, "targetRoleEligibilityScheduleId"),
    check=_check_eligibility,
    complete=_complete,
    render=_render,
)

ACTIVATION_REQUESTS = ResourceType(
    name=ACTIVATIONS,
    doc="Asks for a role for some time, by who is eligible for it, or gives one.",
    properties=ScheduleRequest,
    name_rule=names.GUID,
    extension=True,
    estate_wide=True,
    parties=True,
    by_eligible=True,
    stateful=False,
    replaced=201,
    actions=(Action(name="cancel", permission=f"{ACTIVATIONS}/write"),),
    patchable=(),
    read_only=(
        *_SERVER,
        "approvalId",
        "targetRoleAssignmentScheduleId",
        "breakGlass",
        "waitsUntil",
        "restsOn",
        "decision",
    ),
    check=_check_activation,
    complete=_complete,
    render=_render,
)

REQUESTS = (ELIGIBILITY_REQUESTS, ACTIVATION_REQUESTS)
