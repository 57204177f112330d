"""The body of a write: the members that every type shares, and the type's own properties.

What is checked here needs no more than the body itself; `ResourceType.check` sees the rest.
"""

from __future__ import annotations

from typing import Any

import msgspec

from . import tags as tag_rules
from . import validate
from .resource_type import ResourceType
from .validate import Fault
from .words import Word


class IdentityType(Word):
    NONE = "None"
    SYSTEM = "SystemAssigned"
    USER = "UserAssigned"
    BOTH = "SystemAssigned,UserAssigned"
    BOTH_SPACED = "SystemAssigned, UserAssigned"


class Identity(msgspec.Struct, frozen=True, rename="camel"):
    """A managed identity. `user_assigned_identities` maps ids to what the server knows of each."""

    type: IdentityType
    user_assigned_identities: dict[str, dict[str, Any] | None] | list[str] | None = None


class Sku(msgspec.Struct, frozen=True):
    name: str
    tier: str | None = None
    capacity: int | None = None


class Envelope(msgspec.Struct, frozen=True):
    location: str | None = None
    tags: dict[str, str] | None = None
    kind: str | None = None
    identity: Identity | None = None
    sku: Sku | None = None


def read(kind: ResourceType, document: Any) -> Any:
    """The typed view of the properties. Raises Invalid that names every fault of the document."""
    found = faults(kind, document)
    if found:
        raise validate.refusal(found)
    return validate.read(document.get("properties") or {}, kind.properties, "$.properties")


def faults(kind: ResourceType, document: Any) -> list[Fault]:
    found = validate.faults(document, Envelope)
    if not isinstance(document, dict):
        return found
    tags = document.get("tags")
    if tags and not found:
        found += tag_rules.faults(tags)
    if kind.tracked and not document.get("location"):
        found.append(("$.location", "is missing: the region that the resource lives in"))
    properties = document.get("properties")
    if properties is None:
        properties = {}
    return found + validate.faults(properties, kind.properties, "$.properties")
