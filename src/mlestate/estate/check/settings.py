"""Settings of environments: each layer by itself, and what they come to together."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...catalog import vm_skus
from ...core import naming
from ..layout.layers import layers
from ..layout.places import Place, places
from ..reading.source import Path, Source
from ..spec import Compute, Estate, Level, Settings
from . import attached, time_boxed

IDLE = re.compile(r"[1-9][0-9]*[smh]")


def check(estate: Estate, source: Source) -> None:
    _settings(estate, source, ("defaults",), estate.defaults)
    for name, environment in estate.environments.items():
        _settings(estate, source, ("environments", name), environment)
    for path, level in _levels(estate):
        for name, settings in level.overrides.items():
            _settings(estate, source, (*path, "overrides", name), settings)


def check_merged(estate: Estate, source: Source) -> None:
    """What must have been said by one layer or another."""
    done: set[int] = set()
    for place in places(estate):
        if id(place.settings) in done:
            continue
        done.add(id(place.settings))
        where: Path = ("environments", place.environment)
        if place.settings.subscription is None:
            text = f"environment `{place.environment}` has no `subscription`: name one here"
            source.key_fault(where, f"{text}, or in `defaults`")
        for name, compute in place.settings.computes.items():
            if not compute.attached:
                _complete(estate, source, place, name, compute)


def _levels(estate: Estate) -> Iterator[tuple[Path, Level]]:
    for name, division in estate.divisions.items():
        path: Path = ("divisions", name)
        yield path, division
        for each, team in division.teams.items():
            yield (*path, "teams", each), team
        for each, project in division.projects.items():
            yield (*path, "projects", each), project


def _settings(estate: Estate, source: Source, path: Path, settings: Settings) -> None:
    known = estate.azure.subscriptions
    if settings.subscription and settings.subscription not in known:
        source.unknown((*path, "subscription"), "subscription", settings.subscription, known)
    for name, compute in settings.computes.items():
        _compute(source, (*path, "computes", name), name, compute)
    if settings.break_glass is not None:
        time_boxed.check_glass(estate, source, (*path, "breakGlass"), settings.break_glass)
    attached.check(source, path, settings)


def _compute(source: Source, path: Path, name: str, compute: Compute) -> None:
    if fault := naming.kind("compute").fault(name):
        source.key_fault(path, f"the compute's name `{name}` {fault}")
    if compute.size and not vm_skus.find(compute.size):
        sizes = [sku.name for sku in vm_skus.all_skus()]
        source.unknown((*path, "size"), "size", compute.size, sizes)
    if compute.max is not None and compute.max < 0:
        source.fault(
            (*path, "max"), f"`{compute.max}` nodes cannot be: write 1 or more, 0 for none"
        )
    if compute.max is not None and compute.min is not None:
        _span(source, path, compute.min, compute.max)
    if compute.idle is not None and not IDLE.fullmatch(compute.idle):
        source.fault((*path, "idle"), f"`{compute.idle}` is not a time: write 90s, 15m or 2h")


def _complete(estate: Estate, source: Source, place: Place, name: str, compute: Compute) -> None:
    path = _last(estate, place, name)
    for key in ("size", "max"):
        if getattr(compute, key) is None and compute.max != 0:
            source.key_fault(path, f"cluster `{name}` has no `{key}`: give it here")
    if compute.max:
        _span(source, path, compute.min or 0, compute.max)


def _span(source: Source, path: Path, least: int, most: int) -> None:
    if not 0 <= least <= most:
        source.fault((*path, "min"), f"`{least}` is not between 0 and max ({most})")


def _last(estate: Estate, place: Place, name: str) -> Path:
    """The narrowest layer that names the cluster, of those that all share where one of them does:
    what is missing there is missing for all."""
    said = layers(estate, place.solution.ladder, place.environment)
    found = [layer.path for layer in said if name in layer.settings.computes]
    shared = [path for path in found if path[0] != "divisions"]
    return (*(shared or found)[-1], "computes", name)
