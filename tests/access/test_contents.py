"""What is in a resource is told as far as one may read it; that there is more, to who may delete it
all."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.access.asking import Request
from tests.access.test_assignments import custom, give
from tests.access.two_workspaces import MARKS, ML, OWNER, READER, SUBSCRIPTION, A, B, Two

GROUPS = "Microsoft.Resources/subscriptions/resourceGroups"
ACCOUNTS = "Microsoft.Storage/storageAccounts"


def contents(two: Two, who: str, id: str = A.group) -> dict[str, Any]:
    found = two.made(who, Request("GET", f"/estate/v1/contents?id={quote(id)}"))
    return dict(found.json())


def may(two: Two, scope: str, *actions: str, data: tuple[str, ...] = ()) -> None:
    role = custom(two, [SUBSCRIPTION], actions=list(actions), dataActions=list(data))
    assert give(two, scope, role, two.ids["stranger"]).status == 201


def test_who_reads_everything_is_told_everything(two: Two):
    told = contents(two, "admin")
    assert {"models", "data", "environments", "jobs", "runs", "logged models", "blobs"} <= set(
        told["holds"]
    )
    assert {A.workspace, A.account} <= set(told["inside"])
    assert "more" not in told


def test_who_reads_the_group_alone_is_told_nothing_of_what_is_in_it(fresh: Two):
    may(fresh, A.group, f"{GROUPS}/read")
    assert contents(fresh, "stranger") == {"id": A.group, "holds": {}, "inside": []}
    assert fresh.get("stranger", f"/estate/v1/contents?id={quote(B.group)}").status == 403


def test_who_may_delete_it_is_told_that_there_is_more_and_not_what(fresh: Two):
    may(fresh, A.group, f"{GROUPS}/read", f"{GROUPS}/delete")
    told = contents(fresh, "stranger")
    assert told == {"id": A.group, "holds": {}, "inside": [], "more": True}
    fresh.put(empty := f"{SUBSCRIPTION}/resourceGroups/rg-empty", {"location": "westeurope"})
    may(fresh, empty, f"{GROUPS}/read", f"{GROUPS}/delete")
    assert "more" not in contents(fresh, "stranger", empty)


@pytest.mark.parametrize(
    ("actions", "data", "holds"),
    [
        ((f"{ML}/workspaces/models/*",), (), {"models"}),
        ((f"{ML}/workspaces/jobs/read",), (), {"jobs"}),
        ((f"{ML}/workspaces/experiments/runs/read",), (), {"runs", "logged models"}),
        ((), (f"{ACCOUNTS}/blobServices/containers/blobs/read",), {"blobs"}),
        ((f"{ACCOUNTS}/read",), (), set()),
        ((f"{ACCOUNTS}/read", "Microsoft.Insights/metrics/read"), (), {"blobs"}),
    ],
)
def test_each_sort_is_counted_for_who_may_read_it(
    fresh: Two, actions: tuple[str, ...], data: tuple[str, ...], holds: set[str]
):
    may(fresh, A.group, f"{GROUPS}/read", *actions, data=data)
    told = contents(fresh, "stranger")
    assert set(told["holds"]) == holds
    assert set(told["inside"]) == ({A.account} if f"{ACCOUNTS}/read" in actions else set())
    everything = contents(fresh, "admin")["holds"]
    assert all(told["holds"][word] == everything[word] for word in holds)


def test_only_what_lies_where_one_may_read_is_named_and_counted(fresh: Two):
    """A subscription, in one group of which one reads."""
    may(fresh, SUBSCRIPTION, "Microsoft.Resources/subscriptions/read")
    assert give(fresh, B.group, READER, fresh.ids["stranger"]).status == 201
    told = contents(fresh, "stranger", SUBSCRIPTION)
    assert {B.workspace, B.account} <= set(told["inside"])
    assert not any(mark in str(told) for mark in MARKS)
    assert "models" not in told["holds"]


def test_what_is_denied_is_more(fresh: Two):
    boss = fresh.person("boss")
    fresh.grant(A.group, OWNER, boss)
    before = contents(fresh, "boss")
    assert "more" not in before
    denied = {"permissions": [{"actions": [f"{ML}/workspaces/models/*"]}]}
    denial = f"{A.workspace}/providers/Mlestate.Organization/denials/d"
    fresh.put(denial, {"properties": {**denied, "principals": [{"id": boss}]}})
    told = contents(fresh, "boss")
    assert told["more"] is True
    assert "models" not in told["holds"]
    assert told["holds"]["jobs"] == before["holds"]["jobs"]
