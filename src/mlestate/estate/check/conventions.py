"""Conventions that hold together, and that the file's own computes and datastores keep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...core import conventions
from ...core.conventions import New, TagRule, place_of
from ..compile.computes import computes
from ..compile.datastores import datastores
from ..desired import Document
from ..layout.places import Workspace
from ..reading.source import Path, Source
from ..spec import Convention, Estate
from .attached import said_at


def check(estate: Estate, source: Source) -> None:
    for kind, convention in estate.conventions.said.items():
        path: Path = ("conventions", kind)
        for field, text in conventions.faults(kind, _rules(convention)):
            place = (*path, *field.split(".", 1)) if field else path
            source.key_fault(place, text) if place == path else source.fault(place, text)
        for i, environment in enumerate(convention.environments):
            if environment not in estate.environments:
                known = estate.environments
                source.unknown((*path, "environments", i), "environment", environment, known)


def check_own(estate: Estate, workspaces: list[Workspace], source: Source) -> None:
    """What the file makes itself would be refused like anybody's: said before it is."""
    said = {k: v for k, v in estate.conventions.said.items() if v.otherwise == "refuse"}
    if not said.keys() & {"computes", "datastores"}:
        return
    places = {each.id("workspace"): each for each in workspaces}
    for made in (*computes(estate, workspaces), *datastores(workspaces)):
        inside, kind, name = made.id.rsplit("/", 2)
        if kind not in said:
            continue
        for field, text in _breaches(_rules(said[kind]), places[inside], kind, name, made.body):
            path = said_at(estate, places[inside], kind, name)
            source.key_fault(path, text, ("convention", field, *map(str, path)))


def _breaches(
    rules: conventions.Convention, workspace: Workspace, kind: str, name: str, body: Document
) -> Iterator[tuple[str, str]]:
    place = place_of(workspace.tags, workspace.region)
    new = New(of=kind, name=name, tags=workspace.tags if "tags" in body else _inner_tags(body))
    if conventions.holds(rules, place):
        where = f"`{name}` of `{workspace.solution.id}` in `{workspace.environment}`"
        yield from (
            (field, f"{where}: {text}") for field, text in conventions.breaches(rules, new, place)
        )


def _inner_tags(body: Document) -> dict[str, str | None]:
    """Those of what has its tags among its properties."""
    properties = body.get("properties")
    tags = properties.get("tags") if isinstance(properties, Mapping) else None
    return {key: str(tags[key]) for key in tags} if isinstance(tags, Mapping) else {}


def _rules(convention: Convention) -> conventions.Convention:
    return conventions.Convention(
        name=convention.name,
        display_name=convention.display_name,
        tags=_tags(convention.tags),
        allowed_tags=_tags(convention.allowed_tags),
        environments=convention.environments,
    )


def _tags(rules: dict[str, tuple[str, ...]]) -> tuple[TagRule, ...]:
    return tuple(TagRule(name=name, values=values) for name, values in rules.items())
