"""A stored resource as a row of the resource graph: each column is made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from ..catalog.graphed import COLUMNS
from ..core import ids, role_ids
from ..core.kql.rows import Row
from ..core.resource import Resource, Stamp, View
from ..core.resource_type import ResourceType
from .reading import envelope, system_data

# By type in lower case, what of the properties is at a time otherwise than it is written.
Told = Mapping[str, Callable[[Resource, float], Mapping[str, Any]]]


class Seen(NamedTuple):
    """Who looks from where, and when; and the estate's own id."""

    view: View
    tenant: str
    at: float
    told: Told


class Stored:
    """`found` is a row of the store."""

    __slots__ = ("_document", "_resource", "found", "kind", "region", "seen")

    def __init__(self, found: Any, kind: ResourceType, region: str, seen: Seen):
        self.found, self.kind, self.region, self.seen = found, kind, region, seen
        self._document: dict[str, Any] | None = None
        self._resource: Resource | None = None

    @property
    def document(self) -> dict[str, Any]:
        if self._document is None:
            self._document = msgspec.json.decode(self.found.document)
        return self._document

    @property
    def resource(self) -> Resource:
        if self._resource is None:
            row = self.found
            self._resource = Resource(
                id=ids.parse(row.id),
                document=self.document,
                created=Stamp(row.created_by, row.created_kind, row.created_at, row.created_id),
                modified=Stamp(
                    row.modified_by, row.modified_kind, row.modified_at, row.modified_id
                ),
                etag=row.etag,
                state=row.state,
            )
        return self._resource

    def segment(self, name: str, at: int) -> str:
        """What stands in the id behind a word that has its fixed place."""
        parts = self.found.key.split("/", at + 2)
        return str(parts[at + 1]) if len(parts) > at + 1 and parts[at] == name else ""


class BuiltIn(Stored):
    """What is there without being stored."""

    __slots__ = ()

    def __init__(self, resource: Resource, kind: ResourceType, seen: Seen):
        super().__init__(_Found(resource), kind, "", seen)
        self._document, self._resource = resource.document, resource


class _Found:
    def __init__(self, resource: Resource):
        self.id, self.key, self.type = str(resource.id), resource.id.key, resource.type.lower()


def row(stored: Stored) -> Row:
    return Row(_MAKERS, stored)


def _properties(stored: Stored) -> dict[str, Any]:
    """As a GET shows them, save what is computed from other things than the resource."""
    kind, resource = stored.kind, stored.resource
    added = kind.render(resource, stored.seen.view) if kind.render else {}
    if kind.stateful:
        added = {"provisioningState": resource.state, **added}
    if told := stored.seen.told.get(kind.name.lower()):
        added = {**added, **told(resource, stored.seen.at)}
    shown = envelope(kind, resource, added)
    if kind.flat:
        return {name: shown[name] for name in shown if name not in _AROUND}
    properties: dict[str, Any] = shown["properties"]
    if role := properties.get("roleDefinitionId"):
        # As definitions have theirs here: one is joined to the other.
        properties["roleDefinitionId"] = role_ids.seen_in("", str(role))
    return properties


_AROUND = {"id", "name", "type", "location", "tags", "kind", "identity", "sku", "systemData"}


def _name(stored: Stored) -> str:
    """A subscription is called as people call it, as in Azure's graph."""
    own = str(stored.found.id).rpartition("/")[2]
    if stored.kind.flat:
        return str(stored.resource.properties.get("displayName") or own)
    return own


def _id(stored: Stored) -> str:
    seen_as, id = stored.kind.seen_as, str(stored.found.id)
    return str(seen_as(ids.parse(id), stored.seen.view)) if seen_as else id


def _tags(stored: Stored) -> Any:
    """Of what has none of its own, those of its properties: assets and jobs are tagged there."""
    document = stored.document
    properties = document.get("properties") or {}
    return document.get("tags") or properties.get("tags") or None


def _location(stored: Stored) -> str:
    """Of what has none of its own, the region that it is kept in."""
    own = stored.document.get("location") if stored.kind.tracked else ""
    return str(own or stored.region).lower().replace(" ", "")


def _said(name: str) -> Callable[[Stored], Any]:
    return lambda stored: stored.document.get(name)


def _text(name: str) -> Callable[[Stored], Any]:
    return lambda stored: str(stored.document.get(name) or "")


_MAKERS: Mapping[str, Callable[[Stored], Any]] = {
    **{name: _said(name) for name in COLUMNS},
    "id": _id,
    "name": _name,
    "type": lambda stored: stored.found.type,
    "tenantId": lambda stored: stored.seen.tenant,
    "kind": _text("kind"),
    "location": _location,
    "resourceGroup": lambda stored: stored.segment("resourcegroups", 3),
    "subscriptionId": lambda stored: stored.segment("subscriptions", 1),
    "managedBy": _text("managedBy"),
    "properties": _properties,
    "tags": _tags,
    "systemData": lambda stored: system_data(stored.resource),
}
