"""Regions: the places that an estate is open in, each a cell with what belongs to it."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ..core import data
from ..core.errors import Invalid
from ..core.resource import Change, Resource, View
from ..core.resource_type import ResourceType


class Region(Struct, frozen=True):
    """A region has no properties that a client sets."""


def _check(change: Change) -> None:
    if change.id.name.lower() not in data.regions():
        raise Invalid(
            f"`{change.id.name}` is no region of Azure: write one like `westeurope`",
            code="InvalidRegion",
            target="name",
        )


def _render(resource: Resource, view: View) -> dict[str, Any]:
    return {"displayName": data.regions()[resource.name.lower()].display}


REGIONS = ResourceType(
    name="Mlestate.Organization/regions",
    doc="A region that the estate is open in: databases, objects, queue and agent of its own.",
    properties=Region,
    estate_wide=True,
    read_only=("displayName",),
    slow=frozenset({"create"}),
    check=_check,
    render=_render,
)
