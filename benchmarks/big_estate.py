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
defaults:
  containerRegistry: true
  computes:
    cpu: {{size: Standard_DS3_v2, max: 4}}
    gpu: {{size: Standard_NC6s_v3, max: 2}}
environments:
  dev: {{subscription: dev0}}
  prod: {{subscription: prod0, storageAuth: identity}}
roles:
  data-scientist: {{dev: AzureML Data Scientist, prod: Reader}}
  ml-engineer: {{dev: [mlops, Storage Blob Data Reader], prod: [mlops, Storage Blob Data Reader]}}
  release: {{dev: mlops, prod: mlops}}
customRoles:
  mlops:
    description: Runs jobs, registers assets and deploys endpoints; changes no infrastructure.
    actions:
      - Microsoft.MachineLearningServices/workspaces/*/read
      - Microsoft.MachineLearningServices/workspaces/jobs/*
      - Microsoft.MachineLearningServices/workspaces/models/*
servicePrincipals:
  release-bot: {{name: Release automation}}
groups:
"""
_DIVISION = """\
  {name}:
    workspacePer: project
    environments: [dev, prod]
    costcenter: "{number}"
    owner: science-{name}
    region: {region}
    overrides: {{dev: {{subscription: dev{pair}}}, prod: {{subscription: prod{pair}}}}}
    projects:
"""
_PROJECT = """\
      {name}:
        members:
          data-scientist: science-{division}
          ml-engineer: engineers-{division}
          release: release-bot
"""


def text(workspaces: int) -> str:
    """The file of an estate with so many workspaces: an even number."""
    projects = max(1, workspaces // 2)
    divisions = -(-projects // PROJECTS)
    pairs = -(-divisions // DIVISIONS)
    named = [f"{stage}{pair}" for pair in range(pairs) for stage in ("dev", "prod")]
    head = _HEAD.format(
        subscriptions="\n".join(f"    {name}: {guid(name)}" for name in named),
        regions=", ".join(REGIONS),
    )
    parts = [head, *_groups(divisions), "people:\n", *_people(divisions)]
    return "".join([*parts, "divisions:\n", *_divisions(projects)])


def guid(subscription: str) -> str:
    """The id of a subscription by its name, such as `dev0`."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{subscription}.big.example"))


def _divisions(projects: int) -> Iterator[str]:
    for first in range(0, projects, PROJECTS):
        number = first // PROJECTS
        name = f"d{number:03}"
        yield _DIVISION.format(
            name=name,
            number=10_000 + number,
            region=REGIONS[number % len(REGIONS)],
            pair=number // DIVISIONS,
        )
        for project in range(first, min(first + PROJECTS, projects)):
            yield _PROJECT.format(name=f"p{project:04}", division=name)


def _groups(divisions: int) -> Iterator[str]:
    for number in range(divisions):
        yield f"  science-d{number:03}: {{name: Data science of division {number}}}\n"
        yield f"  engineers-d{number:03}: {{name: Engineering of division {number}}}\n"


def _people(divisions: int) -> Iterator[str]:
    for number in range(divisions):
        for person in range(PEOPLE):
            group = "science" if person % 2 else "engineers"
            name = f"u{number:03}-{person}"
            yield f"  {name}: {{name: Person {name}, groups: [{group}-d{number:03}]}}\n"
