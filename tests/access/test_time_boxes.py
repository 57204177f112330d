"""Roles that are held for a time, in a real estate: nothing before, and nothing after.

The clock is put ahead, by less than a token lasts where one is used.
"""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

import pytest

from mlestate.catalog.break_glass import GLASS
from mlestate.cli.requests import _is_at
from mlestate.core.times import iso
from tests.access.asking import Request
from tests.access.team import REQUESTS, Team, until
from tests.access.two_workspaces import (
    AUTHORIZATION,
    CONTRIBUTOR,
    OWNER,
    READER,
    SUBSCRIPTION,
    A,
    B,
    Two,
    assigned,
)


def test_who_is_eligible_holds_nothing_and_is_told_what_they_could_do(team: Team):
    team.eligible(team.groups["outer"])
    refused = team.get("mia", A.group)
    assert refused.status == 403
    assert "You may activate the role `Reader`" in refused.json()["error"]["message"]
    assert f'mlestate access activate "Reader" {A.group}' in refused.json()["error"]["message"]
    assert "may activate" not in team.get("sam", A.group).text
    assert team.get("mia", "/subscriptions").json()["value"] == []


def test_why_tells_what_is_held_for_a_time_and_what_could_be_taken(team: Team):
    team.eligible(team.groups["outer"])
    team.clock.freeze()
    action = "Microsoft.Resources/subscriptions/resourceGroups/read"
    asked = f"/estate/v1/access/why?principal=mia&action={action}&scope={quote(A.group)}"
    before = team.get("admin", asked).json()
    until(team.asks("mia"))
    held = team.get("admin", asked).json()
    assert (before["allowed"], held["allowed"]) == (False, True)
    assert before != held
    team.ahead(30 * 60)
    assert team.get("admin", asked).json()["allowed"] is False


def test_it_is_held_to_its_last_second_with_the_same_token(team: Team):
    team.eligible(team.groups["outer"])
    team.clock.freeze()
    until(team.asks("mia"))
    assert team.sees("mia") == 200
    team.ahead(30 * 60 - 0.001)
    assert team.sees("mia") == 200
    team.ahead(0.001)
    assert team.sees("mia") == 403


def test_who_leaves_the_group_loses_it_at_the_next_request(team: Team):
    team.eligible(team.groups["outer"])
    until(team.asks("mia"))
    assert team.sees("mia") == 200
    team.group("engineering", "pat")
    assert team.sees("mia") == 403
    assert team.get("mia", "/estate/v1/me").status == 200


def stands(team: Team, who: str, request: str) -> tuple[str, str, list[str]]:
    """The status of a request, to a reader of it and in the graph; and what is listed as held."""
    query = f"AuthorizationResources | where id =~ '{request}' | project properties.status"
    body = {"query": query}
    target = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"
    [row] = team.made("admin", Request("POST", target, body)).json()["data"]
    instances = f"{A.group}/providers/{AUTHORIZATION}/roleAssignmentScheduleInstances"
    held = team.get(who, instances).json()["value"]
    status = team.get(who, request).json()["properties"]["status"]
    return status, row["properties_status"], [each["name"] for each in held]


def test_what_rests_on_an_eligibility_that_is_gone_is_over_and_shown_so(team: Team):
    team.eligible(team.groups["outer"])
    asked = team.asks("mia").json()
    assert stands(team, "mia", asked["id"]) == ("Provisioned", "Provisioned", [asked["name"]])
    team.group("engineering", "pat")
    for who in ("mia", "admin"):
        assert stands(team, who, asked["id"]) == ("Revoked", "Revoked", [])
    cancel = team.ask("mia", Request("POST", f"{asked['id']}/cancel"))
    assert (cancel.status, "deactivate" in cancel.text) == (409, False)
    # She is not told to give back what she does not hold, and can take what is hers now.
    team.eligible(team.ids["mia"])
    assert team.asks("mia", "SelfDeactivate").code == "RoleAssignmentDoesNotExist"
    again = team.asks("mia")
    until(again)
    assert stands(team, "mia", asked["id"])[2] == [again.json()["name"]]
    assert team.asks("mia", "SelfDeactivate").status == 201
    assert team.sees("mia") == 403


