"""Tags within Azure's limits, each key spelled in one way, and every required one with a value."""

from __future__ import annotations

from collections.abc import Iterator

from ...core import tags as tag_rules
from ..layout.places import Workspace
from ..reading.source import Path, Source
from ..spec import Estate, Level

# What a place's tags say of it: they follow from where it stands in the file.
OF_A_PLACE = ("project", "projects", "division", "team", "environment", "region", "purpose")
# What is a key of its own, so that nobody looks for it among the tags.
_KEYS = ("costcenter", "owner")


def check(estate: Estate, source: Source) -> None:
    spelled = {key: key for key in (*OF_A_PLACE, *_KEYS)}
    for i, key in enumerate(estate.tags.require):
        if fault := tag_rules.name_fault(key, tag_rules.LONGEST_INHERITED):
            source.fault(("tags", "require", i), f"the tag `{key}` {fault}")
        if text := _respelled(spelled, key):
            source.fault(("tags", "require", i), text)
    for path, tags in _said(estate):
        for key, value in tags.items():
            _tag(source, (*path, key), key, value)
            if text := _taken(key) or _respelled(spelled, key):
                source.key_fault((*path, key), text)
    for key in estate.defaults.tags:
        text = f"`{key}` is a tag of the whole estate: write it in `tags.values`"
        source.key_fault(("defaults", "tags", key), text)


def check_required(estate: Estate, workspaces: list[Workspace], source: Source) -> None:
    for workspace in workspaces:
        if len(workspace.tags) > tag_rules.MOST:
            count = len(workspace.tags)
            path = workspace.solution.path
            source.key_fault(
                path, f"{count} tags come together, and Azure takes 50: leave out some"
            )
        for key in tag_rules.missing(estate.tags.require, workspace.tags):
            if key.lower() in _KEYS:
                _empty(source, workspace, key.lower())
                continue
            source.key_fault(
                workspace.solution.path,
                f"the required tag `{key}` has no value for `{workspace.solution.id}`:"
                " give one under `tags`, here or in `tags.values` of the estate",
                ("required tag", key),
            )


def _empty(source: Source, workspace: Workspace, key: str) -> None:
    """A key of its own, which the project says or its division."""
    own = (*workspace.solution.path, key)
    place = own if source.spot(own) else (*own[:2], key)
    source.fault(place, f"`{key}` is empty, and the tag is required: say who it is")


def _said(estate: Estate) -> Iterator[tuple[Path, dict[str, str]]]:
    """Every mapping of tags in the file, widest first."""
    yield ("tags", "values"), estate.tags.values
    for name, division in estate.divisions.items():
        path: Path = ("divisions", name)
        yield from _of_level(path, division)
        for each, team in division.teams.items():
            yield from _of_level((*path, "teams", each), team)
        for each, project in division.projects.items():
            yield from _of_level((*path, "projects", each), project)
    for name, environment in estate.environments.items():
        yield ("environments", name, "tags"), environment.tags


def _of_level(path: Path, level: Level) -> Iterator[tuple[Path, dict[str, str]]]:
    yield (*path, "tags"), level.tags
    for name, settings in level.overrides.items():
        yield (*path, "overrides", name, "tags"), settings.tags


def _tag(source: Source, path: Path, key: str, value: str) -> None:
    if fault := tag_rules.name_fault(key, tag_rules.LONGEST_INHERITED):
        source.key_fault(path, f"the tag `{key}` {fault}")
    if fault := tag_rules.value_fault(value):
        source.fault(path, f"the value of tag `{key}` {fault}")


def _taken(key: str) -> str:
    if key.lower() in OF_A_PLACE:
        return f"the tag `{key}` follows from the place: leave it out"
    if key.lower() in _KEYS:
        return f"`{key.lower()}` is a key of its own: write it beside `tags`, not in it"
    return ""


def _respelled(spelled: dict[str, str], key: str) -> str:
    """Azure takes `Owner` and `owner` for one, and reports of cost for two."""
    first = spelled.setdefault(key.lower(), key)
    return "" if first == key else f"the tag `{key}` is written `{first}` elsewhere: write it so"
