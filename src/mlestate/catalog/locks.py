"""Locks: what keeps a subscription, a group or a resource from being deleted or changed."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from ..core.resource import Change
from ..core.resource_type import ResourceType
from ..core.validate import Fault
from ..core.words import Word
from . import names
from .writing import refuse

LOCK = "Microsoft.Authorization/locks"
_AUTHORIZATION = "microsoft.authorization/"


class Level(Word):
    CAN_NOT_DELETE = "CanNotDelete"
    READ_ONLY = "ReadOnly"


class Owner(Struct, frozen=True, rename="camel"):
    application_id: str | None = None


class Lock(Struct, frozen=True):
    level: Level
    notes: Annotated[str, Meta(max_length=512)] | None = None
    owners: list[Owner] | None = None


def _check(change: Change) -> None:
    scope = change.id.parent
    found: list[Fault] = []
    if not scope.subscription or scope.type.lower().startswith(_AUTHORIZATION):
        text = f"`{scope or '/'}` cannot be locked: name a subscription, a group or a resource"
        found.append(("id", text))
    refuse(found)


def _complete(change: Change) -> dict[str, Any]:
    # Kept as Azure spells it, whatever the request did.
    return {"level": Level(change.properties["level"]).value}


LOCKS = ResourceType(
    name=LOCK,
    doc="Keeps what it stands on, and all below that, from being deleted or changed.",
    properties=Lock,
    name_rule=names.LOCK,
    extension=True,
    estate_wide=True,
    stateful=False,
    check=_check,
    complete=_complete,
)