def test_its_end_is_written_down_and_who_comes_back_activates_again(team: Team):
    team.eligible(team.groups["outer"])
    asked = team.asks("mia").json()
    team.group("engineering", "pat")
    assert team.estate.ending.run() == 1
    assert team.estate.ending.run() == 0
    team.group("engineering", "mia", "pat")
    assert stands(team, "mia", asked["id"]) == ("Revoked", "Revoked", [])
    assert team.sees("mia") == 403
    until(team.asks("mia"))
    assert team.sees("mia") == 200


def test_a_request_that_waits_is_over_with_its_eligibility(team: Team):
    team.eligible(team.groups["outer"])
    team.approved(team.groups["approvers"])
    asked = team.asks("mia").json()
    assert stands(team, "mia", asked["id"]) == ("PendingApproval", "PendingApproval", [])
    team.group("engineering", "pat")
    assert stands(team, "mia", asked["id"]) == ("Revoked", "Revoked", [])
    team.eligible(team.ids["mia"])
    assert team.asks("mia").json()["properties"]["status"] == "PendingApproval"


def test_what_was_activated_is_shown_until_its_eligibility_ends(team: Team):
    info = {"expiration": {"type": "AfterDuration", "duration": "PT2H"}}
    id = team.eligible(team.ids["mia"], scheduleInfo=info)
    team.clock.freeze()
    asked = team.asks("mia", length="PT1H").json()
    sooner = {"expiration": {"type": "AfterDuration", "duration": "PT20M"}}
    said = {**assigned(READER, team.ids["mia"]), "requestType": "AdminUpdate"}
    team.put(id, {"properties": {**said, "scheduleInfo": sooner}})
    ends = team.get("mia", id).json()["properties"]["activeUntil"]
    assert ends < asked["properties"]["activeUntil"]
    assert team.get("mia", asked["id"]).json()["properties"]["activeUntil"] == ends
    instances = f"{A.group}/providers/{AUTHORIZATION}/roleAssignmentScheduleInstances"
    [held] = team.get("mia", instances).json()["value"]
    assert held["properties"]["endDateTime"] == ends
    team.ahead(20 * 60)
    assert stands(team, "mia", asked["id"]) == ("Revoked", "Revoked", [])


def test_an_eligibility_that_is_taken_back_ends_what_rests_on_it(team: Team):
    id = team.eligible(team.groups["outer"])
    until(team.asks("mia"))
    remove = {**assigned(READER, team.groups["outer"]), "requestType": "AdminRemove"}
    team.put(f"{id.rpartition('/')[0]}/{uuid.uuid4()}", {"properties": remove})
    assert team.sees("mia") == 403
    assert team.asks("mia").status == 403
    # Given anew, it brings nothing back.
    team.eligible(team.groups["outer"])
    assert team.sees("mia") == 403
    assert team.get("admin", id).json()["properties"]["status"] == "Revoked"


def test_an_eligibility_has_an_end_of_its_own(team: Team):
    info = {"expiration": {"type": "AfterDuration", "duration": "PT20M"}}
    team.eligible(team.ids["mia"], scheduleInfo=info)
    until(team.asks("mia", length="PT40M"))
    assert team.sees("mia") == 200
    team.ahead(20 * 60 + 1)
    assert team.sees("mia") == 403
    assert team.asks("mia").status == 403
    assert "may activate" not in team.get("mia", A.group).text


def test_all_that_the_terms_refuse_is_said_at_once(team: Team):
    team.eligible(team.ids["mia"])
    refused = team.asks("mia", length="PT9H", justification=" ")
    assert refused.code == "RoleAssignmentRequestPolicyValidationFailed"
    details = refused.json()["error"]["details"]
    assert [each["target"] for each in details] == [
        "$.properties.justification",
        "$.properties.scheduleInfo.expiration",
    ]
    assert "is longer than the 8 hours that" in refused.text
    glass = f"{A.group}/providers/Mlestate.Organization/breakGlass/{uuid.uuid4()}"
    team.put(glass, {"properties": assigned(OWNER, team.ids["mia"])})
    broken = team.asks("mia", role=OWNER, linkedRoleEligibilityScheduleId=glass, length="PT2H")
    assert "is longer than the hour that" in broken.text


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"role": OWNER}, 403),
        ({"type": "SelfRenew"}, 400),
        ({"type": "AdminAssign"}, 403),
        ({"type": "AdminRemove"}, 403),
        ({"scheduleInfo": {}}, 400),
        ({"scheduleInfo": {"expiration": {"type": "AfterDuration", "duration": "soon"}}}, 400),
        ({"scheduleInfo": {"startDateTime": "2999-01-01T00:00:00Z"}}, 400),
        ({"condition": "@Resource[x] StringEquals 'y'"}, 400),
        ({"linkedRoleEligibilityScheduleId": str(uuid.uuid4())}, 403),
    ],
)
def test_what_is_no_activation_of_ones_own_is_refused(
    team: Team, said: dict[str, Any], status: int
):
    team.eligible(team.ids["mia"])
    assert team.asks("mia", **said).status == status
    assert team.sees("mia") == 403


