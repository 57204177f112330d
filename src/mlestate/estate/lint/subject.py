"""The file that is looked at: what it says, where it says it, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property

from ...core.access import Role
from ..layout.audiences import Audience
from ..layout.layers import Rung, layers
from ..layout.places import Workspace, workspaces
from ..layout.pointers import Pointers
from ..reading.source import Path, Source
from ..roles import role
from ..spec import Datastore, Estate, Level, Settings


class Subject:
    """`today` is the day by which guests are over."""

    def __init__(self, estate: Estate, source: Source, today: date):
        self.estate, self.source, self.today = estate, source, today

    @cached_property
    def workspaces(self) -> list[Workspace]:
        return workspaces(self.estate)

    @cached_property
    def pointers(self) -> Pointers:
        return Pointers(self.workspaces)

    @cached_property
    def live(self) -> frozenset[str]:
        """The environments that have live data in any of their workspaces."""
        return frozenset(each.environment for each in self.workspaces if each.settings.live)

    def levels(self) -> Iterator[Rung]:
        """Every division, team and project, as it stands in the file."""
        for name, division in self.estate.divisions.items():
            path: Path = ("divisions", name)
            yield Rung(path, division)
            yield from _rungs((*path, "teams"), division.teams)
            yield from _rungs((*path, "projects"), division.projects)

    def layers(self) -> Iterator[tuple[Path, Settings]]:
        """Every place of the file where an environment's settings are said."""
        yield ("defaults",), self.estate.defaults
        for name, environment in self.estate.environments.items():
            yield ("environments", name), environment
        for rung in self.levels():
            for name, settings in rung.level.overrides.items():
                yield (*rung.path, "overrides", name), settings

    def datastores(self) -> Iterator[tuple[Workspace, str, Datastore]]:
        for workspace in self.workspaces:
            for name, store in workspace.settings.datastores.items():
                if store.access != "none":
                    yield workspace, name, store

    def said(self, workspace: Workspace, collection: str, name: str, key: str = "") -> Path:
        """Where the narrowest layer says a key of a datastore or compute; without one, names it."""
        found: Path = ()
        for layer in layers(self.estate, workspace.solution.ladder, workspace.environment):
            one = getattr(layer.settings, collection).get(name)
            if one is not None and (not key or getattr(one, key) is not None):
                found = (*layer.path, collection, name, *([key] if key else []))
        return found

    def held(self, one: Audience) -> dict[str, set[str]]:
        """Its roles with all who hold them: members, and guests who are still here."""
        found = {role: set(holders) for role, holders in one.members.items()}
        for id, guest in one.guests.items():
            if self.today <= guest.until:
                found.setdefault(guest.role, set()).add(id)
        return found

    def is_live(self, store: Datastore) -> bool:
        """Whether a datastore's source holds live data."""
        ours = self.pointers.storage(store.account) if store.account else None
        return bool(ours.settings.live) if ours else bool(store.live)

    def role(self, name: str) -> Role | None:
        """A role of Azure or of the file's own, by its name."""
        return role(self.estate, name)


def _rungs(path: Path, levels: Mapping[str, Level]) -> Iterator[Rung]:
    for name, level in levels.items():
        yield Rung((*path, name), level)


def place(workspace: Workspace) -> str:
    """What a workspace is called in what people read."""
    where = f"{workspace.solution.id}/{workspace.environment}"
    own = workspace.region == workspace.solution.region
    return where if own else f"{where}/{workspace.region}"
