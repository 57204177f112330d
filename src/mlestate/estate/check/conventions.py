"""Conventions that hold together, and that the file's own clusters keep."""

from __future__ import annotations

from ...core import conventions
from ...core.conventions import New, TagRule, place_of
from ..layout import Workspace
from ..source import Path, Source
from ..spec import Convention, Estate


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
    said = estate.conventions.computes
    if said is None or said.otherwise == "warn":
        return
    rules = _rules(said)
    for workspace in workspaces:
        place = place_of(workspace.tags, workspace.region)
        if not conventions.holds(rules, place):
            continue
        tags = workspace.tags if estate.tags.inherit else {}
        for name, compute in workspace.settings.computes.items():
            if not compute.max or workspace.place.purpose == "serve":
                continue
            new = New(of="computes", name=name, tags=tags)
            for _, text in conventions.breaches(rules, new, place):
                where = f"in `{workspace.solution.id}` in `{workspace.environment}`"
                source.key_fault(("conventions", "computes"), f"cluster `{name}` {where}: {text}")


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