def test_nobody_activates_for_somebody_else_or_where_they_are_not_eligible(team: Team):
    team.eligible(team.ids["mia"])
    assert team.asks("mia", principal=team.ids["sam"]).status == 403
    stranger, nowhere = team.asks("sam"), team.request("sam", "SelfActivate")
    other = nowhere.target.replace("quokka", "wombat")
    absent = team.ask("sam", Request("PUT", other, nowhere.body))
    assert (stranger.status, stranger.code) == (absent.status, absent.code)
    assert team.asks("admin", principal=team.ids["mia"]).status == 403


def test_it_is_given_back_or_kept_longer(team: Team):
    team.eligible(team.ids["mia"])
    team.clock.freeze()
    first = until(team.asks("mia"))
    assert team.asks("mia").code == "RoleAssignmentExists"
    assert until(team.asks("mia", "SelfExtend", "PT50M")) > first
    team.ahead(49 * 60)
    assert team.sees("mia") == 200
    assert team.asks("mia", "SelfDeactivate").status == 201
    assert team.sees("mia") == 403
    assert team.asks("mia", "SelfDeactivate").code == "RoleAssignmentDoesNotExist"
    assert team.asks("mia", "SelfExtend").code == "RoleAssignmentDoesNotExist"


def test_an_administrator_gives_a_role_for_a_time_and_takes_it(team: Team):
    given = team.request("admin", "AdminAssign", "PT20M", principal=team.ids["sam"])
    assert team.ask("admin", given).status == 201
    assert team.sees("sam") == 200
    took = team.request("admin", "AdminRemove", principal=team.ids["sam"])
    assert team.ask("admin", took).status == 201
    assert team.sees("sam") == 403


def test_a_repeated_request_is_one_and_a_changed_one_is_refused(team: Team):
    team.eligible(team.ids["mia"])
    request = team.request("mia", "SelfActivate")
    first = team.made("mia", request).json()["properties"]
    team.ahead(60)
    assert team.made("mia", request).json()["properties"]["activeUntil"] == first["activeUntil"]
    longer = {**request.body["properties"], "justification": "another"}
    changed = Request("PUT", request.target, {"properties": longer})
    assert team.ask("mia", changed).code == "RoleAssignmentRequestExists"
    assert team.ask("admin", request).code == "RoleAssignmentRequestExists"
    assert team.ask("sam", request).status == 403


def test_what_is_shown_of_schedules_is_ones_own_or_read_by_a_role(team: Team):
    team.eligible(team.groups["outer"])
    until(team.asks("mia"))
    for kind in (
        "roleEligibilitySchedules",
        "roleEligibilityScheduleInstances",
        "roleAssignmentSchedules",
        "roleAssignmentScheduleInstances",
    ):
        collection = f"{A.group}/providers/{AUTHORIZATION}/{kind}"
        [row] = team.get("mia", collection).json()["value"]
        assert team.get("mia", row["id"]).json()["name"] == row["name"]
        assert team.get("sam", collection).json()["value"] == []
        absent = f"{collection}/{uuid.uuid4()}"
        told = [team.get("sam", target) for target in (row["id"], absent)]
        assert [each.status for each in told] == [403, 403]
        assert team.get("admin", absent).status == 404
        written = team.ask("admin", Request("PUT", absent, {"properties": {}}))
        assert (written.status, "PUT a `role" in written.text) == (404, True)
        assert team.get("mia", f"{collection}?$filter=x eq 'y'").status == 400
        none = f"principalId eq '{team.ids['ben']}'"
        assert team.get("mia", f"{collection}?$filter={quote(none)}").json()["value"] == []


