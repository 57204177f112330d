"""Tags within Azure's limits, and every required one with a value."""

from __future__ import annotations

from ...core import tags as tag_rules
from ..layout import Workspace
from ..source import Path, Source
from ..spec import Estate


def check(estate: Estate, source: Source) -> None:
    for i, key in enumerate(estate.tags.require):
        if fault := tag_rules.name_fault(key, tag_rules.LONGEST_INHERITED):
            source.fault(("tags", "require", i), f"the tag `{key}` {fault}")
    _tags(source, ("tags", "values"), estate.tags.values)
    for name, division in estate.divisions.items():
        path: Path = ("divisions", name)
        _tags(source, (*path, "tags"), division.tags)
        for each, team in division.teams.items():
            _tags(source, (*path, "teams", each, "tags"), team.tags)
        for each, project in division.projects.items():
            _tags(source, (*path, "projects", each, "tags"), project.tags)


def check_required(estate: Estate, workspaces: list[Workspace], source: Source) -> None:
    for workspace in workspaces:
        if len(workspace.tags) > tag_rules.MOST:
            count = len(workspace.tags)
            path = workspace.solution.path
            source.key_fault(
                path, f"{count} tags come together, and Azure takes 50: leave out some"
            )
        for key in tag_rules.missing(estate.tags.require, workspace.tags):
            source.key_fault(
                workspace.solution.path,
                f"the required tag `{key}` has no value for `{workspace.solution.id}`:"
                " give one under `tags`, here or in `tags.values` of the estate",
            )


def _tags(source: Source, path: Path, tags: dict[str, str]) -> None:
    for key, value in tags.items():
        if fault := tag_rules.name_fault(key, tag_rules.LONGEST_INHERITED):
            source.key_fault((*path, key), f"the tag `{key}` {fault}")
        if fault := tag_rules.value_fault(value):
            source.fault((*path, key), f"the value of tag `{key}` {fault}")
