"""A write and a read as the engine does them, without store, rights or policy."""

import copy
from typing import Any

from mlestate.core import document as documents
from mlestate.core import ids, validate
from mlestate.core.resource import Change, Resource, Stamp, View
from mlestate.core.resource_type import ResourceType, hold_fixed

LATER = 1_790_000_000.0
SOMEONE = "22222222-2222-2222-2222-222222222222"
FRESH = "5f0c2f6e-8f6e-4a34-9c8e-2f6d0a3b1c11"


def put(
    kind: ResourceType,
    id: str,
    body: Any,
    old: Resource | None = None,
    at: float = LATER,
    fresh_id: str = FRESH,
) -> Resource:
    body = copy.deepcopy(body)
    for field in kind.read_only:
        if isinstance(body, dict) and isinstance(body.get("properties"), dict):
            body["properties"].pop(field, None)
    if old is None and (wrong := kind.name_rule.check(ids.parse(id).name)):
        raise validate.refusal(wrong)
    typed = documents.read(kind, body)
    secrets = {path: taken for path in kind.secrets if (taken := _take(body, path)) is not None}
    change = Change(
        id=ids.parse(id),
        document={**kind.envelope, **body, "properties": body.get("properties") or {}},
        typed=typed,
        old=old,
        at=at,
        fresh_id=fresh_id,
        secrets=secrets,
    )
    hold_fixed(kind, change)
    if kind.check:
        kind.check(change)
    added = kind.complete(change) if kind.complete else {}
    by = Stamp("someone", "User", at, SOMEONE)
    written = Resource(
        id=change.id, document=change.document, created=old.created if old else by, modified=by
    )
    return written.with_properties(**added)


def get(kind: ResourceType, resource: Resource, view: View | None = None) -> dict[str, Any]:
    properties = dict(resource.properties)
    if kind.render:
        properties.update(kind.render(resource, view or View()))
    if kind.stateful:
        properties["provisioningState"] = resource.state
    stamp = "2026-08-01T00:00:00.000000Z"
    return copy.deepcopy(
        {
            **resource.document,
            "id": str(resource.id),
            "name": resource.name,
            "type": kind.shown_as or kind.name,
            "properties": properties,
            "systemData": {"createdAt": stamp, "createdBy": "x", "lastModifiedAt": stamp},
        }
    )


def _take(body: dict[str, Any], path: str) -> Any:
    at = body.get("properties")
    *above, last = path.split(".")
    for name in above:
        at = at.get(name) if isinstance(at, dict) else None
    return at.pop(last, None) if isinstance(at, dict) else None
