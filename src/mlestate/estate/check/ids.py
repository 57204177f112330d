"""Ids of divisions, teams and projects: each of one thing only, whatever it is.

Workspaces, vaults and groups are called by them: two of one id would share what is theirs.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..reading.source import Path, Source
from ..spec import Estate


def check(estate: Estate, source: Source) -> None:
    taken: dict[str, str] = {}
    for path, id, what in _all(estate):
        if (other := taken.setdefault(id, what)) != what:
            source.key_fault(
                path, f"`{id}` is the id of {other} too: choose another, names are made of it"
            )


def _all(estate: Estate) -> Iterator[tuple[Path, str, str]]:
    if estate.members:
        yield ("id",), estate.id, "the estate"
    for name, division in estate.divisions.items():
        path: Path = ("divisions", name)
        yield path, name, f"division `{name}`"
        for team in division.teams:
            yield (*path, "teams", team), team, f"a team of division `{name}`"
        for project in division.projects:
            yield (*path, "projects", project), project, f"a project of division `{name}`"
