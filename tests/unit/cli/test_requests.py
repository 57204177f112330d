"""Roles for a time at the command line: which one is meant, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from mlestate.cli.requests import _found, _one, activated, listed, row
from mlestate.core.errors import Invalid, NotFound

GROUP = "/subscriptions/s/resourceGroups/rg"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/mlw-a"


def schedule(role: str, scope: str, **said: Any) -> dict[str, Any]:
    named = {"roleDefinition": {"displayName": role}}
    return {"name": "x", "properties": {"scope": scope, "expandedProperties": named, **said}}


KNOWN = [schedule("Reader", GROUP), schedule("Reader", WORKSPACE), schedule("mlops", WORKSPACE)]


@pytest.mark.parametrize(
    ("role", "scope", "index"),
    [
        ("reader", "rg", 0),
        ("Reader", "mlw-a", 1),
        ("Reader", WORKSPACE.upper(), 1),
        ("mlops", "", 2),
        ("MLOPS", f"{WORKSPACE}/", 2),
    ],
)
def test_one_is_named_as_far_as_it_takes(role: str, scope: str, index: int):
    assert _one(KNOWN, role, scope, "activate") is KNOWN[index]


def test_where_more_are_meant_they_are_listed():
    with pytest.raises(Invalid, match="in 2 places, say which") as caught:
        _one(KNOWN, "Reader", "", "activate")
    assert WORKSPACE in str(caught.value)
    with pytest.raises(NotFound, match="there is `Reader` at"):
        _one(KNOWN, "Owner", "", "activate")
    with pytest.raises(NotFound, match="you hold no role for a time"):
        _one([], "Owner", "", "give back")
    with pytest.raises(NotFound, match=r"in an emergency: who owns .* with `breakGlass`"):
        _one([], "", "", "take in an emergency")


def test_a_request_is_named_by_how_it_begins():
    rows = [{"name": name, "id": f"/x/{name}", "properties": {}} for name in ("3f2a-1", "3f2b-2")]
    assert _found(rows, "3f2a", "request") is rows[0]
    assert _found(rows, "/x/3F2B-2", "request") is rows[1]
    assert _found(rows[:1], "", "request") is rows[0]
    with pytest.raises(Invalid, match="there are 2: say which: `3f2a-1`, `3f2b-2`"):
        _found(rows, "3f", "request")
    with pytest.raises(NotFound, match="there is no request `9`"):
        _found(rows, "9", "request")
    twins = [*rows, {**rows[0], "id": "/y/3f2a-1"}]
    with pytest.raises(Invalid, match="there are 2: say which: `/x/3f2a-1`, `/y/3f2a-1`"):
        _found(twins, "3f2a", "request")
    assert _found(twins, "/y/3f2a-1", "request") is twins[2]
    approval = {"name": "77", "id": "/z/77", "properties": {"requestId": "/x/3f2b-2"}}
    assert _found([approval], "3f2b", "request that waits for you") is approval


def test_it_is_said_in_words_how_a_request_stands():
    times = {"activeUntil": "2026-11-23T14:00:00Z", "waitsUntil": "2026-11-24T12:00:00Z"}
    held = schedule("Reader", GROUP, status="Provisioned", requestType="SelfActivate", **times)
    assert activated(held) == f"x: `Reader` at {GROUP} is yours until 2026-11-23 14:00:00 UTC"
    waits = schedule("Reader", GROUP, status="PendingApproval", **times)
    assert "waits for approval until 2026-11-24 12:00:00 UTC" in activated(waits)
    broken = schedule("Owner", GROUP, status="Provisioned", breakGlass=True, **times)
    assert row(broken)["state"] == "emergency held"
    assert row(schedule("Owner", GROUP, status="Denied"))["state"] == "refused"
    assert listed({"eligible": [], "requests": []}) == "there is nothing"


def test_only_what_is_held_or_waits_has_an_end():
    asked = {"requestType": "SelfActivate", "waitsUntil": "2026-11-24T12:00:00Z"}
    waits = schedule("Reader", GROUP, status="PendingApproval", **asked)
    assert row(waits)["until"] == "2026-11-24 12:00:00 UTC"
    gone = schedule("Reader", GROUP, status="Revoked", **asked)
    assert (row(gone)["state"], row(gone)["until"]) == ("over", "")
    back = schedule("Reader", GROUP, status="Revoked", requestType="SelfDeactivate")
    assert (row(back)["state"], row(back)["until"]) == ("given back", "")


def test_who_asked_is_told_who_decided_and_why():
    by = {"principalId": "7", "principalName": "sam", "principalType": "User"}
    decision = {"result": "Deny", "by": by, "reason": "not during the freeze"}
    denied = schedule("Owner", GROUP, status="Denied", justification="release", decision=decision)
    head, line = listed({"eligible": [], "requests": [denied]}).splitlines()
    assert head.split() == ["STATE", "ROLE", "SCOPE", "REASON", "DECIDED", "BY", "WHY", "ID"]
    assert line.split("  ")[-1] == "x"
    assert "release  sam         not during the freeze" in line
