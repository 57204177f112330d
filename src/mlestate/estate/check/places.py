"""Subscriptions, regions, environments with their computes, divisions with their projects."""

from __future__ import annotations

import re

from ...catalog import vm_skus
from ...core import data, naming
from ..source import Path, Source, suggest
from ..spec import Compute, Division, Estate

GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
WORD = re.compile(r"[a-z][a-z0-9-]*")
IDLE = re.compile(r"[1-9][0-9]*[smh]")


def check(estate: Estate, source: Source) -> None:
    _word(source, ("id",), estate.id, "the estate's id")
    _subscriptions(estate, source)
    _regions(estate, source)
    for name, environment in estate.environments.items():
        path: Path = ("environments", name)
        _key(source, path, name, "an environment's id")
        known = estate.azure.subscriptions
        if environment.subscription and environment.subscription not in known:
            named = environment.subscription
            source.unknown((*path, "subscription"), "subscription", named, known)
        for each, compute in environment.computes.items():
            _compute(source, (*path, "computes", each), each, compute)
    _divisions(estate, source)


def _subscriptions(estate: Estate, source: Source) -> None:
    seen: dict[str, str] = {}
    for name, guid in estate.azure.subscriptions.items():
        path: Path = ("azure", "subscriptions", name)
        if guid and not GUID.fullmatch(guid):
            source.fault(path, f"`{guid}` is not a subscription id: write a GUID")
        elif guid and (other := seen.setdefault(guid.lower(), name)) != name:
            source.fault(path, f"`{name}` has the id of `{other}`: give each its own, or keep one")


def _regions(estate: Estate, source: Source) -> None:
    home, allowed = estate.regions.home, estate.regions.allowed
    _region(source, ("regions", "home"), home)
    for i, region in enumerate(allowed):
        _region(source, ("regions", "allowed", i), region)
    if home in data.regions() and allowed and home not in allowed:
        source.fault(("regions", "home"), f"the home region `{home}` is not in `regions.allowed`")


def _region(source: Source, path: Path, region: str) -> None:
    known = data.regions()
    if not region or region in known:
        return
    alias = region.lower()
    meant = [each.id for each in known.values() if alias in (each.display.lower(), *each.aliases)]
    source.fault(path, f"unknown region `{region}`{suggest(meant[0] if meant else region, known)}")


def _compute(source: Source, path: Path, name: str, compute: Compute) -> None:
    if fault := naming.kind("compute").fault(name):
        source.key_fault(path, f"the compute's name `{name}` {fault}")
    if compute.size and not vm_skus.find(compute.size):
        sizes = [sku.name for sku in vm_skus.all_skus()]
        source.unknown((*path, "size"), "size", compute.size, sizes)
    if compute.max < 1:
        source.fault((*path, "max"), f"`{compute.max}` nodes cannot run a job: write 1 or more")
    elif not 0 <= compute.min <= compute.max:
        source.fault((*path, "min"), f"`{compute.min}` is not between 0 and max ({compute.max})")
    if not IDLE.fullmatch(compute.idle):
        source.fault((*path, "idle"), f"`{compute.idle}` is not a time: write 90s, 15m or 2h")


def _divisions(estate: Estate, source: Source) -> None:
    seen: dict[str, str] = {}
    for name, division in estate.divisions.items():
        path: Path = ("divisions", name)
        _key(source, path, name, "a division's id")
        _environments(estate, source, path, division)
        _shape(source, path, division)
        _stands(estate, source, path, division.owner, division.region)
        for each, project in division.projects.items():
            here = (*path, "projects", each)
            _key(source, here, each, "a project's id")
            _stands(estate, source, here, project.owner, project.region)
            if (other := seen.setdefault(each, name)) != name:
                source.key_fault(
                    here, f"project `{each}` is in division `{other}` too: ids are unique"
                )


def _environments(estate: Estate, source: Source, path: Path, division: Division) -> None:
    if not division.environments:
        source.fault((*path, "environments"), f"division `{path[1]}` has no environment: name one")
    for i, name in enumerate(division.environments):
        here = (*path, "environments", i)
        if name and name not in estate.environments:
            source.unknown(here, "environment", name, estate.environments)
        elif name in division.environments[:i]:
            source.fault(here, f"`{name}` is written twice: keep one of them")


def _shape(source: Source, path: Path, division: Division) -> None:
    per = division.workspace_per
    if per != "division" and not division.projects:
        source.fault(
            (*path, "workspacePer"),
            f"a workspace per {per} needs `projects`, and division `{path[1]}` has none",
        )
    for name, project in division.projects.items():
        here = (*path, "projects", name)
        if per == "team" and not project.team:
            source.key_fault(here, f"project `{name}` needs `team`: workspaces are per team here")
        if per != "team" and project.team:
            source.fault((*here, "team"), f"`team` has no effect: workspaces are per {per} here")
        if project.team:
            _word(source, (*here, "team"), project.team, "a team's id")
        if per != "project":
            _shared(source, here, per, {"region": project.region, "owner": project.owner})
            _shared(source, here, per, {"tags": project.tags})


def _shared(source: Source, path: Path, per: str, said: dict[str, object]) -> None:
    # A workspace that projects share has one region and one set of tags: the division's.
    for key, value in said.items():
        if value:
            source.key_fault((*path, key), f"`{key}` has no effect: workspaces are per {per} here")


def _stands(
    estate: Estate, source: Source, path: Path, owner: str | None, region: str | None
) -> None:
    if owner and owner not in estate.principals:
        source.unknown((*path, "owner"), "owner", owner, estate.principals)
    allowed = estate.regions.all
    if region and region not in allowed:
        spot = (*path, "region")
        source.fault(spot, f"region `{region}` is not allowed here{suggest(region, allowed)}")


def _key(source: Source, path: Path, name: str, what: str) -> None:
    if not WORD.fullmatch(name):
        source.key_fault(path, _wrong(name, what))


def _word(source: Source, path: Path, name: str, what: str) -> None:
    if name and not WORD.fullmatch(name):
        source.fault(path, _wrong(name, what))


def _wrong(name: str, what: str) -> str:
    return f"`{name}` cannot be {what}: write small letters, digits and hyphens, a letter first"
