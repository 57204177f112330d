"""The schemas: what the catalog's types and our own requests look like in JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ...core.resource_type import ResourceType

Document = dict[str, Any]
_REF = "#/components/schemas/"
ERROR = {"$ref": f"{_REF}Error"}
_ENVELOPE: Document = {
    "id": {"type": "string", "readOnly": True},
    "name": {"type": "string", "readOnly": True},
    "type": {"type": "string", "readOnly": True},
    "systemData": {"type": "object", "readOnly": True},
}
_TRACKED: Document = {
    "location": {"type": "string"},
    "tags": {"type": "object", "additionalProperties": {"type": "string"}},
}
_ERROR: Document = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "target": {"type": "string"},
                "details": {"type": "array", "items": {"type": "object"}},
            },
        }
    },
}


class Shapes:
    """References to schemas by type; `components` has the schemas themselves."""

    def __init__(self, kinds: Iterable[ResourceType], bodies: Iterable[Any]):
        kinds, shapes = list(kinds), [body for body in bodies if body is not None]
        wanted = [*(kind.properties for kind in kinds), *shapes]
        found, components = msgspec.json.schema_components(wanted, ref_template=_REF + "{name}")
        self.components: Document = {"Error": _ERROR, **components}
        self._bodies = dict(zip(shapes, found[len(kinds) :], strict=True))
        for kind, properties in zip(kinds, found, strict=False):
            self.components[_name(kind)] = _resource(kind, properties)

    def resource(self, kind: ResourceType) -> Document:
        return {"$ref": f"{_REF}{_name(kind)}"}

    def body(self, shape: Any) -> Document:
        """Anything, where nothing is said."""
        return {} if shape is None else self._bodies[shape]


def _name(kind: ResourceType) -> str:
    return kind.name.replace("/", ".")


def _resource(kind: ResourceType, properties: Document) -> Document:
    said = {**_ENVELOPE, **(_TRACKED if kind.tracked else {})}
    said |= {word: {} for word in kind.envelope}
    if kind.flat:
        return {"allOf": [properties, {"type": "object", "properties": said}]}
    return {
        "type": "object",
        "description": kind.doc,
        "properties": {**said, "properties": properties},
    }
