"""Roles for emergencies: who may take one at once, announced and reported."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from ..core import durations
from ..core.errors import Invalid
from ..core.resource import Change
from ..core.resource_type import ResourceType
from . import names
from .authorization import ASSIGNMENTS, given_faults, scope_and_role
from .role_policies import LONGEST
from .writing import and_same_on, refuse

GLASS = "Mlestate.Organization/breakGlass"


class Glass(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    principal_id: str
    role_definition_id: str
    maximum_duration: Annotated[str, Meta(max_length=40)] = "PT1H"
    scope: str | None = None


def _check(change: Change) -> None:
    typed: Glass = change.typed
    found = given_faults(typed.role_definition_id, typed.principal_id)
    try:
        if not 300 <= durations.parse(typed.maximum_duration) <= LONGEST:
            text = f"`{typed.maximum_duration}` is not from five minutes to a day"
            found.append(("$.properties.maximumDuration", text))
    except Invalid as error:
        found.append(("$.properties.maximumDuration", str(error)))
    refuse(found)


BREAK_GLASS = ResourceType(
    name=GLASS,
    doc="A strong role that somebody may take for a short time, announced and reported.",
    properties=Glass,
    name_rule=names.GUID,
    extension=True,
    estate_wide=True,
    # Whoever says who may, could as well give the role itself; and take it.
    also=and_same_on(ASSIGNMENTS),
    stateful=False,
    read_only=("scope",),
    check=_check,
    render=scope_and_role,
)
