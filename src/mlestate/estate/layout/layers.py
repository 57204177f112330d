"""Layers that say a little each, and what holds where they come together: narrower over wider.

The widest is what the estate says (`defaults`, `environments`, `roles`); then come the rungs of a
ladder: division, team, project.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from typing import Any, TypeVar

import msgspec

from ..reading.source import Path
from ..spec import Compute, Eligible, Estate, Gives, Level, Settings

S = TypeVar("S", bound=msgspec.Struct)
# What holds where no layer says anything.
BUILT_IN = Settings(storage_auth="key", container_registry=False)
CLUSTER = Compute(min=0, idle="120s")
NONE = "none"
LIVE_READER = "Storage Blob Data Reader"


class Rung(msgspec.Struct, frozen=True):
    """A division, team or project, and where it stands in the file."""

    path: Path
    level: Level

    @property
    def id(self) -> str:
        return str(self.path[-1])


Ladder = tuple[Rung, ...]


class Layer(msgspec.Struct, frozen=True):
    path: Path
    settings: Settings


def ladder(estate: Estate, division: str, team: str | None, project: str | None) -> Ladder:
    """Widest first. A team that the division does not have is left out."""
    path: Path = ("divisions", division)
    own = estate.divisions[division]
    rungs: list[Rung] = [Rung(path, own)]
    if team in own.teams:
        rungs.append(Rung((*path, "teams", str(team)), own.teams[str(team)]))
    if project is not None:
        rungs.append(Rung((*path, "projects", project), own.projects[project]))
    return tuple(rungs)


def layers(estate: Estate, rungs: Ladder, environment: str) -> Iterator[Layer]:
    """Everything that is said about an environment there, widest first."""
    yield Layer((), BUILT_IN)
    yield Layer(("defaults",), estate.defaults)
    yield Layer(("environments", environment), estate.environments[environment])
    for rung in rungs:
        if own := rung.level.overrides.get(environment):
            yield Layer((*rung.path, "overrides", environment), own)


def settings(estate: Estate, rungs: Ladder, environment: str) -> Settings:
    said = [layer.settings for layer in layers(estate, rungs, environment)]
    merged = reduce(overlay, said)
    computes = {
        name: one if one.attached else overlay(CLUSTER, one)
        for name, one in merged.computes.items()
    }
    # No key opens live data. Whoever says that one shall is told of the contradiction.
    if merged.live and all(one.storage_auth is None for one in said[1:]):
        merged = msgspec.structs.replace(merged, storage_auth="identity")
    return msgspec.structs.replace(merged, computes=computes)


def overlay(wide: S, narrow: S) -> S:
    """What the narrower one says, over the wider: mappings by key, all else replaced."""
    said = {name: _over(getattr(wide, name), value) for name, value in _said(narrow)}
    return msgspec.structs.replace(wide, **said)


def given(estate: Estate, rungs: Ladder, role: str, environment: str) -> tuple[str, ...]:
    """The Azure roles that a role of the file gives there; no entry, no access."""
    return held(written(estate, rungs, role, environment))


def held(gives: Gives) -> tuple[str, ...]:
    """What of it is held, and not only within reach."""
    return tuple(each for each in gives if isinstance(each, str) and each != NONE)


def eligible(estate: Estate, rungs: Ladder, role: str, environment: str) -> tuple[Eligible, ...]:
    """What a role of the file may activate there."""
    gives = written(estate, rungs, role, environment)
    return tuple(each for each in gives if isinstance(each, Eligible))


def within_reach(estate: Estate, rungs: Ladder, role: str, environment: str) -> tuple[str, ...]:
    """All Azure roles that a role of the file has there, or may come to have."""
    activated = (
        name for each in eligible(estate, rungs, role, environment) for name in each.eligible
    )
    return (*given(estate, rungs, role, environment), *activated)


def reads_live(estate: Estate, rungs: Ladder, role: str, environment: str) -> bool:
    """Whether a role of the file may read live data there. One that is `none` may not."""
    said = [layer.settings.live for layer in layers(estate, rungs, environment)]
    live = next((roles for roles in reversed(said) if roles is not None), ())
    return role in live and NONE not in written(estate, rungs, role, environment)


def nearest(rungs: Ladder, key: str) -> Any:
    """What the narrowest rung says that says it; None where none does."""
    said = (getattr(rung.level, key) for rung in reversed(rungs))
    return next((value for value in said if value not in (None, ())), None)


def written(estate: Estate, rungs: Ladder, role: str, environment: str) -> Gives:
    """As the narrowest layer says it."""
    names = estate.roles.get(role, {}).get(environment, ())
    for rung in rungs:
        names = rung.level.roles.get(role, {}).get(environment, names)
    return names


def _said(narrow: msgspec.Struct) -> Iterable[tuple[str, Any]]:
    pairs = ((name, getattr(narrow, name)) for name in narrow.__struct_fields__)
    return ((name, value) for name, value in pairs if value is not None)


def _over(wide: Any, narrow: Any) -> Any:
    if isinstance(narrow, msgspec.Struct) and isinstance(wide, msgspec.Struct):
        return overlay(wide, narrow)
    if isinstance(narrow, Mapping) and isinstance(wide, Mapping):
        return {**wide, **{key: _over(wide.get(key), value) for key, value in narrow.items()}}
    return narrow
