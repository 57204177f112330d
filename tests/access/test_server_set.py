"""What the platform says of a thing, nobody says in its stead: what is shown of a resource that
is none of the properties that its clients write stays as the platform left it.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from mlestate.catalog import CATALOG
from mlestate.core.resource_type import ResourceType
from mlestate.runtime.protocol import Claim, Failure, Report
from tests.access.asking import REGION, Answer, Request
from tests.access.two_workspaces import SUBSCRIPTION, A, Two

FORGED = "forged"
JOB = f"{A.workspace}/jobs/ended"


def written_by_clients(kind: ResourceType) -> set[str]:
    structs = getattr(kind.properties, "__args__", (kind.properties,))
    named = {field.encode_name for one in structs for field in msgspec.structs.fields(one)}
    return named | {str(one.__struct_config__.tag_field) for one in structs}


def said(kind: ResourceType, answer: Answer) -> dict[str, Any]:
    document = answer.json()
    return dict(document if kind.flat else document["properties"])


def of_the_server(kind: ResourceType, answer: Answer) -> dict[str, Any]:
    beside = {"id", "name", "type", "location", "tags", "kind", "systemData", *kind.envelope}
    known = written_by_clients(kind) | (beside if kind.flat else set())
    return {name: value for name, value in said(kind, answer).items() if name not in known}


def tried(two: Two, who: str, kind: ResourceType, id: str, field: str) -> None:
    """Say it, in a whole document and alone; it may be refused."""
    whole = two.get(who, id).json()
    inside = whole if kind.flat else whole["properties"]
    inside[field] = FORGED
    two.ask(who, Request("PUT", id, whole))
    two.ask(who, Request("PATCH", id, {"properties": {field: FORGED}}))
    two.work()


@pytest.mark.parametrize("kind", CATALOG, ids=lambda kind: kind.name)
def test_what_the_server_writes_of_a_type_is_read_only_in_it(two: Two, kind: ResourceType):
    who = "bo" if kind.personal else "admin"
    id, _ = two.bo.documents.get(kind.name, (SUBSCRIPTION, {}))
    before = two.made(who, Request("GET", id))
    for field in of_the_server(kind, before):
        tried(two, who, kind, id, field)
    after = two.made(who, Request("GET", id))
    changed = {name for name in said(kind, before) if said(kind, after).get(name) == FORGED}
    assert changed == set()


@pytest.fixture
def ended(fresh: Two) -> Two:
    """A job of bo's that failed, with all that is said of one."""
    environment = f"{A.workspace}/environments/own/versions/1"
    fresh.put(environment, {"properties": {"image": "docker.io/python:3"}}, "bo")
    job = {"jobType": "Command", "command": "false", "environmentId": "own:1"}
    fresh.put(JOB, {"properties": {**job, "properties": {"mine": "1"}}}, "bo")
    leases = fresh.estate.queue.claim(REGION, Claim(node="n", free=8)).leases
    lease = next(each for each in leases if each.job == JOB.lower())
    running = Report(lease.job, lease.fence, "Running", node="n")
    failed = msgspec.structs.replace(
        running, state="Failed", exit_code=3, error=Failure("Exit", "exit code 3"), seconds=2.0
    )
    for report in (running, failed):
        assert fresh.estate.queue.report(REGION, report).accepted
    return fresh


class TestOfAJobThatEnded:
    def shown(self, two: Two) -> dict[str, Any]:
        return dict(two.made("bo", Request("GET", JOB)).json()["properties"])

    def test_nobody_says_how_it_went(self, ended: Two):
        before = self.shown(ended)
        assert {"error", "startTime", "endTime", "status"} <= set(before)
        forged = {
            "error": {"code": "x", "message": "see https://evil.example"},
            "startTime": "1999-01-01T00:00:00Z",
            "endTime": None,
            "status": "Completed",
        }
        for method, sent in (("PATCH", forged), ("PUT", {**before, **forged})):
            ended.made("bo", Request(method, JOB, {"properties": sent}))
            assert self.shown(ended) == before

    def test_nor_what_it_took(self, ended: Two):
        facts = self.shown(ended)["properties"]
        assert facts["mlestate.exitCode"] == "3"
        own = {"mine": "2", "mlestate.exitCode": "0", "mlestate.made": "up", "mlestate.node": None}
        ended.made("bo", Request("PATCH", JOB, {"properties": {"properties": own}}))
        assert self.shown(ended)["properties"] == {**facts, "mine": "2"}
        again = {**self.shown(ended), "properties": {}}
        ended.made("bo", Request("PUT", JOB, {"properties": again}))
        assert self.shown(ended)["properties"] == {k: v for k, v in facts.items() if k != "mine"}
