"""Guests: who they are, who answers for them, and that they are in one project and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.access import gives as allows
from ..layout.layers import Ladder, ladder, within_reach
from ..layout.solutions import environments, of_division
from ..reading.source import Path, Source
from ..roles import role
from ..spec import Estate, Guest
from .words import display_name, principal

_KINDS = {"Group": "group", "ServicePrincipal": "service principal"}
_LETS_IN = "microsoft.authorization/roleassignments/write"


def check(estate: Estate, source: Source) -> None:
    taken = {name: "the estate" for name in estate.principals}
    for division, project in _projects(estate):
        path: Path = ("divisions", division, "projects", project)
        found = estate.divisions[division].projects[project].guests
        if found:
            _alone(estate, source, path, division, project)
        for id, guest in found.items():
            here = (*path, "guests", id)
            _ids(source, here, id, guest, project, taken)
            _guest(estate, source, here, guest, division, project)


def _projects(estate: Estate) -> Iterator[tuple[str, str]]:
    for name, division in estate.divisions.items():
        yield from ((name, project) for project in division.projects)


def _alone(estate: Estate, source: Source, path: Path, division: str, project: str) -> None:
    """Who shares a workspace with other projects cannot show guests one of them alone."""
    for solution in of_division(estate, division):
        others = [each for each in solution.projects if each != project]
        if project in solution.projects and others:
            source.key_fault(
                (*path, "guests"),
                f"`{project}` shares its workspaces with `{others[0]}`, which its guests would see:"
                " give it workspaces of its own with `workspacePer: project`",
            )


def _ids(
    source: Source, path: Path, id: str, guest: Guest, project: str, taken: dict[str, str]
) -> None:
    spots = {path: id} | {(*path, "people", person): person for person in guest.people}
    for spot, name in spots.items():
        principal(source, spot, name)
        if other := taken.get(name):
            where = "declared" if other == "the estate" else f"a guest of `{other}`"
            source.key_fault(spot, f"`{name}` is {where} already: ids are unique")
        taken.setdefault(name, project)


def _guest(
    estate: Estate, source: Source, path: Path, guest: Guest, division: str, project: str
) -> None:
    team = estate.divisions[division].projects[project].team
    rungs = ladder(estate, division, team, project)
    _sponsor(estate, source, (*path, "sponsor"), guest.sponsor)
    display_name(source, (*path, "name"), guest.name)
    for person, name in guest.people.items():
        display_name(source, (*path, "people", person), name)
    if guest.role and guest.role not in estate.roles:
        source.unknown((*path, "role"), "role", guest.role, estate.roles)
        return
    if not guest.environments:
        source.fault((*path, "environments"), "a guest needs an environment to be in: name one")
    where = environments(estate, rungs)
    for i, name in enumerate(guest.environments):
        spot = (*path, "environments", i)
        if name not in where:
            source.unknown(spot, f"environment of `{project}`", name, where)
        elif name in guest.environments[:i]:
            source.fault(spot, f"`{name}` is written twice: keep one of them")
        elif guest.role:
            _role(estate, source, spot, rungs, guest.role, name)


def _sponsor(estate: Estate, source: Source, path: Path, sponsor: str) -> None:
    if not sponsor or sponsor in estate.people:
        return
    if sponsor in estate.guests:
        source.fault(path, f"`{sponsor}` is a guest, and so cannot be a sponsor: name a person")
    elif kind := _KINDS.get(estate.principals.get(sponsor, "")):
        source.fault(path, f"`{sponsor}` is a {kind}, and so cannot be a sponsor: name a person")
    else:
        source.unknown(path, "person", sponsor, estate.people)


def _role(
    estate: Estate, source: Source, path: Path, rungs: Ladder, name: str, environment: str
) -> None:
    names = within_reach(estate, rungs, name, environment)
    if not names:
        text = f"role `{name}` gives nothing in `{environment}`: give it in `roles`"
        source.fault(path, text)
    for each in names:
        found = role(estate, each)
        if found is not None and allows(found, _LETS_IN, False):
            source.fault(
                path,
                f"role `{name}` lets others in (`{each}` in `{environment}`), which no guest may:"
                " choose a role without it",
            )
