"""Which workspaces an estate has, what each is called, and what it is like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from ...core import naming
from ...core import tags as tag_rules
from ...core.data import regions
from ..spec import Estate, Naming, Settings, Team
from .layers import Ladder, layers, nearest, settings
from .solutions import Purpose, Solution, solutions

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
# Of `naming`, by the keys of the file.
_FIELDS = {field.encode_name: field.name for field in msgspec.structs.fields(Naming)}


class Place(msgspec.Struct, frozen=True):
    """One solution in one environment and one region: where a workspace is to stand."""

    solution: Solution
    environment: str
    region: str
    purpose: Purpose
    settings: Settings


class Workspace(msgspec.Struct, frozen=True):
    """A place with its names, and what belongs to it."""

    place: Place
    subscription: str
    parts: dict[str, str]
    names: dict[str, str]
    tags: dict[str, str]

    @property
    def solution(self) -> Solution:
        return self.place.solution

    @property
    def environment(self) -> str:
        return self.place.environment

    @property
    def region(self) -> str:
        return self.place.region

    @property
    def settings(self) -> Settings:
        return self.place.settings

    @property
    def group(self) -> str:
        return f"{self.subscription}/resourceGroups/{self.names['resourceGroup']}"

    def id(self, kind: str) -> str:
        """The resource id of one of its parts."""
        return f"{self.group}/providers/{PROVIDERS[kind]}/{self.names[kind]}"


def pattern(names: Naming, key: str) -> str:
    value: str = getattr(names, _FIELDS[key])
    return value


def subscription(estate: Estate, name: str) -> str:
    """The subscription's id, in lower case as Azure writes it."""
    return f"/subscriptions/{estate.azure.subscriptions[name].lower()}"


def places(estate: Estate) -> Iterator[Place]:
    """In the order of the file. Of an estate whose names are not known to fit."""
    known: dict[tuple[int, ...], Settings] = {}
    for solution in solutions(estate):
        for environment in solution.environments:
            merged = _merged(estate, solution.ladder, environment, known)
            for region, purpose in solution.places(environment).items():
                yield Place(solution, environment, region, purpose, merged)


def workspaces(estate: Estate) -> list[Workspace]:
    return [_workspace(estate, place) for place in places(estate)]


def _merged(
    estate: Estate, rungs: Ladder, environment: str, known: dict[tuple[int, ...], Settings]
) -> Settings:
    """Most places say nothing of their own: what is the same is made once."""
    key = tuple(id(layer.settings) for layer in layers(estate, rungs, environment))
    if key not in known:
        known[key] = settings(estate, rungs, environment)
    return known[key]


def _workspace(estate: Estate, place: Place) -> Workspace:
    parts = _parts(estate, place)
    names = {
        kind: naming.fill(naming.kind(kind), naming_of(estate, place, kind), parts)
        for kind in PATTERNS
    }
    return Workspace(
        place=place,
        subscription=subscription(estate, str(place.settings.subscription)),
        parts=parts,
        names=names,
        tags=_tags(estate, place),
    )


def _parts(estate: Estate, place: Place) -> dict[str, str]:
    solution = place.solution
    parts = {"id": solution.id, "project": solution.id, "division": solution.division}
    parts |= {"estate": estate.id, "env": place.environment, "region": place.region}
    parts |= {"hash5": place_hash(estate, parts)}
    purpose = "" if place.purpose == "all" else place.purpose
    return parts | {
        "reg": regions()[place.region].code,
        "team": _team(solution),
        "purpose": purpose,
    }


def place_hash(estate: Estate, parts: Mapping[str, str]) -> str:
    """Of what makes a place: all its names change with one of these."""
    made = (parts[part] for part in ("id", "project", "division", "estate", "env", "region"))
    return naming.hash5(estate.azure.tenant, estate.id, *made)


def naming_of(estate: Estate, place: Place, kind: str) -> str:
    """The pattern of a part's name there: beside the solution's own region, it says which."""
    names = pattern(estate.naming, PATTERNS[kind])
    said = {"region", "reg"} & set(naming.placeholders(names))
    if said or place.region == place.solution.region:
        return names
    return names.replace("{env}", "{env}-{reg}", 1) if "{env}" in names else f"{names}-{{reg}}"


def _tags(estate: Estate, place: Place) -> dict[str, str]:
    solution = place.solution
    rungs = solution.ladder
    known = {"project": solution.id, "division": solution.division}
    if team := _team(solution):
        known["team"] = team
    if projects := _shared(solution):
        known["projects"] = projects
    if len(solution.regions) > 1:
        known["region"] = place.region
    if place.purpose != "all":
        known["purpose"] = place.purpose
    return tag_rules.merge(
        estate.tags.values,
        {key: value for key in ("costcenter", "owner") if (value := nearest(rungs, key))},
        known,
        *(rung.level.tags for rung in rungs),
        place.settings.tags,
        {"environment": place.environment},
    )


def _team(solution: Solution) -> str:
    return next((rung.id for rung in solution.ladder if isinstance(rung.level, Team)), "")


def _shared(solution: Solution) -> str:
    """The projects that share its workspaces, as one value; empty where that is too long."""
    if solution.projects == (solution.id,):
        return ""
    projects = " ".join(solution.projects)
    return projects if tag_rules.value_fault(projects) is None else ""
