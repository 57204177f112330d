"""Questions about access: Contoso's matrix, and who may do a thing among ten thousand principals.

    python -m benchmarks.answers [--principals 10000] [--assignments 20000] [--requests 20]

Contoso is applied as its tests apply it; the large estate is written by the store's own write path:
people in a thousand groups, one of them with everybody in it, and assignments on a thousand
workspaces. Asked in this process, as the server would be: reading, reckoning and the JSON, without
the socket. Shown are median and slowest, the median of the processor's time, and the size of the
answer. "After a change" of an assignment the world is put together anew.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
import uuid
from pathlib import Path

from tests.access.asking import House, Request
from tests.access.test_contoso import Contoso

from mlestate.control.grants import ASSIGNMENTS
from mlestate.core import ids, roles
from mlestate.core.principals import Principal
from mlestate.core.resource import Resource, Stamp
from mlestate.store import principals
from mlestate.store.resources import Resources

ML = "Microsoft.MachineLearningServices/workspaces"
NAMED = ("Reader", "AzureML Data Scientist", "Contributor")
GROUPS, WORKSPACES = 1000, 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--principals", type=int, default=10_000)
    parser.add_argument("--assignments", type=int, default=20_000)
    parser.add_argument("--requests", type=int, default=20)
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        small = Contoso(Path(folder)).build()
        shown("matrix of Contoso, 40 abilities", small, "/estate/v1/access/matrix", said.requests)
        target = "/estate/v1/access/why?principal=ana&action=train&scope=mlw-fraud-dev"
        shown("why, in Contoso", small, target, said.requests)
        small.close()
    with tempfile.TemporaryDirectory() as folder:
        large = House(Path(folder))
        fill(large, said.principals, said.assignments)
        target = f"/estate/v1/access/who?action=see-workspace&scope={workspace(0)}"
        name = f"who, of {said.principals:,} with {said.assignments:,} assignments"
        shown(name, large, target, said.requests)
        shown(f"{name}, after a change", large, target, said.requests, change=True)
        large.close()


def shown(name: str, house: House, target: str, requests: int, change: bool = False) -> None:
    house.made("admin", Request("GET", target))
    taken, worked = [], []
    for _ in range(requests):
        if change:
            house.estate.grants.written((assignment("x", workspace(0), "Reader").id,))
        begun, own = time.perf_counter(), time.process_time()
        answer = house.made("admin", Request("GET", target))
        taken.append(1000 * (time.perf_counter() - begun))
        worked.append(1000 * (time.process_time() - own))
    slowest, median = max(taken), statistics.median(taken)
    said = f"{median:.0f}, {slowest:.0f} ms | {statistics.median(worked):.0f} ms"
    print(f"| {name} | {said} | {len(answer.body) >> 10} KiB |")


def fill(house: House, people: int, assignments: int) -> None:
    persons, groups = [str(uuid.uuid4()) for _ in range(people)], []
    with house.estate.identities.directory.generation.changing() as connection:
        for i, id in enumerate(persons):
            one = Principal(id, "User", f"p{i}", str(uuid.uuid4()), f"P {i}", True, 0.0)
            principals.add(connection, one)
        for i in range(GROUPS):
            groups.append(str(uuid.uuid4()))
            group = Principal(groups[i], "Group", f"g{i}", str(uuid.uuid4()), f"G {i}", True, 0.0)
            principals.add(connection, group)
            some = persons if i == 0 else [persons[(i * 10 + j) % people] for j in range(10)]
            principals.set_members(connection, groups[i], some)
    with house.estate.cells.estate.turn() as connection:
        store = Resources(connection)
        store.save(assignment(groups[0], "/subscriptions/s0", "Reader"), "1")
        for i in range(assignments - 1):
            holder = groups[i % GROUPS] if i % 2 else persons[i % people]
            store.save(assignment(holder, workspace(i % WORKSPACES), NAMED[i % 3]), "1")
    house.estate.grants.changed()


def workspace(i: int) -> str:
    return f"/subscriptions/s{i // 500}/resourceGroups/rg{i}/providers/{ML}/w{i}"


def assignment(principal: str, scope: str, name: str) -> Resource:
    role = roles.by_name(name)
    assert role is not None
    properties = {
        "principalId": principal,
        "roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{role.id}",
    }
    id = ids.parse(f"{scope}/providers/{ASSIGNMENTS}/{uuid.uuid4()}")
    stamp = Stamp("benchmark", "User", 0.0)
    return Resource(id=id, document={"properties": properties}, created=stamp, modified=stamp)


if __name__ == "__main__":
    main()