@pytest.mark.parametrize(
    "end", ["9999-12-31T23:59:59-12:00", "2000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "x"]
)
def test_an_end_that_is_none_is_refused(team: Team, end: str):
    info = {"expiration": {"type": "AfterDateTime", "endDateTime": end}}
    body = {**assigned(READER, team.ids["mia"]), "requestType": "AdminAssign", "scheduleInfo": info}
    for kind in ("roleEligibilityScheduleRequests", REQUESTS):
        id = f"{A.group}/providers/{AUTHORIZATION}/{kind}/{uuid.uuid4()}"
        assert team.ask("admin", Request("PUT", id, {"properties": body})).status == 400


def test_a_guest_is_eligible_in_their_scopes_alone_and_approves_nothing(fresh: Two):
    kim, kind = fresh.person("kim"), f"providers/{AUTHORIZATION}/roleEligibilityScheduleRequests"
    fresh.invite("kim", B.group)
    body = {"properties": {**assigned(READER, kim), "requestType": "AdminAssign"}}
    elsewhere = Request("PUT", f"{A.group}/{kind}/{uuid.uuid4()}", body)
    assert fresh.ask("admin", elsewhere).code == "GuestOutOfScope"
    fresh.put(f"{B.group}/{kind}/{uuid.uuid4()}", body)
    length = {"expiration": {"type": "AfterDuration", "duration": "PT30M"}}
    own = {**assigned(READER, kim), "requestType": "SelfActivate", "scheduleInfo": length}
    id = f"{B.group}/providers/{AUTHORIZATION}/{REQUESTS}/{uuid.uuid4()}"
    assert fresh.get("kim", B.group).status == 403
    fresh.put(id, {"properties": {**own, "justification": "x"}}, "kim")
    assert fresh.get("kim", B.group).status == 200
    assert fresh.get("kim", A.group).status == 403
    group = Request("PUT", "/estate/v1/groups/numbat-approvers", {"members": ["kim"]})
    fresh.made("admin", group)
    stage, decision = fresh.bo.documents[f"{AUTHORIZATION}/roleAssignmentApprovals/stages"]
    assert fresh.ask("kim", Request("PUT", stage, decision)).code == "NotAnApprover"


def test_a_place_is_named_by_project_and_environment_by_who_may_take_a_role_there(fresh: Two):
    mia = fresh.person("mia")
    tags = {"project": "pricing", "environment": "prod"}
    fresh.made("admin", Request("PATCH", A.workspace, {"tags": tags}))
    fresh.work()
    kind = f"providers/{AUTHORIZATION}/roleEligibilityScheduleRequests"
    body = {"properties": {**assigned(READER, mia), "requestType": "AdminAssign"}}
    for scope in (A.workspace, A.group, SUBSCRIPTION):
        fresh.put(f"{scope}/{kind}/{uuid.uuid4()}", body)
    rows = f"/providers/{AUTHORIZATION}/roleEligibilityScheduleInstances?$filter=asTarget()"
    scopes = [
        each["properties"]["expandedProperties"]["scope"]
        for each in fresh.get("mia", rows).json()["value"]
    ]
    called = {each["id"].lower(): each.get("called") for each in scopes}
    assert called == {
        A.workspace.lower(): ["pricing/prod"],
        A.group.lower(): ["pricing/prod"],
        SUBSCRIPTION: None,
    }
    others = rows.partition("?")[0]
    told = [each["properties"] for each in fresh.get("admin", others).json()["value"]]
    assert all("called" not in each["expandedProperties"]["scope"] for each in told)
    known = fresh.get("mia", rows).json()["value"]
    fits = [each for each in known if _is_at(each["properties"], "Pricing/prod")]
    assert len(fits) == 2


def test_it_is_held_no_longer_than_allowed_whatever_the_clock_of_who_asks_says(team: Team):
    """Its beginning lies some minutes ahead, and its end as long after that as is allowed."""
    team.eligible(team.ids["mia"])
    begins, longest = team.clock() + 290, 8 * 3600
    info = {
        "startDateTime": iso(begins),
        "expiration": {"type": "AfterDateTime", "endDateTime": iso(begins + longest)},
    }
    asked = team.asks("mia", scheduleInfo=info)
    latest = team.clock() + longest
    assert iso(latest - 60) < until(asked) <= iso(latest)


def test_the_glass_is_no_advice_where_what_it_gives_is_not_enough(team: Team):
    glass = f"{A.group}/providers/{GLASS}/{uuid.uuid4()}"
    team.put(glass, {"properties": assigned(CONTRIBUTOR, team.ids["mia"])})
    refused = team.ask(
        "mia", Request("PUT", glass, {"properties": assigned(OWNER, team.ids["mia"])})
    )
    assert "The role `Owner` has it" in refused.text
    assert "break the glass" not in refused.text
