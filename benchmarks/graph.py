"""Queries of the resource graph over 15,000 resources: a thousand workspaces and what they need.

    python -m benchmarks.graph [--workspaces 1000] [--requests 20]

Rows are written by the store's own write path while nothing is served; then an estate of its own
process is asked over plain HTTP, by one client with one connection: one who may read all, and one
who may read half of the workspaces, each by an assignment of its own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.search import Asking, Figure, columns, paced, served
from tests.access.asking import REGION
from tests.access.two_workspaces import SCIENTIST, Two

from mlestate.core import ids
from mlestate.core.resource import Resource, Stamp
from mlestate.store.resources import Resources

PATH = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"
SUBSCRIPTION = "/subscriptions/11111111-1111-1111-1111-111111111111"
ML = "Microsoft.MachineLearningServices"
QUERIES = {
    "how many of each type": "Resources | summarize count() by type | order by count_ desc",
    "how many of each type and region": "Resources | summarize count() by type, location",
    "workspaces with high business impact": (
        f"Resources | where type =~ '{ML}/workspaces' and properties.hbiWorkspace == true"
        " | project name, resourceGroup, location"
    ),
    "workspaces without a cost center": (
        f"Resources | where type =~ '{ML}/workspaces' and isempty(tags['costcenter'])"
        " | project id, tags"
    ),
    "all tagged prod": "Resources | where tags.environment == 'prod' | count",
    "names that contain, ordered": (
        "Resources | where name contains 'p01' | order by name asc | take 100"
    ),
    "groups joined to what is in them": (
        "ResourceContainers | where type =~ 'microsoft.resources/subscriptions/resourcegroups'"
        " | project resourceGroup, owner = tags.owner"
        f" | join kind=inner (Resources | where type =~ '{ML}/workspaces'"
        " | project workspace = name, resourceGroup) on resourceGroup"
        " | summarize workspaces = count() by tostring(owner)"
    ),
    "computes by size": (
        f"MachineLearningResources | where type =~ '{ML}/workspaces/computes'"
        " | summarize count() by size = tostring(properties.properties.vmSize)"
    ),
    "one group": "Resources | where resourceGroup =~ 'rg-p0042-dev' | project name, type",
    "first 100 of everything": "Resources | take 100",
    "everything in full, ordered": "Resources | order by name asc",
    "a word in any property": "Resources | where properties contains 'hbi' | count",
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspaces", type=int, default=1000)
    parser.add_argument("--requests", type=int, default=20, help="of each query")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="mlestate-benchmark-") as folder:
        data = Path(folder) / "data"
        began = time.monotonic()
        people, count = fill(data, options.workspaces)
        print(f"{count:,} resources; filled in {time.monotonic() - began:.0f} s")
        print(f"  {'':55} {'median':>11} {'p95':>11} {'processor':>11}")
        with served(data) as asking:
            for who, token in people.items():
                asking.token = token
                for what, query in QUERIES.items():
                    figure = pace(asking, query, options.requests)
                    print(f"  {f'{what}, {who}':55} {columns(figure)}", flush=True)
    return 0


def pace(asking: Asking, query: str, requests: int) -> Figure:
    body = {"query": query, "options": {"$top": 1000}}
    if not asking.ask(PATH, "POST", body)["totalRecords"]:
        print(f"    nothing was found: {query}")
    return paced(lambda: asking.ask(PATH, "POST", body), requests, asking.server)


def fill(data: Path, workspaces: int) -> tuple[dict[str, str], int]:
    """The tokens of those who ask, and how many resources there are."""
    house = Two(data)
    try:
        house.put(SUBSCRIPTION, {"properties": {"displayName": "shared"}})
        half = house.person("half")
        groups = [list(project(number)) for number in range(workspaces)]
        save(house, "", [some[0] for some in groups])
        save(house, REGION, [one for some in groups for one in some[1:]])
        save(house, "", [grant(str(some[1].id), half) for some in groups[: len(groups) // 2]])
        people = {"all": house.tokens["admin"], "half": house.tokens["half"]}
        return people, sum(map(len, groups))
    finally:
        house.close()


def save(house: Two, region: str, rows: list[Resource]) -> None:
    database = house.estate.cells.named(region)
    for start in range(0, len(rows), 1000):
        with database.write() as connection:
            store = Resources(connection)
            for resource in rows[start : start + 1000]:
                store.save(resource, "e")


def project(number: int) -> Iterator[Resource]:
    """A group; in it a workspace and what it stands on, and what is in the workspace."""
    stage = ("dev", "prod")[number % 2]
    name = f"p{number // 2:04}-{stage}"
    group = f"{SUBSCRIPTION}/resourceGroups/rg-{name}"
    tags = {"environment": stage, "project": name, "owner": f"science-{number % 40:03}"}
    if number % 10:
        tags["costcenter"] = str(10_000 + number // 50)
    yield resource(group, tags)
    around = {
        "storageAccount": f"{group}/providers/Microsoft.Storage/storageAccounts/st{number:06}",
        "keyVault": f"{group}/providers/Microsoft.KeyVault/vaults/kv-{name}",
        "applicationInsights": f"{group}/providers/Microsoft.Insights/components/appi-{name}",
        "containerRegistry": f"{group}/providers/Microsoft.ContainerRegistry/registries/cr{number}",
    }
    workspace = f"{group}/providers/{ML}/workspaces/mlw-{name}"
    guid = str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
    said = {**around, "hbiWorkspace": stage == "prod", "workspaceId": guid, "friendlyName": name}
    yield resource(workspace, tags, **said)
    for id in around.values():
        yield resource(id, tags, sku={"name": "Standard_LRS"})
    for compute, size in (("cpu", "Standard_DS3_v2"), ("gpu", "Standard_NC6s_v3")):
        inner = {"vmSize": size, "scaleSettings": {"maxNodeCount": 4}}
        yield resource(
            f"{workspace}/computes/{compute}", computeType="AmlCompute", properties=inner
        )
    for store in ("blob", "file", "artifact", "working"):
        yield resource(f"{workspace}/datastores/workspace{store}store", datastoreType="AzureBlob")
    for version in ("1", "2", "3"):
        yield resource(f"{workspace}/models/triage/versions/{version}", modelUri="azureml://x")


def resource(id: str, tags: dict[str, str] | None = None, **properties: Any) -> Resource:
    stamp = Stamp("ana@contoso.com", "User", 1_795_000_000.0, "x")
    document = {"properties": properties, **({"tags": tags, "location": REGION} if tags else {})}
    return Resource(id=ids.parse(id), document=document, created=stamp, modified=stamp)


def grant(scope: str, principal: str) -> Resource:
    role = f"/providers/Microsoft.Authorization/roleDefinitions/{SCIENTIST}"
    id = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
    return resource(id, roleDefinitionId=role, principalId=principal, principalType="User")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
