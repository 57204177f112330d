"""Divisions with their teams and projects: who they are, and where their things stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..layout.layers import Ladder, ladder
from ..layout.solutions import environments
from ..reading.source import Path, Source, suggest
from ..spec import Division, Estate, Level, RegionPattern
from .words import key

# What a workspace has once: who shares one cannot say it.
_OF_A_WORKSPACE = ("environments", "region", "regions", "owner", "costcenter", "tags", "overrides")


def check(estate: Estate, source: Source) -> None:
    for name, division in estate.divisions.items():
        path: Path = ("divisions", name)
        key(source, path, name, "a division's id")
        _shape(source, path, division)
        _level(estate, source, path, division)
        _effective(estate, source, ladder(estate, name, None, None))
        if not division.environments:
            spot = (*path, "environments")
            source.fault(spot, f"division `{name}` has no environment: name one")
        _serve(estate, source, path, division)
        for each, team in division.teams.items():
            _part(estate, source, (*path, "teams", each), team, division)
            _effective(estate, source, ladder(estate, name, each, None))
        for each, project in division.projects.items():
            _part(estate, source, (*path, "projects", each), project, division)
            _effective(estate, source, ladder(estate, name, project.team, each))


def _shape(source: Source, path: Path, division: Division) -> None:
    per = division.workspace_per
    parts: dict[str, Mapping[str, Any]] = {"project": division.projects, "team": division.teams}
    if per in parts and not parts[per]:
        source.fault(
            (*path, "workspacePer"),
            f"a workspace per {per} needs `{per}s`, and division `{path[1]}` has none",
        )
    for name, project in division.projects.items():
        here = (*path, "projects", name)
        if per == "team" and not project.team:
            source.key_fault(here, f"project `{name}` needs `team`: workspaces are per team here")
        if project.team and project.team not in division.teams:
            source.unknown((*here, "team"), "team", project.team, division.teams)
        if per != "project":
            _shared(source, here, per, project)
    for name, team in division.teams.items():
        if per == "division":
            _shared(source, (*path, "teams", name), per, team)


def _shared(source: Source, path: Path, per: str, level: Level) -> None:
    """A workspace that several share has one region, one set of tags: those of whose it is."""
    for name in _OF_A_WORKSPACE:
        if getattr(level, name):
            source.key_fault(
                (*path, name), f"`{name}` has no effect: workspaces are per {per} here"
            )


def _part(estate: Estate, source: Source, path: Path, level: Level, division: Division) -> None:
    what = "a team's id" if path[2] == "teams" else "a project's id"
    key(source, path, str(path[-1]), what)
    _level(estate, source, path, level)
    within = (*division.environments, *division.serve)
    for i, name in enumerate(level.environments):
        if name in estate.environments and name not in within:
            spot = (*path, "environments", i)
            source.fault(spot, f"`{name}` is no environment of division `{path[1]}`: add it there")


def _level(estate: Estate, source: Source, path: Path, level: Level) -> None:
    _owner(estate, source, path, level)
    _places(estate, source, path, level)
    _environments(estate, source, (*path, "environments"), level.environments)
    for here, environment in _by_environment(path, level):
        if environment not in estate.environments:
            source.unknown_key(here, "environment", environment, estate.environments)


def _effective(estate: Estate, source: Source, rungs: Ladder) -> None:
    """What is said of an environment that is not there has no effect, and is a slip."""
    where = environments(estate, rungs)
    for here, environment in _by_environment(rungs[-1].path, rungs[-1].level):
        if where and environment in estate.environments and environment not in where:
            said = ", ".join(f"`{each}`" for each in where)
            source.key_fault(here, f"`{environment}` has no effect: `{rungs[-1].id}` has {said}")


def _by_environment(path: Path, level: Level) -> Iterator[tuple[Path, str]]:
    for environment in level.overrides:
        yield (*path, "overrides", environment), environment
    for role, given in level.roles.items():
        yield from (((*path, "roles", role, each), each) for each in given)


def _owner(estate: Estate, source: Source, path: Path, level: Level) -> None:
    if not level.owner:
        return
    if level.owner in estate.service_principals:
        text = f"`{level.owner}` is a program, and answers for nothing: name a person or a group"
        source.fault((*path, "owner"), text)
    elif level.owner not in estate.principals:
        source.unknown((*path, "owner"), "owner", level.owner, [*estate.people, *estate.groups])


def _places(estate: Estate, source: Source, path: Path, level: Level) -> None:
    if level.region:
        _allowed(estate, source, (*path, "region"), level.region)
    if level.regions is not None:
        _pattern(estate, source, (*path, "regions"), level.regions, level.region)


def _pattern(
    estate: Estate, source: Source, path: Path, pattern: RegionPattern, region: str | None
) -> None:
    _all_allowed(estate, source, (*path, "train"), pattern.train)
    _all_allowed(estate, source, (*path, "serve"), pattern.serve)
    if pattern.train and region and region not in pattern.train:
        source.fault((*path, "train"), f"`region` is `{region}`, where nothing trains: add it")
    if tune := pattern.tune:
        _allowed(estate, source, (*path, "tune", "base"), tune.base)
        _all_allowed(estate, source, (*path, "tune", "in"), tune.in_)
        if tune.base in tune.in_:
            source.fault((*path, "tune", "in"), f"`{tune.base}` is the base: name other regions")
        if pattern.train:
            source.key_fault((*path, "tune"), "`tune` and `train` stand together: keep one of them")
        if region and tune.base and region != tune.base:
            spot = (*path, "tune", "base")
            source.fault(spot, f"the base is `{tune.base}`, and `region` is `{region}`: keep one")
    if not (pattern.train or pattern.serve or pattern.tune):
        source.fault(path, "`regions` says nothing: write `train`, `serve` or `tune`")


def _all_allowed(estate: Estate, source: Source, path: Path, regions: Sequence[str]) -> None:
    for i, region in enumerate(regions):
        _allowed(estate, source, (*path, i), region)
        if region in regions[:i]:
            source.fault((*path, i), f"`{region}` is written twice: keep one of them")


def _allowed(estate: Estate, source: Source, path: Path, region: str) -> None:
    allowed = estate.regions.all
    if region and region not in allowed:
        text = f"region `{region}` is not in `regions.allowed`{suggest(region, allowed)}"
        source.fault(path, text)


def _serve(estate: Estate, source: Source, path: Path, division: Division) -> None:
    _environments(estate, source, (*path, "serve"), division.serve)
    for i, name in enumerate(division.serve):
        if name in division.environments:
            spot = (*path, "serve", i)
            source.fault(spot, f"`{name}` is in `environments` too: either it serves only, or not")


def _environments(estate: Estate, source: Source, path: Path, names: tuple[str, ...]) -> None:
    order = list(estate.environments)
    last = -1
    for i, name in enumerate(names):
        here = (*path, i)
        if name not in order:
            if name:
                source.unknown(here, "environment", name, order)
        elif name in names[:i]:
            source.fault(here, f"`{name}` is written twice: keep one of them")
        elif order.index(name) < last:
            said = ", ".join(f"`{each}`" for each in order if each in names)
            source.fault(here, f"`{name}` is out of order: things are promoted by {said}")
        else:
            last = order.index(name)
