"""An estate file of any size, as a large enterprise would write it, within Azure's limits.

Divisions of 25 projects, each project with a workspace in dev and in prod, in three regions. A
pair of subscriptions holds 24 divisions: 200 storage accounts for each region (Azure's most is
250), 600 resource groups (980) and 2,400 role assignments (4,000).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

REGIONS = ("westeurope", "northeurope", "eastus")
PROJECTS = 25
DIVISIONS = 24
PEOPLE = 4

_HEAD = """\
schema: 1
id: big
azure:
  tenant: big.example
  subscriptions:
{subscriptions}
regions: {{home: westeurope, allowed: [{regions}]}}
tags:
  require: [costcenter, owner, environment, project, dataclass]
  values: {{dataclass: confidential}}
environments:
{environments}
roles:
  data-scientist:
{scientists}
  ml-engineer:
{engineers}
  release:
{releases}
customRoles:
  mlops:
    description: Runs jobs, registers assets and deploys endpoints; changes no infrastructure.
    actions:
      - Microsoft.MachineLearningServices/workspaces/*/read
      - Microsoft.MachineLearningServices/workspaces/jobs/*
      - Microsoft.MachineLearningServices/workspaces/models/*
servicePrincipals:
  release-bot: {{name: Release automation}}
"""
_ENVIRONMENT = """\
  {name}:
    subscription: {name}
    containerRegistry: true
    computes:
      cpu: {{size: Standard_DS3_v2, max: 4}}
      gpu: {{size: Standard_NC6s_v3, max: 2}}"""
_DIVISION = """\
  {name}:
    workspacePer: project
    environments: [{environments}]
    costcenter: "{number}"
    owner: science-{name}
    region: {region}
    projects:"""
_PROJECT = """\
      {name}:
        members:
          data-scientist: science-{division}
          ml-engineer: engineers-{division}
          release: release-bot"""


def text(workspaces: int) -> str:
    """The file of an estate with so many workspaces: an even number."""
    projects = max(1, workspaces // 2)
    divisions = -(-projects // PROJECTS)
    pairs = -(-divisions // DIVISIONS)
    names = [f"{stage}{pair}" for pair in range(pairs) for stage in ("dev", "prod")]
    head = _HEAD.format(
        subscriptions=_lines(f"    {name}: {_guid(name)}" for name in names),
        regions=", ".join(REGIONS),
        environments=_lines(_ENVIRONMENT.format(name=name) for name in names),
        scientists=_lines(f"    {name}: {_or_reader(name)}" for name in names),
        engineers=_lines(f"    {name}: [mlops, Storage Blob Data Reader]" for name in names),
        releases=_lines(f"    {name}: mlops" for name in names),
    )
    return "\n".join([head + "groups:", *_groups(divisions), "people:", *_people(divisions)]) + (
        "\n" + "\n".join(["divisions:", *_divisions(projects)]) + "\n"
    )


def _divisions(projects: int) -> Iterator[str]:
    for first in range(0, projects, PROJECTS):
        number = first // PROJECTS
        name, pair = f"d{number:03}", number // DIVISIONS
        yield _DIVISION.format(
            name=name,
            environments=f"dev{pair}, prod{pair}",
            number=10_000 + number,
            region=REGIONS[number % len(REGIONS)],
        )
        for project in range(first, min(first + PROJECTS, projects)):
            yield _PROJECT.format(name=f"p{project:04}", division=name)


def _groups(divisions: int) -> Iterator[str]:
    for number in range(divisions):
        yield f"  science-d{number:03}: {{name: Data science of division {number}}}"
        yield f"  engineers-d{number:03}: {{name: Engineering of division {number}}}"


def _people(divisions: int) -> Iterator[str]:
    for number in range(divisions):
        for person in range(PEOPLE):
            group = "science" if person % 2 else "engineers"
            name = f"u{number:03}-{person}"
            yield f"  {name}: {{name: Person {name}, groups: [{group}-d{number:03}]}}"


def _or_reader(environment: str) -> str:
    return "AzureML Data Scientist" if environment.startswith("dev") else "Reader"


def _guid(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.big.example"))


def _lines(lines: Iterator[str]) -> str:
    return "\n".join(lines)
