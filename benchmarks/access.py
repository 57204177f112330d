"""Decisions on access: how many a second, also while access changes; and lists that are trimmed.

    python -m benchmarks.access [--seconds 5]

An estate of 10,000 principals (people, programs, and groups in groups), 1,000 workspaces in eight
subscriptions and 20,000 role assignments at all kinds of scopes, written by the store's own write
path and asked in this one process, on one thread: what a request asks, `Directory.admitted` and
then `rights.allows`, with callers, actions and scopes drawn at random beforehand. Time is that of
the thread on its processor, so that others on the machine do not count.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from mlestate.app.build import Estate
from mlestate.app.settings import Settings
from mlestate.core import ids, roles
from mlestate.core.principals import Principal
from mlestate.core.resource import Resource, Stamp, View
from mlestate.store import principals
from mlestate.store.database import Connection
from mlestate.store.resources import Resources

NOW = 1_795_000_000.0
PEOPLE, PROGRAMS, GROUPS = 8_000, 500, 1_500
WORKSPACES, SUBSCRIPTIONS, ASSIGNMENTS = 1_000, 8, 20_000
ML = "Microsoft.MachineLearningServices"
ROLES = ("Reader", "Contributor", "Owner", "AzureML Data Scientist", "AzureML Compute Operator")
ACTIONS = (
    f"{ML}/workspaces/read",
    f"{ML}/workspaces/jobs/read",
    f"{ML}/workspaces/jobs/write",
    f"{ML}/workspaces/models/versions/read",
    f"{ML}/workspaces/experiments/runs/write",
    f"{ML}/workspaces/computes/write",
    f"{ML}/workspaces/delete",
    "Microsoft.Authorization/roleAssignments/write",
    "Microsoft.Storage/storageAccounts/listKeys/action",
)
DATA_ACTION = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
BELOW = ("", "/jobs/j1", "/models/m/versions/3", "/datastores/workspaceblobstore")


class World(NamedTuple):
    estate: Estate
    callers: list[str]
    workspaces: list[str]
    assigned: list[Resource]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    seconds = parser.parse_args(arguments).seconds
    with tempfile.TemporaryDirectory(prefix="mlestate-benchmark-") as folder:
        world = filled(Path(folder))
        try:
            decisions(world, seconds)
            lists(world)
        finally:
            world.estate.close()
    return 0


def filled(data: Path) -> World:
    draw = random.Random(4)
    estate = Estate(data, Settings(dev=True), ["westeurope"], lambda: NOW)
    estate.found()
    spaces = [space(i) for i in range(WORKSPACES)]
    with estate.cells.estate.turn() as connection:
        people = directory(connection, draw)
        assigned = list(assignments(draw, people, spaces))
        store = Resources(connection)
        for i in range(SUBSCRIPTIONS):
            store.save(made(subscription(i), {"displayName": f"s{i}"}), str(i))
        for place in spaces:
            store.save(made(place.rpartition("/providers/")[0], {}), "1")
        for one in assigned:
            store.save(one, "1")
    with estate.cells.named("westeurope").turn() as connection:
        for place in spaces:
            Resources(connection).save(made(place, {"workspaceId": str(uuid.uuid4())}), "1")
    return World(estate, people[: PEOPLE + PROGRAMS], spaces, assigned)


def directory(connection: Connection, draw: random.Random) -> list[str]:
    """Their ids. Each person and program is in two groups, and a group in three is in another."""
    found: list[str] = []
    kinds = ["User"] * PEOPLE + ["ServicePrincipal"] * PROGRAMS + ["Group"] * GROUPS
    for i, kind in enumerate(kinds):
        id = str(uuid.UUID(int=draw.getrandbits(128)))
        principals.add(connection, Principal(id, kind, f"p{i}", id, f"p{i}", True, NOW))  # type: ignore[arg-type]
        found.append(id)
    groups = found[-GROUPS:]
    members: dict[str, list[str]] = {group: [] for group in groups}
    for one in found[:-GROUPS]:
        for group in draw.sample(groups, 2):
            members[group].append(one)
    for i in range(0, GROUPS - 1, 3):
        members[groups[i + 1]].append(groups[i])
    for group, inside in members.items():
        principals.set_members(connection, group, inside)
    return found


def assignments(draw: random.Random, people: list[str], spaces: list[str]) -> Iterator[Resource]:
    """Most on workspaces and their groups, some on resources in them, few on subscriptions."""
    for _ in range(ASSIGNMENTS):
        place, dice = draw.choice(spaces), draw.random()
        scope = place
        if dice < 0.01:
            scope = place.partition("/resourceGroups/")[0]
        elif dice < 0.35:
            scope = place.rpartition("/providers/")[0]
        elif dice > 0.9:
            scope = f"{place}/datastores/workspaceblobstore"
        yield assignment(scope, draw.choice(ROLES), draw.choice(people))


def assignment(scope: str, role: str, principal: str) -> Resource:
    found = roles.by_name(role)
    assert found is not None
    definition = f"/providers/Microsoft.Authorization/roleDefinitions/{found.id}"
    said = {"roleDefinitionId": definition, "principalId": principal, "scope": scope}
    return made(f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}", said)


def subscription(number: int) -> str:
    return f"/subscriptions/{uuid.UUID(int=number + 1)}"


def space(number: int) -> str:
    group = f"{subscription(number % SUBSCRIPTIONS)}/resourceGroups/rg-{number:04}"
    return f"{group}/providers/{ML}/workspaces/mlw-{number:04}"


def made(id: str, properties: dict[str, Any]) -> Resource:
    stamp = Stamp("benchmark", "User", NOW)
    document = {"location": "westeurope", "properties": properties}
    return Resource(id=ids.parse(id), document=document, created=stamp, modified=stamp)


def decisions(world: World, seconds: float) -> None:
    print(
        f"{PEOPLE + PROGRAMS + GROUPS:,} principals, {len(world.workspaces):,} workspaces, ", end=""
    )
    print(f"{len(world.assigned):,} role assignments; one thread")
    draw = random.Random(5)
    asked = [
        (draw.choice(world.callers), action, place + draw.choice(BELOW), action == DATA_ACTION)
        for action, place in (
            (draw.choice((*ACTIONS, DATA_ACTION)), draw.choice(world.workspaces))
            for _ in range(200_000)
        )
    ]
    admitted = world.estate.identities.directory.admitted
    began = time.thread_time()
    for caller in world.callers:
        admitted(caller)
    said(
        "first request of each caller, in the mean",
        (time.thread_time() - began) / len(world.callers) * 1e6,
        "µs",
    )
    rate(asked, admitted, seconds)  # actions are compiled when they are first asked for
    said("decisions, nothing changes", rate(asked, admitted, seconds), "/s")
    for changes in (10, 100):
        paced = rate(asked, admitted, seconds, Changes(world, changes))
        said(f"decisions, {changes} assignments change each second", paced, "/s")
    said(
        "decisions, 10 memberships change each second",
        rate(asked, admitted, seconds, Memberships(world, 10)),
        "/s",
    )
    said("from a change to the first decision by it", in_force(world), "ms")
    said("memory of the process", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MiB")


class Changes:
    """Assignments come and go, so many a second; the time that takes is not counted."""

    def __init__(self, world: World, each_second: int):
        self.world, self.pause, self.number = world, 1 / each_second, 0

    def __call__(self) -> None:
        one = self.world.assigned[self.number % len(self.world.assigned)]
        with self.world.estate.cells.estate.turn() as connection:
            if self.number % 2:
                Resources(connection).save(one, "2")
            else:
                Resources(connection).drop_tree(one.id.key)
        self.world.estate.grants.written([one.id])
        self.number += 1


class Memberships(Changes):
    def __call__(self) -> None:
        self.world.estate.identities.directory.put(
            "User", f"p{self.number}", f"again {self.number}"
        )
        self.number += 1


def rate(
    asked: list[tuple[str, str, str, bool]],
    admitted: Callable[[str], Any],
    seconds: float,
    change: Changes | None = None,
) -> float:
    """Decisions a second, in batches of a hundred, as long as that takes."""
    done, spent, at, due = 0, 0.0, 0, 0.0
    while spent < seconds:
        if change is not None and spent >= due:
            change()
            due += change.pause
        some = asked[at : at + 100]
        at = (at + 100) % len(asked)
        began = time.thread_time()
        for caller, action, scope, data in some:
            admitted(caller).rights.allows(action, scope, data)
        spent += time.thread_time() - began
        done += len(some)
    return done / spent


def in_force(world: World) -> float:
    """Of a new assignment, committed already: until its holder is admitted by it."""
    admitted, times = world.estate.identities.directory.admitted, []
    for caller in world.callers[:50]:
        one = assignment(subscription(0), "Owner", caller)
        with world.estate.cells.estate.turn() as connection:
            Resources(connection).save(one, "1")
        began = time.thread_time()
        world.estate.grants.written([one.id])
        assert admitted(caller).rights.allows(f"{ML}/workspaces/delete", world.workspaces[0])
        times.append((time.thread_time() - began) * 1000)
    return statistics.median(times)


def lists(world: World) -> None:
    print("\nworkspaces of the estate, for a caller with so many grants on single workspaces")
    engine = world.estate.engine
    for number, caller in zip((1, 30, 900), world.callers[-3:], strict=True):
        with world.estate.cells.estate.turn() as connection:
            fresh = [assignment(place, "Reader", caller) for place in world.workspaces[:number]]
            for one in fresh:
                Resources(connection).save(one, "1")
        world.estate.grants.written([one.id for one in fresh])
        who = world.estate.identities.directory.admitted(caller)
        for top in (100, 1000):
            times = []
            for _ in range(20):
                began = time.thread_time()
                page = engine.get(
                    who, f"/providers/{ML}/workspaces", {"$top": str(top)}, View()
                ).page
                times.append((time.thread_time() - began) * 1000)
            assert page is not None
            what = f"{number} grants, a page of {top}: {len(page.rows)} rows"
            said(what, statistics.median(times), "ms")


def said(what: str, value: float, unit: str) -> None:
    print(f"  {what:58} {value:>12,.{0 if value > 100 else 2}f} {unit}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
