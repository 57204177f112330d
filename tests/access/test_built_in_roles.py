"""Built-in roles are the same everywhere and for everybody; custom ones, and what is not there, are
told to those alone who may read them."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

import pytest

from mlestate.core import roles
from tests.access.asking import Request
from tests.access.leaks import leaked
from tests.access.test_assignments import custom
from tests.access.two_workspaces import (
    AUTHORIZATION,
    CONTRIBUTOR,
    READER,
    SUBSCRIPTION,
    A,
    Two,
    assigned,
)

DEFINITIONS = f"providers/{AUTHORIZATION}/roleDefinitions"
UNKNOWN = "/subscriptions/99999999-9999-9999-9999-999999999999"
PLACES = ("", SUBSCRIPTION, A.group, A.workspace, UNKNOWN, f"{SUBSCRIPTION}/resourceGroups/nope")


def listed(two: Two, scope: str, who: str, filter: str = "") -> list[Any]:
    target = f"{scope}/{DEFINITIONS}?$filter={quote(filter)}"
    rows: list[Any] = two.made(who, Request("GET", target)).json()["value"]
    return rows


@pytest.mark.parametrize("who", ["stranger", "gil", "eve"])
@pytest.mark.parametrize("scope", PLACES)
def test_everybody_reads_them_wherever_they_ask(two: Two, who: str, scope: str):
    id = f"{scope}/{DEFINITIONS}/{CONTRIBUTOR}"
    assert two.get(who, id).json()["properties"]["roleName"] == "Contributor"
    assert CONTRIBUTOR in {row["name"] for row in listed(two, scope, who)}
    [reader] = listed(two, scope, who, "roleName eq 'Reader'")
    assert reader["name"] == READER
    several = two.get(who, f"/estate/v1/resources?id={id}").json()["value"]
    assert [row["name"] for row in several] == [CONTRIBUTOR]


@pytest.mark.parametrize("scope", ["", SUBSCRIPTION, A.group, A.workspace])
def test_others_are_told_of_no_custom_role_by_that(fresh: Two, scope: str):
    guid = custom(fresh, [SUBSCRIPTION], actions=["*/read"])
    answer = fresh.get("stranger", f"{scope}/{DEFINITIONS}")
    assert guid not in answer.text
    assert leaked(fresh.bo, Request("GET", scope), answer) == set()
    assert {row["properties"]["type"] for row in answer.json()["value"]} == {"BuiltInRole"}
    told = [fresh.get("stranger", f"{scope}/{DEFINITIONS}/{id}") for id in (guid, uuid.uuid4())]
    assert [each.status for each in told] == [403, 403]


def test_nobody_unknown_reads_them(two: Two):
    for who in ("", "garbage", "gone"):
        for target in (f"/{DEFINITIONS}", f"/{DEFINITIONS}/{READER}"):
            assert two.get(who, target).status in (401, 403)


def test_who_may_read_everything_is_told_what_is_not_there(two: Two):
    for scope, code in zip(
        PLACES[-2:], ("SubscriptionNotFound", "ResourceGroupNotFound"), strict=True
    ):
        assert two.get("admin", f"{scope}/{DEFINITIONS}").code == code


def test_the_agents_role_is_read_and_given_by_nobody(fresh: Two):
    agent = roles.AGENT
    rows = {row["name"]: row for row in listed(fresh, "", "admin")}
    said = rows[agent.id]["properties"]
    assert (said["roleName"], said["type"]) == (agent.name, "BuiltInRole")
    assert said["permissions"][0]["actions"] == [roles.LEASE]
    given = fresh.get("admin", f"/providers/{AUTHORIZATION}/roleAssignments").json()["value"]
    named = {row["properties"]["roleDefinitionId"].rpartition("/")[2] for row in given}
    assert agent.id in named
    assert named <= rows.keys()
    id = f"{A.group}/providers/{AUTHORIZATION}/roleAssignments/{uuid.uuid4()}"
    again = Request("PUT", id, {"properties": assigned(agent.id, fresh.ids["stranger"])})
    refused = fresh.ask("admin", again)
    assert (refused.status, "nobody gives it" in refused.text) == (400, True)
    for method, body in (("DELETE", None), ("PUT", {"properties": said})):
        changed = fresh.ask("admin", Request(method, f"/{DEFINITIONS}/{agent.id}", body))
        assert changed.status in (400, 409)
    named_so = {**said, "roleName": agent.name, "type": "CustomRole"}
    own = {**named_so, "assignableScopes": [SUBSCRIPTION]}
    like = f"{SUBSCRIPTION}/{DEFINITIONS}/{uuid.uuid4()}"
    made = fresh.ask("admin", Request("PUT", like, {"properties": own}))
    assert made.code == "RoleDefinitionWithSameNameExists"


def test_a_custom_role_has_all_four_lists_whichever_were_written(fresh: Two):
    lists = {"actions", "notActions", "dataActions", "notDataActions"}
    for said in ({}, {"notActions": None}, {"dataActions": ["a.b/c/read"]}):
        permission = {"actions": ["*/read"], **said}
        guid = custom(fresh, [SUBSCRIPTION], **permission)
        [shown] = fresh.get("admin", f"/{DEFINITIONS}/{guid}").json()["properties"]["permissions"]
        wanted = {name: permission.get(name) or [] for name in lists}
        assert {name: shown[name] for name in lists} == wanted


@pytest.mark.parametrize(
    "collection",
    ["permissions", "roleAssignmentScheduleInstances", "roleEligibilitySchedules", "locks"],
)
def test_a_list_below_a_group_that_is_not_there_is_refused_to_who_may_read_it(
    two: Two, collection: str
):
    target = f"{SUBSCRIPTION}/resourceGroups/{{}}/providers/{AUTHORIZATION}/{collection}"
    gone, there = (two.get("admin", target.format(name)) for name in ("nope", "rg-quokka"))
    assert (gone.status, gone.code) == (404, "ResourceGroupNotFound")
    assert there.status == 200
    # Others are told the same of what is there and what is not.
    stranger = {two.get("stranger", target.format(name)).status for name in ("nope", "rg-quokka")}
    assert len(stranger) == 1
