"""Roles for emergencies: who may take one at once, announced and reported."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from ..core import durations
from ..core.errors import Invalid
from ..core.resource import Change, Resource, View
from ..core.resource_type import ResourceType
from ..core.validate import Fault
from . import names
from .role_policies import LONGEST
from .schedule_requests import DEFINITION_ID
from .writing import refuse

GLASS = "Mlestate.Organization/breakGlass"


class Glass(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    principal_id: str
    role_definition_id: str
    maximum_duration: Annotated[str, Meta(max_length=40)] = "PT1H"
    scope: str | None = None


def _check(change: Change) -> None:
    typed: Glass = change.typed
    found: list[Fault] = []
    if names.GUID.check(typed.principal_id):
        text = f"`{typed.principal_id[:80]}` is not the object id (a GUID) of a principal"
        found.append(("$.properties.principalId", text))
    if not DEFINITION_ID.fullmatch(typed.role_definition_id):
        text = f"`{typed.role_definition_id[:200]}` is not `…/roleDefinitions/` and a GUID"
        found.append(("$.properties.roleDefinitionId", text))
    try:
        if not 300 <= durations.parse(typed.maximum_duration) <= LONGEST:
            text = f"`{typed.maximum_duration}` is not from five minutes to a day"
            found.append(("$.properties.maximumDuration", text))
    except Invalid as error:
        found.append(("$.properties.maximumDuration", str(error)))
    refuse(found)


def _render(resource: Resource, view: View) -> dict[str, Any]:
    return {"scope": str(resource.id.parent) or "/"}


BREAK_GLASS = ResourceType(
    name=GLASS,
    doc="A strong role that somebody may take for a short time, announced and reported.",
    properties=Glass,
    name_rule=names.GUID,
    extension=True,
    estate_wide=True,
    # Whoever says who may, could as well give the role itself; and take it.
    also={verb: f"Microsoft.Authorization/roleAssignments/{verb}" for verb in ("write", "delete")},
    stateful=False,
    read_only=("scope",),
    check=_check,
    render=_render,
)
