"""What takes a second right: `why` and `who` say what a real request is answered."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from mlestate.catalog.activity_logs import ACTIVITY_LOGS
from mlestate.catalog.break_glass import GLASS
from mlestate.catalog.denials import DENIAL
from mlestate.catalog.management import ROOT_ID
from tests.access.asking import Request
from tests.access.two_workspaces import CONTRIBUTOR, OWNER, READER, SCIENTIST, A, Two

GIVER = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"  # User Access Administrator
ROLES = {"contributor": CONTRIBUTOR, "giver": GIVER, "owner": OWNER, "reader": READER}
NOBODY = "99999999-9999-9999-9999-999999999999"
GUID = "77777777-7777-7777-7777-777777777777"
GLASS_AT = f"{A.group}/providers/{GLASS}/{GUID}"
DENIAL_AT = f"{A.group}/providers/{DENIAL}/test"
LOG = ACTIVITY_LOGS.name
LOG_AT = f"/providers/{LOG}/default"
GIVEN = {"roleDefinitionId": SCIENTIST, "principalId": NOBODY, "maximumDuration": "PT1H"}
AGAINST = {"permissions": [{"actions": ["*/delete"]}], "principals": [{"id": NOBODY}]}
# By the action: where it is asked about, and a request that takes it.
ASKED: dict[str, tuple[str, Request]] = {
    f"{GLASS}/write": (A.group, Request("PUT", GLASS_AT, {"properties": GIVEN})),
    f"{GLASS}/delete": (GLASS_AT, Request("DELETE", GLASS_AT)),
    f"{DENIAL}/write": (A.group, Request("PUT", DENIAL_AT, {"properties": AGAINST})),
    f"{DENIAL}/delete": (DENIAL_AT, Request("DELETE", DENIAL_AT)),
    f"{LOG}/write": ("/", Request("PUT", LOG_AT, {"properties": {"keep": "P30D"}})),
    f"{LOG}/delete": (LOG_AT, Request("DELETE", LOG_AT)),
    "mlestate.Identity/users/write": ("/", Request("PUT", "/estate/v1/users/new", {})),
    "mlestate.Identity/groups/delete": ("/", Request("DELETE", "/estate/v1/groups/none")),
    "mlestate.Identity/users/read": ("/", Request("GET", "/estate/v1/users")),
}


@pytest.fixture
def staffed(fresh: Two) -> Two:
    """One for each role on the whole estate, and somebody with it on the group alone."""
    for name, role in ROLES.items():
        fresh.grant("", role, fresh.person(name))
        fresh.grant(A.group, role, fresh.person(f"{name}-there"))
    both = fresh.person("both")
    for role in (CONTRIBUTOR, GIVER):
        fresh.grant("", role, both)
    return fresh


def asked(two: Two, who: str, what: str, of: str, where: str) -> Any:
    said = f"action={what}&scope={quote(where)}" + (f"&principal={of}" if of else "")
    return two.ask(who, Request("GET", f"/estate/v1/access/{'why' if of else 'who'}?{said}"))


@pytest.mark.parametrize("action", ASKED)
def test_what_is_said_is_what_a_request_is_answered(staffed: Two, action: str):
    where, request = ASKED[action]
    names = [*ROLES, *(f"{name}-there" for name in ROLES), "both", "bo"]
    answers = {name: staffed.ask(name, request) for name in names}
    admitted = {name for name, answer in answers.items() if answer.status != 403}
    assert admitted, "somebody may"
    assert "bo" not in admitted
    for name, answer in answers.items():
        why = asked(staffed, name, action, "me", where).json()
        assert why.get("allowed") == (name in admitted), (name, why, answer.text)
        if name not in admitted:
            missing = why["missing"]
            assert f"`{missing['action']}` over scope" in answer.text, (missing, answer.text)
            role = missing["smallestRole"]["name"]
            assert f"The role `{role}` has it" in answer.text, (missing, answer.text)
    told = asked(staffed, "admin", action, "", where).json()
    assert {each["name"] for each in told["value"]} & set(names) == admitted


def test_the_right_that_is_missing_is_asked_for_where_it_is_missing(staffed: Two):
    found = asked(staffed, "contributor", f"{DENIAL}/write", "me", A.group).json()
    assert found["missing"]["scope"] == ROOT_ID, json.dumps(found)
    assert found["missing"]["smallestRole"]["name"] == "Owner"
    refused = asked(staffed, "owner-there", f"{DENIAL}/write", "both", A.group)
    assert refused.status == 403, "what is decided for the whole estate is told to who may read it"
