"""Why the server will refuse a write: what its own rules for the type say, asked beforehand."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import msgspec

from ...catalog import by_name
from ...core import ids, shape
from ...core.errors import PlatformError
from ...core.resource import Resource, Stamp
from ...core.resource_type import ResourceType, hold_fixed
from ..desired import Desired, Document

# Principals stand in no catalog.
_DIRECTORY, OBJECT_ID = "mlestate/", "objectId"
_WORDS = {
    "mlestate/users": "user",
    "mlestate/groups": "group",
    "mlestate/servicePrincipals": "service-principal",
}
_NOBODY = Stamp("", "", 0.0)


def obstacle(desired: Desired, actual: Document | None) -> str:
    """What the server will say, as far as it depends on this resource alone; empty where it will
    take it."""
    if desired.type.startswith(_DIRECTORY):
        return _another_principal(desired, actual)
    kind = by_name().get(desired.type.lower())
    if kind is None:
        return ""
    try:
        _check(kind, desired, actual)
    except PlatformError as error:
        return f"the server will refuse this: {error}{_way_out(error)}"
    return ""


def _check(kind: ResourceType, desired: Desired, actual: Document | None) -> None:
    id = ids.canonical(ids.parse(desired.id), {})
    old = None if actual is None else _resource(kind, id, actual)
    change = shape.change(kind, id, msgspec.to_builtins(desired.body), old, 0.0, "")
    hold_fixed(kind, change)
    if kind.check:
        kind.check(change)


def _resource(kind: ResourceType, id: ids.ResourceId, actual: Document) -> Resource:
    body: dict[str, Any] = msgspec.to_builtins(actual)
    document = shape.raised(body) if kind.flat else body
    return Resource(id=id, document=document, created=_NOBODY, modified=_NOBODY)


def _way_out(error: PlatformError) -> str:
    if error.code != "InvalidResourceLocation":
        return ""
    return "; give it another name, by `{region}` in `naming`, or delete it first"


def namesake(desired: Desired, there: Container[str]) -> str:
    """The id in lower case of a principal of another kind that has the name: names are unique over
    all of them. Empty for none."""
    if desired.type not in _WORDS:
        return ""
    name = desired.id.rpartition("/")[2].lower()
    kinds = (each.removeprefix(_DIRECTORY).lower() for each in _WORDS if each != desired.type)
    ids = (f"/estate/v1/{kind}/{name}" for kind in kinds)
    return next((id for id in ids if id in there), "")


def taken(other: str, document: Document, ours: bool) -> str:
    """What to do about a namesake; `ours` are those that an earlier file made."""
    kind, _, name = other.removeprefix("/estate/v1/").partition("/")
    word = {type.lower(): word for type, word in _WORDS.items()}[f"{_DIRECTORY}{kind}"]
    wrong = f"`{name}` is there as a {word}, and nobody else can have the name"
    if ours:
        return f"{wrong}: `--prune` deletes it first; or choose another id"
    if document.get("managedBy"):
        return f"{wrong}; it is a directory's: choose another id"
    return (
        f"{wrong}: `mlestate delete {word} {name}`, then apply, and what was given to it by hand "
        "is gone; or choose another id"
    )


def _another_principal(desired: Desired, actual: Document | None) -> str:
    if actual is None:
        return ""
    said, is_now = desired.body.get(OBJECT_ID), actual.get(OBJECT_ID)
    if said is None or is_now is None or str(said).lower() == str(is_now).lower():
        return ""
    word, name = _WORDS[desired.type], desired.id.rpartition("/")[2]
    return (
        f"`{name}` is there with another `{OBJECT_ID}`, made by hand or of another estate, and "
        f"that cannot change: `mlestate delete {word} {name}`, then apply, and the file's own "
        "takes its place, without what was given by hand; or give it another name"
    )
