"""From a body to a change: name, envelope and properties checked, every fault at once."""

from __future__ import annotations

from typing import Any

from . import document as document_rules
from . import validate
from .errors import Conflict, Invalid
from .ids import ResourceId
from .resource import Change, Resource
from .resource_type import ResourceType

# What the server says of a resource; a client that sends back what it read may send these too.
_SERVER_SIDE = ("id", "name", "type", "systemData", "etag")


def change(
    kind: ResourceType,
    id: ResourceId,
    body: Any,
    old: Resource | None,
    at: float,
    fresh_id: str,
) -> Change:
    """Raises Invalid with every fault of the name, the envelope and the properties."""
    if not isinstance(body, dict):
        raise Invalid("the body must be a JSON object", target="$")
    body = raised(body) if kind.flat or kind.bare else body
    faults = ([] if old else kind.name_rule.check(id.name)) + document_rules.faults(kind, body)
    if faults:
        raise validate.refusal(faults)
    properties = body.get("properties") or {}
    typed = validate.read(properties, kind.properties, "$.properties")
    kept, secrets = split_secrets(kind, properties)
    document = {k: v for k, v in body.items() if k not in _SERVER_SIDE and v is not None}
    document = _with_tier({**kind.envelope, **document})
    if isinstance(location := document.get("location"), str):
        document["location"] = normal_location(location)
    document["properties"] = {k: v for k, v in kept.items() if k not in server_set(kind)}
    if old:
        document = carry_over(kind, document, old)
    return Change(
        id=id, document=document, typed=typed, old=old, at=at, fresh_id=fresh_id, secrets=secrets
    )


def _with_tier(document: dict[str, Any]) -> dict[str, Any]:
    """`Standard_LRS` is of the tier `Standard`: Azure says both, whichever was sent."""
    sku = document.get("sku")
    if not sku or sku.get("tier"):
        return document
    return {**document, "sku": {**sku, "tier": sku["name"].partition("_")[0]}}


def server_set(kind: ResourceType) -> tuple[str, ...]:
    return (*kind.read_only, "provisioningState") if kind.stateful else kind.read_only


def raised(body: dict[str, Any]) -> dict[str, Any]:
    """What says its properties beside `id`, or alone, in the form of all others."""
    beside = {"properties", "location", "tags", "kind", "identity", "sku", *_SERVER_SIDE}
    said = {key: value for key, value in body.items() if key not in beside}
    kept = {key: value for key, value in body.items() if key in beside}
    return {**kept, "properties": {**said, **(body.get("properties") or {})}}


def split_secrets(
    kind: ResourceType, properties: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The properties without their secrets, and the secrets by their dotted paths."""
    secrets: dict[str, Any] = {}
    for path in kind.secrets:
        properties, found = _cut(properties, path.split("."))
        if found is not None:
            secrets[path] = found
    return properties, secrets


def keeps_secrets(kind: ResourceType, change: Change) -> bool:
    """Whether the secrets from before belong to what is written now. Those of other credentials
    would be handed out still, by what says that it has none."""
    if not kind.secrets_by or change.old is None:
        return True
    before, after = (_said(p, kind.secrets_by) for p in (change.old.properties, change.properties))
    return before == after


def _said(properties: dict[str, Any], path: str) -> str:
    found: Any = properties
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return str(found).lower()


def _cut(tree: dict[str, Any], path: list[str]) -> tuple[dict[str, Any], Any]:
    head, *rest = path
    if head not in tree:
        return tree, None
    if not rest:
        return {k: v for k, v in tree.items() if k != head}, tree[head]
    if not isinstance(tree[head], dict):
        return tree, None
    branch, found = _cut(tree[head], rest)
    return {**tree, head: branch}, found


def carry_over(kind: ResourceType, document: dict[str, Any], old: Resource) -> dict[str, Any]:
    """What a write does not say and yet stays: the server's own properties, and the location."""
    kept = {k: v for k, v in old.properties.items() if k in kind.read_only}
    document["properties"] = {**document["properties"], **kept}
    if kind.tracked:
        _hold_location(document, old)
    return document


def _hold_location(document: dict[str, Any], old: Resource) -> None:
    wanted, is_now = normal_location(document["location"]), normal_location(old.location)
    if wanted != is_now:
        raise Conflict(
            f"`{old.id.name}` is in `{is_now}` and a resource cannot change its region",
            code="InvalidResourceLocation",
            target="$.location",
        )


def normal_location(text: str) -> str:
    """`West Europe` is `westeurope`."""
    return text.replace(" ", "").lower()


def being_deleted(id: ResourceId) -> Conflict:
    return Conflict(f"`{id.name}` is being deleted: try again when it is gone", target=str(id))
