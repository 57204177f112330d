"""What gets workspaces of its own, and in which regions: the patterns, worked out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from ..reading.source import Path
from ..spec import Division, Estate, RegionPattern
from .layers import Ladder, ladder, nearest

# What a workspace is for: everything, endpoints only, or tuning on its region's own data.
Purpose = Literal["all", "serve", "tune"]


class Solution(msgspec.Struct, frozen=True):
    """A project, a team, or a whole division. `region` is where its plain names stand."""

    id: str
    division: str
    projects: tuple[str, ...]
    ladder: Ladder
    path: Path
    region: str
    # In the estate's order.
    environments: tuple[str, ...]
    serve: tuple[str, ...]
    pattern: RegionPattern | None

    @property
    def regions(self) -> set[str]:
        """All the regions where anything of it stands."""
        return {place for env in self.environments for place in self.places(env)}

    def places(self, environment: str) -> dict[str, Purpose]:
        """Its regions in an environment, with what the workspace there is for."""
        pattern = self.pattern or RegionPattern()
        alone = environment in self.serve
        places: dict[str, Purpose] = {self.region: "serve" if alone else "all"}
        if not alone:
            places |= dict.fromkeys(pattern.train, "all")
            places |= dict.fromkeys(pattern.tune.in_ if pattern.tune else (), "tune")
        if environment == self.environments[-1]:
            for region in pattern.serve:
                places.setdefault(region, "serve")
        return places


def solutions(estate: Estate) -> Iterator[Solution]:
    for name in estate.divisions:
        yield from of_division(estate, name)


def of_division(estate: Estate, name: str) -> list[Solution]:
    division = estate.divisions[name]
    match division.workspace_per:
        case "division":
            return [_solution(estate, name, None, None, tuple(division.projects))]
        case "team":
            members = _members(division)
            return [_solution(estate, name, team, None, own) for team, own in members.items()]
        case "project":
            return [
                _solution(estate, name, project.team, each, (each,))
                for each, project in division.projects.items()
            ]


def environments(estate: Estate, rungs: Ladder) -> tuple[str, ...]:
    """Those of the narrowest rung that names some, with the ones that only serve."""
    named = {*(nearest(rungs, "environments") or ()), *_serve(rungs)}
    return tuple(each for each in estate.environments if each in named)


def _solution(
    estate: Estate, division: str, team: str | None, project: str | None, projects: tuple[str, ...]
) -> Solution:
    rungs = ladder(estate, division, team, project)
    pattern: RegionPattern | None = nearest(rungs, "regions")
    return Solution(
        id=rungs[-1].id,
        division=division,
        projects=projects,
        ladder=rungs,
        path=rungs[-1].path,
        region=nearest(rungs, "region") or _home(estate, pattern),
        environments=environments(estate, rungs),
        serve=_serve(rungs),
        pattern=pattern,
    )


def _home(estate: Estate, pattern: RegionPattern | None) -> str:
    home = estate.regions.home
    if pattern and pattern.tune:
        return pattern.tune.base
    if pattern and pattern.train and home not in pattern.train:
        return pattern.train[0]
    return home


def _serve(rungs: Ladder) -> tuple[str, ...]:
    division = rungs[0].level
    return division.serve if isinstance(division, Division) else ()


def _members(division: Division) -> dict[str, tuple[str, ...]]:
    """The projects of each team; a team may have none."""
    teams: dict[str, list[str]] = {team: [] for team in division.teams}
    for name, project in division.projects.items():
        if project.team in teams:
            teams[str(project.team)].append(name)
    return {team: tuple(projects) for team, projects in teams.items()}
