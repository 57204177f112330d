"""A schedule, or what of it is in force, as a document of Azure's."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from ..catalog.break_glass import GLASS
from ..catalog.schedule_requests import held_as, scope_type
from ..core import ids, role_ids
from ..core.principals import Principal
from ..core.time_boxes import Activation, Eligibility
from ..core.times import iso

_AUTHORIZATION = "Microsoft.Authorization"
ELIGIBLE = f"{_AUTHORIZATION}/roleEligibilitySchedules"
ELIGIBLE_NOW = f"{_AUTHORIZATION}/roleEligibilityScheduleInstances"
ACTIVE = f"{_AUTHORIZATION}/roleAssignmentSchedules"
ACTIVE_NOW = f"{_AUTHORIZATION}/roleAssignmentScheduleInstances"
CHILDREN = f"{_AUTHORIZATION}/eligibleChildResources"
Document = dict[str, Any]
Held = Eligibility | Activation


def document(kind: str, each: Held, under: Eligibility | None, asked: str) -> Document:
    """For who asks in a subscription, or above them all. `under` is what an activation rests on."""
    scope = ids.read(each.place).id
    definition = role_ids.seen_in(asked or scope.subscription, each.role.id)
    properties: Document = {
        "scope": each.place,
        "roleDefinitionId": definition,
        "principalId": each.principal,
        "status": "Provisioned",
        "memberType": "Direct",
        "createdOn": iso(each.created),
        "expandedProperties": {
            "scope": {
                "id": each.place,
                "displayName": each.place.rpartition("/")[2],
                "type": scope_type(scope),
            },
            "roleDefinition": {"id": definition, "displayName": each.role.name},
        },
    }
    properties |= dict(_moments(each))
    if isinstance(each, Activation):
        properties |= _activation(kind, each, under)
    else:
        properties |= _eligibility(each)
    return {"id": _of(each, kind), "name": _name(each), "type": kind, "properties": properties}


def name_principal(properties: Document, principal: Principal | None) -> None:
    kind = principal.kind if principal else None
    said = {"id": properties["principalId"], "displayName": principal and principal.name}
    properties["principalType"] = kind
    properties["expandedProperties"]["principal"] = {**said, "type": kind}


def _eligibility(each: Eligibility) -> Document:
    return {"roleEligibilityScheduleId": _schedule(each)} | (
        {"breakGlass": True} if each.glass else {}
    )


def _activation(kind: str, each: Activation, under: Eligibility | None) -> Document:
    said: Document = {
        "assignmentType": "Activated" if each.rests_on else "Assigned",
        "roleAssignmentScheduleId": _of(each, ACTIVE),
        "linkedRoleEligibilityScheduleId": _schedule(under) if under else None,
    }
    if kind == ACTIVE_NOW:
        said["originRoleAssignmentId"] = str(held_as(ids.parse(each.shown)))
        instance = _of(under, ELIGIBLE_NOW) if under and not under.glass else None
        said["linkedRoleEligibilityScheduleInstanceId"] = instance
    return said


def _schedule(each: Eligibility) -> str:
    """A role for emergencies is its own schedule."""
    return _of(each, GLASS if each.glass else ELIGIBLE)


def _moments(each: Held) -> Iterable[tuple[str, str]]:
    if each.begins > -math.inf:
        yield "startDateTime", iso(each.begins)
    if each.ends < math.inf:
        yield "endDateTime", iso(each.ends)


def _name(each: Held) -> str:
    return each.id.rpartition("/")[2]


def _of(each: Held, kind: str) -> str:
    scope = "" if each.place == "/" else each.place
    return f"{scope}/providers/{kind}/{_name(each)}"
