"""Which resources can be searched for, and what is found of them."""

from __future__ import annotations

from typing import Any

from ..core.finding.entry import Entry, clean, labels, searched_text
from ..core.resource import Resource
from .references import WORKSPACE

# Of a type with versions each version is found, and the container only while it has none.
_VERSIONED = {
    "models": "model",
    "data": "data",
    "environments": "environment",
    "components": "component",
    "codes": "code",
}
_ALONE = {
    "jobs": "job",
    "computes": "compute",
    "datastores": "datastore",
    "connections": "connection",
}
# What tracking has of its own, beside the types of the catalog.
TRACKED = {
    "run": f"{WORKSPACE}/experiments/runs",
    "experiment": f"{WORKSPACE}/experiments",
}
WORDS = {
    WORKSPACE.lower(): "workspace",
    **{f"{WORKSPACE}/{name}".lower(): word for name, word in (_VERSIONED | _ALONE).items()},
    **{f"{WORKSPACE}/{name}/versions".lower(): word for name, word in _VERSIONED.items()},
}
KINDS = (*dict.fromkeys(WORDS.values()), *TRACKED)
_TYPES = ("jobType", "modelType", "dataType", "computeType", "datastoreType", "category")


def is_place(resource: Resource) -> bool:
    return resource.type.lower() == WORKSPACE.lower()


def types_of(kind: str) -> tuple[str, ...]:
    """The resource types that are found as this kind; whoever may read them all finds it."""
    if kind in TRACKED:
        return (TRACKED[kind],)
    return tuple(type for type, word in WORDS.items() if word == kind)


def entry(resource: Resource) -> Entry | None:
    """None for types that are not searched for. What clients make without a name is not shown."""
    word, said = WORDS.get(resource.type.lower()), resource.properties
    if word is None:
        return None
    tags = labels((resource.tags or said.get("tags") or {}).items())
    name, version = _named(resource)
    top = resource.id.top()
    place = top.key if top else ""
    return Entry(
        place=place,
        tail=resource.id.key[len(place) :],
        kind=word,
        name=clean(name),
        version=version,
        head=_head(resource, said),
        hidden=bool(said.get("isAnonymous")),
        status=clean(str(said.get("status") or resource.state)),
        type=clean(next((str(said[field]) for field in _TYPES if said.get(field)), "")),
        author=clean(resource.created.by),
        editor=clean(resource.modified.by),
        experiment=clean(str(said.get("experimentName") or "")),
        created=resource.created.at,
        modified=resource.modified.at,
        archived=bool(said.get("isArchived")),
        tags=tags,
        text=searched_text(_titles(resource, name), str(said.get("description") or ""), tags),
    )


def _named(resource: Resource) -> tuple[str, str]:
    if resource.type.lower().endswith("/versions"):
        return resource.id.parent.name, resource.name
    return str(resource.properties.get("displayName") or resource.name), ""


def _titles(resource: Resource, name: str) -> str:
    friendly = str(resource.properties.get("friendlyName") or "")
    own = resource.name if resource.name not in (name, _named(resource)[1]) else ""
    return " ".join(part for part in (name, own, friendly) if part)


def _head(resource: Resource, said: dict[str, Any]) -> str | None:
    collection = resource.type.rpartition("/")[2].lower()
    return str(said.get("latestVersion") or "") if collection in _VERSIONED else None
