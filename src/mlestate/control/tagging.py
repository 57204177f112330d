"""`…/providers/Microsoft.Resources/tags/default`: the tags of a resource, as a thing of their own.

Whoever may write tags, and nothing else of a resource, writes them here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ..core import shape, validate
from ..core import tags as tag_rules
from ..core.access import Caller, refusal
from ..core.errors import MethodNotAllowed, NotFound
from ..core.ids import Address, ResourceId
from ..core.resource import Resource, View
from ..core.resource_type import ResourceType
from ..core.words import Word
from .plane import Plane
from .reading import missing
from .work import Work, writing

TYPE = "Microsoft.Resources/tags"
NAME = "default"
# Live data is read-only by this tag: to change it is to change the resource.
GUARDED = ("live",)
SUBSCRIPTIONS = "Microsoft.Resources/subscriptions"
Tags = Mapping[str, str]


class Operation(Word):
    MERGE = "Merge"
    REPLACE = "Replace"
    DELETE = "Delete"


class Said(msgspec.Struct, frozen=True):
    tags: dict[str, str]


class Put(msgspec.Struct, frozen=True):
    properties: Said


class Patch(msgspec.Struct, frozen=True):
    operation: Operation
    properties: Said


def is_tags(address: Address) -> bool:
    return address.is_resource and address.id.type.lower() == TYPE.lower()


class Tagging:
    def __init__(self, plane: Plane):
        self.plane = plane

    def get(self, caller: Caller, id: ResourceId) -> dict[str, Any]:
        kind = self._kind(caller, id, "read")
        found = self.plane.load(id.parent)
        if found is None:
            raise missing(kind, id.parent)
        return _document(id, found.tags)

    def put(self, caller: Caller, id: ResourceId, body: Any, view: View) -> dict[str, Any]:
        """Exactly these tags, and no others."""
        kind = self._kind(caller, id, "write")
        said: Put = validate.read(body, Put)
        return self._write(caller, kind, id, Operation.REPLACE, said.properties.tags, view)

    def patch(self, caller: Caller, id: ResourceId, body: Any, view: View) -> dict[str, Any]:
        kind = self._kind(caller, id, "write")
        said: Patch = validate.read(body, Patch)
        return self._write(caller, kind, id, said.operation, said.properties.tags, view)

    def delete(self, caller: Caller, id: ResourceId, view: View) -> None:
        """No tags at all."""
        kind = self._kind(caller, id, "delete")
        self._write(caller, kind, id, Operation.REPLACE, {}, view)

    def _kind(self, caller: Caller, id: ResourceId, verb: str) -> ResourceType:
        """Of what has the tags. A stranger is not told whether there is such a type."""
        target = id.parent
        kind = self.plane.catalog.get(target.type.lower())
        own = kind.permission("read" if verb == "read" else "write") if kind else ""
        action = f"{TYPE}/{verb}"
        rights, scope = caller.rights, str(target)
        if not (rights.allows(action, scope) or (own and rights.allows(own, scope))):
            raise refusal(caller, action, scope)
        if id.name.lower() != NAME:
            raise NotFound(f"tags are called `{NAME}`: `{target}/providers/{TYPE}/{NAME}`")
        if kind is None or not (kind.tracked or kind.name == SUBSCRIPTIONS):
            raise MethodNotAllowed(f"`{target or '/'}` is nothing that has tags beside its content")
        return kind

    def _write(
        self,
        caller: Caller,
        kind: ResourceType,
        id: ResourceId,
        operation: Operation,
        said: Tags,
        view: View,
    ) -> dict[str, Any]:
        target = id.parent
        self.plane.locks.hold(target, "write")
        region = self.plane.region_of(target)
        if region is None:
            raise missing(kind, target)
        with writing(self.plane, region, caller, view) as work:
            old = work.resources.load(target.key)
            if old is None:
                raise missing(kind, target)
            tags = _after(old.tags, operation, said)
            self._hold(work, kind, old, tags)
            work.restamp(msgspec.structs.replace(old, document={**old.document, "tags": tags}))
            work.record(f"{TYPE}/write", old.id)
        self.plane.changed(kind.name.lower(), target)
        return _document(id, tags)

    def _hold(self, work: Work, kind: ResourceType, old: Resource, tags: Tags) -> None:
        """Raises Invalid with all that is wrong with them, as a write of the resource does."""
        if old.state == "Deleting":
            raise shape.being_deleted(old.id)
        if any(_value(old.tags, name) != _value(tags, name) for name in GUARDED):
            work.caller.need(kind.permission("write"), str(old.id))
        if faults := tag_rules.faults(tags, "$.properties.tags"):
            raise validate.refusal(faults)
        document = {**old.document, "tags": tags}
        change = shape.change(kind, old.id, document, old, work.at, "")
        if kind.check:
            kind.check(change)


def _after(old: Tags, operation: Operation, said: Tags) -> dict[str, str]:
    """Names are compared without their case; DELETE takes away what has that very value too, and
    with an empty one whatever it has."""
    match operation:
        case Operation.REPLACE:
            return dict(said)
        case Operation.MERGE:
            merged = tag_rules.merge(old, said)
            # Twins within what was said are refused, not silently one.
            return merged if not _twins(said) else {**merged, **said}
    gone = {name.lower(): value for name, value in said.items()}
    return {
        name: value
        for name, value in old.items()
        if name.lower() not in gone or gone[name.lower()] not in ("", value)
    }


def _twins(said: Tags) -> bool:
    return len({name.lower() for name in said}) != len(said)


def _value(tags: Tags, name: str) -> list[str]:
    return sorted(value.lower() for key, value in tags.items() if key.lower() == name)


def _document(id: ResourceId, tags: Tags) -> dict[str, Any]:
    return {"id": str(id), "name": NAME, "type": TYPE, "properties": {"tags": dict(tags)}}
