"""`…/providers/NAMESPACE/checkNameAvailability`: whether a name that is unique could be taken."""

from __future__ import annotations

from typing import Any

import msgspec

from ..core import validate
from ..core.access import Caller, refusal
from ..core.errors import Invalid, NotFound
from ..core.ids import Address
from ..core.resource_type import ResourceType
from .plane import Plane
from .reading import missing

CHECK = "checknameavailability"
_SUBSCRIPTION = "Microsoft.Resources/subscriptions"


class Wanted(msgspec.Struct, frozen=True):
    name: str
    type: str


class Availability:
    def __init__(self, plane: Plane):
        self.plane = plane

    def check(self, caller: Caller, address: Address, body: Any) -> dict[str, Any]:
        """Who may write such a thing somewhere in the subscription learns what a PUT would tell
        them: that a name is taken, never by what or where."""
        kinds = self._unique(address.namespace)
        if not kinds or address.id.type != _SUBSCRIPTION:
            raise NotFound(
                f"`{address.namespace}` has no names to check at `{str(address.id) or '/'}`",
                code="InvalidResourceType",
            )
        wanted = validate.read(body, Wanted)
        kind = kinds.get(wanted.type.lower())
        if kind is None:
            names = ", ".join(each.name for each in kinds.values())
            raise Invalid(f"`{wanted.type[:80]}` is not one of {names}", target="$.type")
        self._need(caller, kind, address)
        return self._answer(kind, wanted.name)

    def _unique(self, namespace: str) -> dict[str, ResourceType]:
        return {
            name: kind
            for name, kind in self.plane.catalog.items()
            if kind.unique_in and kind.namespace.lower() == namespace.lower()
        }

    def _need(self, caller: Caller, kind: ResourceType, address: Address) -> None:
        action = kind.permission("write")
        if not caller.rights.area(action).meets(address.id.key):
            raise refusal(caller, action, str(address.id))
        if self.plane.load(address.id) is None:
            raise missing(self.plane.kind(address.id), address.id)

    def _answer(self, kind: ResourceType, name: str) -> dict[str, Any]:
        if faults := kind.name_rule.check(name):
            return _no(kind.unfit_name, faults[0][1])
        if self.plane.cells.owner(kind.unique_in, name) is not None:
            return _no("AlreadyExists", f"the name `{name}` is taken: choose another one")
        return {"nameAvailable": True}


def _no(reason: str, message: str) -> dict[str, Any]:
    return {"nameAvailable": False, "reason": reason, "message": message}
