"""Who was given which role, and from whom it was taken, as the activity log tells it."""

from __future__ import annotations

import json
import uuid
from typing import Any

from tests.access.activity_log import VALUES, events
from tests.access.asking import Request
from tests.access.two_workspaces import AUTHORIZATION, READER, A, Two, assigned

PROVIDER = f"resourceProvider eq '{AUTHORIZATION}'"


def told(two: Two, id: str, status: str = "") -> list[Any]:
    narrowed = f" and status eq '{status}'" if status else ""
    return events(two, f"resourceUri eq '{id}'{narrowed}")


def test_what_is_given_and_taken_begins_and_ends_and_says_what_it_was(fresh: Two):
    id = fresh.grant(A.group, READER, fresh.ids["stranger"])
    fresh.made("admin", Request("DELETE", id))
    took_end, took, gave_end, gave = told(fresh, id)
    shown = [each["status"]["value"] for each in (gave, gave_end, took, took_end)]
    assert shown == ["Started", "Succeeded"] * 2
    for start, end in ((gave, gave_end), (took, took_end)):
        assert start["operationId"] == end["operationId"]
        assert start["eventDataId"] != end["eventDataId"]
        assert start["eventName"]["value"] == "BeginRequest"
        assert "statusCode" not in start["properties"]
    assert gave["operationId"] != took["operationId"]
    for body in (gave["properties"]["requestbody"], took_end["properties"]["responseBody"]):
        said = json.loads(body)["properties"]
        assert (said["principalId"], said["scope"]) == (fresh.ids["stranger"], A.group)
        assert said["roleDefinitionId"].endswith(READER)
    assert "requestbody" not in took["properties"]


def test_a_start_is_asked_for_by_its_status_and_no_other_event_has_one(fresh: Two):
    id = fresh.grant(A.group, READER, fresh.ids["stranger"])
    for status in ("Started", "Succeeded"):
        assert [each["status"]["value"] for each in told(fresh, id, status)] == [status]
    starts = events(fresh, "status eq 'started'")
    kinds = {each["operationName"]["value"] for each in starts}
    assert kinds == {f"{AUTHORIZATION}/roleAssignments/write"}
    assert told(fresh, id, "Failed") == []


def test_a_page_is_not_larger_and_tears_no_pair(fresh: Two):
    every = events(fresh, PROVIDER)
    for size in ("1", "2", "3"):
        first = fresh.made("admin", Request("GET", f"{VALUES}?$top={size}")).json()["value"]
        assert len(first) <= max(2, int(size))
        assert events(fresh, PROVIDER, **{"$top": size}) == every


def test_of_many_in_one_request_each_has_its_own(fresh: Two):
    role = f"{A.group}/providers/{AUTHORIZATION}/roleAssignments"
    names = ("bo", "eve", "stranger")
    puts = [
        {"id": f"{role}/{uuid.uuid4()}", "body": {"properties": assigned(READER, fresh.ids[name])}}
        for name in names
    ]
    fresh.made("admin", Request("POST", "/estate/v1/resources", {"value": puts}))
    pairs = {each["operationId"] for put in puts for each in told(fresh, put["id"])}
    assert len(pairs) == len(names)
    [start, _] = reversed(told(fresh, puts[0]["id"]))
    assert start["httpRequest"]["method"] == "PUT"


def test_the_chain_has_one_event_of_each(fresh: Two):
    before = fresh.made("admin", Request("GET", "/estate/v1/audit/heads")).json()["value"]
    fresh.grant(A.group, READER, fresh.ids["stranger"])
    after = fresh.made("admin", Request("GET", "/estate/v1/audit/heads")).json()["value"]
    counts = [sum(one["seq"] for one in heads if not one["cell"]) for heads in (before, after)]
    assert counts[1] == counts[0] + 1
    assert fresh.made("admin", Request("GET", "/estate/v1/audit/verify")).json()["whole"]
