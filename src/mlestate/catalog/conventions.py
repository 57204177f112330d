"""Naming conventions of the estate: one for each kind of thing that people make in workspaces."""

from __future__ import annotations

from typing import Any

from ..core import conventions
from ..core.conventions import Convention
from ..core.resource import Change
from ..core.resource_type import ResourceType
from . import names
from .writing import filled, refuse


def _check(change: Change) -> None:
    found = conventions.faults(change.id.name, change.typed)
    refuse([(f"$.properties.{field}".rstrip("."), text) for field, text in found])


def _complete(change: Change) -> dict[str, Any]:
    return filled(change.properties, otherwise="refuse")


NAMING_CONVENTIONS = ResourceType(
    name="Mlestate.Organization/namingConventions",
    doc="How one kind of thing is called inside workspaces, and which tags it has.",
    properties=Convention,
    name_rule=names.CONVENTION,
    estate_wide=True,
    stateful=False,
    check=_check,
    complete=_complete,
)
