"""Who is to have access where: members of a project, of a team, of a division, of the estate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import msgspec

from ...core import naming
from ..reading.source import Path
from ..spec import Estate, Guest, Level, Project
from . import layers
from .layers import Ladder, ladder
from .solutions import Solution, environments, of_division


class Audience(msgspec.Struct, frozen=True):
    id: str
    members: dict[str, tuple[str, ...]]
    ladder: Ladder
    # In which workspaces; None is everywhere, by whole subscriptions.
    solutions: tuple[Solution, ...] | None
    environments: tuple[str, ...]
    # Roles that get a group before anybody holds them, so that joining is a membership only.
    standing: frozenset[str]
    path: Path
    guests: dict[str, Guest] = {}

    def holds(self, role: str) -> bool:
        invited = any(guest.role == role for guest in self.guests.values())
        return role in self.standing or role in self.members or invited

    def gives(self, estate: Estate, role: str, environment: str) -> bool:
        """In any place of theirs."""
        ladders = [self.ladder, *(self.within(each) for each in self.solutions or ())]
        return any(
            layers.within_reach(estate, rungs, role, environment)
            or layers.reads_live(estate, rungs, role, environment)
            for rungs in ladders
        )

    def holders(self, role: str, environment: str, today: date) -> list[str]:
        """Who is in the role's group there: members, and guests who are still here."""
        invited = (
            id
            for id, guest in self.guests.items()
            if guest.role == role and environment in guest.environments and today <= guest.until
        )
        return list(dict.fromkeys([*self.members.get(role, ()), *invited]))

    def within(self, solution: Solution) -> Ladder:
        """Whose word counts in the workspaces of a solution: the narrower one's."""
        return max(self.ladder, solution.ladder, key=len)


def audiences(estate: Estate) -> Iterator[Audience]:
    if estate.members:
        everywhere = tuple(estate.environments)
        none: frozenset[str] = frozenset()
        yield Audience(estate.id, estate.members, (), None, everywhere, none, ("members",))
    for name in estate.divisions:
        yield from _of_division(estate, name)


def grants(estate: Estate) -> Iterator[tuple[Audience, str, str]]:
    """Every audience, role and environment that there is a group for."""
    for audience in audiences(estate):
        for role in estate.roles:
            if audience.holds(role):
                for environment in audience.environments:
                    if audience.gives(estate, role, environment):
                        yield audience, role, environment


def group_name(estate: Estate, audience: Audience, role: str, environment: str) -> str:
    parts = group_parts(estate, audience, role, environment)
    return naming.fill(naming.kind("group"), estate.naming.group, parts)


def group_parts(estate: Estate, audience: Audience, role: str, env: str) -> dict[str, str]:
    on = audience.path[1] if audience.path[0] == "divisions" else audience.id
    parts = {"id": audience.id, "project": audience.id, "division": str(on), "role": role}
    hash5 = {"hash5": group_hash(parts)}
    return parts | {"env": env, "estate": estate.id, "region": estate.regions.home} | hash5


def group_hash(parts: Mapping[str, str]) -> str:
    return naming.hash5(*(parts[part] for part in ("id", "project", "division", "role")))


def _of_division(estate: Estate, name: str) -> Iterator[Audience]:
    division = estate.divisions[name]
    own = of_division(estate, name)
    # A role held in whole subscriptions needs no second group in each project.
    standing = frozenset(estate.roles) - estate.members.keys()
    # What is its own solution and has no project to hold its groups has them itself.
    alone = standing if division.workspace_per == "division" and not division.projects else ()
    if division.members or alone:
        yield _audience(estate, division, ladder(estate, name, None, None), own, alone)
    for team, spec in division.teams.items():
        theirs = [each for each in own if any(rung.level is spec for rung in each.ladder)]
        alone = standing if division.workspace_per == "team" else ()
        if spec.members or alone:
            yield _audience(estate, spec, ladder(estate, name, team, None), theirs, alone)
    reach = {project: each for each in own for project in each.projects}
    for project, said in division.projects.items():
        rungs = ladder(estate, name, said.team, project)
        theirs = [reach[project]] if project in reach else []
        yield _audience(estate, said, rungs, theirs, standing)


def _audience(
    estate: Estate,
    level: Level,
    rungs: Ladder,
    solutions: list[Solution],
    standing: frozenset[str] | tuple[()],
) -> Audience:
    return Audience(
        id=rungs[-1].id,
        members=level.members,
        ladder=rungs,
        solutions=tuple(solutions),
        environments=environments(estate, rungs),
        standing=frozenset(standing),
        path=rungs[-1].path,
        guests=level.guests if isinstance(level, Project) else {},
    )
