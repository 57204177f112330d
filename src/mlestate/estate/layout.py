"""Which workspaces an estate has, what each is called and whose it is: the patterns, worked out."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ..core import naming
from ..core import tags as tag_rules
from .source import Path
from .spec import Division, Estate, Naming, Project

# What belongs to every workspace, and the key of `naming` that names it.
PATTERNS = {
    "resourceGroup": "resourceGroup",
    "storage": "global",
    "vault": "global",
    "insights": "resource",
    "registry": "global",
    "workspace": "workspace",
}
PROVIDERS = {
    "storage": "Microsoft.Storage/storageAccounts",
    "vault": "Microsoft.KeyVault/vaults",
    "insights": "Microsoft.Insights/components",
    "registry": "Microsoft.ContainerRegistry/registries",
    "workspace": "Microsoft.MachineLearningServices/workspaces",
}

_NAMES = {field.encode_name: field.name for field in msgspec.structs.fields(Naming)}


class Solution(msgspec.Struct, frozen=True):
    """What gets workspaces of its own: a project, a team, or a whole division."""

    id: str
    division: str
    projects: tuple[str, ...]
    region: str
    tags: dict[str, str]
    path: Path


class Workspace(msgspec.Struct, frozen=True):
    """One solution in one environment, with what belongs to it."""

    solution: Solution
    environment: str
    subscription: str
    parts: dict[str, str]
    names: dict[str, str]
    tags: dict[str, str]

    @property
    def region(self) -> str:
        return self.solution.region

    @property
    def group(self) -> str:
        return f"{self.subscription}/resourceGroups/{self.names['resourceGroup']}"

    def id(self, kind: str) -> str:
        """The resource id of one of its parts."""
        return f"{self.group}/providers/{PROVIDERS[kind]}/{self.names[kind]}"


class Audience(msgspec.Struct, frozen=True):
    """Who is to have access: the members of a project, of a division, or of the estate."""

    id: str
    members: dict[str, tuple[str, ...]]
    # In which workspaces; None is everywhere, by whole subscriptions.
    solutions: tuple[str, ...] | None
    environments: tuple[str, ...]
    # Roles that get a group before anybody holds them, so that joining is a membership only.
    standing: frozenset[str]
    path: Path

    def holds(self, role: str) -> bool:
        return role in self.standing or role in self.members


def pattern(names: Naming, key: str) -> str:
    value: str = getattr(names, _NAMES[key])
    return value


def subscription(estate: Estate, environment: str) -> str:
    """The subscription's id, in lower case as Azure writes it."""
    name = estate.environments[environment].subscription
    return f"/subscriptions/{estate.azure.subscriptions[name].lower()}"


def solutions(estate: Estate) -> Iterator[Solution]:
    for name, division in estate.divisions.items():
        path: Path = ("divisions", name)
        match division.workspace_per:
            case "division":
                yield _solution(estate, name, name, list(division.projects), path)
            case "team":
                for team, members in _teams(division).items():
                    first = ("projects", members[0])
                    yield _solution(estate, name, team, members, (*path, *first, "team"))
            case "project":
                for project in division.projects:
                    yield _solution(estate, name, project, [project], (*path, "projects", project))


def workspaces(estate: Estate) -> list[Workspace]:
    return [
        _workspace(estate, solution, environment)
        for solution in solutions(estate)
        for environment in estate.environments
        if environment in estate.divisions[solution.division].environments
    ]


def audiences(estate: Estate) -> Iterator[Audience]:
    # A role held in whole subscriptions needs no second group in each project.
    standing = frozenset(estate.roles) - estate.members.keys()
    if estate.members:
        everywhere = tuple(estate.environments)
        yield Audience(estate.id, estate.members, None, everywhere, frozenset(), ("members",))
    owned: dict[str, list[Solution]] = {name: [] for name in estate.divisions}
    for each in solutions(estate):
        owned[each.division].append(each)
    for name, division in estate.divisions.items():
        path: Path = ("divisions", name)
        own = owned[name]
        holding = {each: (one.id,) for one in own for each in one.projects}
        # A division that is its own solution has no project to hold its groups.
        alone = frozenset() if division.projects else standing
        if division.members or alone:
            reach = tuple(solution.id for solution in own)
            yield Audience(name, division.members, reach, division.environments, alone, path)
        for project, spec in division.projects.items():
            reach = holding.get(project, ())
            here = (*path, "projects", project)
            yield Audience(project, spec.members, reach, division.environments, standing, here)


def group_name(estate: Estate, audience: Audience, role: str, environment: str) -> str:
    return naming.fill(
        naming.kind("group"),
        estate.naming.group,
        group_parts(estate, audience, role, environment),
    )


def group_parts(estate: Estate, audience: Audience, role: str, env: str) -> dict[str, str]:
    on = audience.path[1] if audience.path[0] == "divisions" else audience.id
    parts = {"id": audience.id, "project": audience.id, "division": str(on), "role": role}
    return parts | {"env": env, "estate": estate.id, "region": estate.regions.home} | _hash(parts)


def _teams(division: Division) -> dict[str, list[str]]:
    teams: dict[str, list[str]] = {}
    for name, project in division.projects.items():
        if project.team:
            teams.setdefault(project.team, []).append(name)
    return teams


def _solution(
    estate: Estate, division: str, solution: str, projects: list[str], path: Path
) -> Solution:
    owner = estate.divisions[division]
    only = owner.projects[projects[0]] if owner.workspace_per == "project" else Project()
    region = only.region or owner.region or estate.regions.home
    tags = tag_rules.merge(
        estate.tags.values,
        {"costcenter": owner.costcenter, "owner": only.owner or owner.owner},
        {"project": solution, "division": division},
        owner.tags,
        only.tags,
    )
    return Solution(solution, division, tuple(projects), region, tags, path)


def _workspace(estate: Estate, solution: Solution, environment: str) -> Workspace:
    parts = {"id": solution.id, "project": solution.id, "division": solution.division}
    parts |= {"estate": estate.id, "env": environment, "region": solution.region}
    parts |= {"hash5": naming.hash5(estate.azure.tenant, estate.id, *parts.values())}
    names = {
        kind: naming.fill(naming.kind(kind), pattern(estate.naming, key), parts)
        for kind, key in PATTERNS.items()
    }
    tags = tag_rules.merge(solution.tags, {"environment": environment})
    return Workspace(solution, environment, subscription(estate, environment), parts, names, tags)


def _hash(parts: dict[str, str]) -> dict[str, str]:
    return {"hash5": naming.hash5(*parts.values())}
