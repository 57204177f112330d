"""Roles that are held for a time, as those find them who ask who may do what: as role assignments,
while they last."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

import pytest

from tests.access.asking import Request
from tests.access.team import Team, until
from tests.access.two_workspaces import (
    AUTHORIZATION,
    CONTRIBUTOR,
    OWNER,
    READER,
    SUBSCRIPTION,
    A,
    assigned,
)

ASSIGNMENTS = f"providers/{AUTHORIZATION}/roleAssignments"
INSTANCES = f"{A.group}/providers/{AUTHORIZATION}/roleAssignmentScheduleInstances"
GRAPH = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"


def listed(team: Team, scope: str = A.group, filter: str = "", who: str = "admin") -> list[Any]:
    """The assignments to anybody but the administrator and the agents."""
    target = f"{scope}/{ASSIGNMENTS}?$filter={quote(filter)}"
    rows = team.made(who, Request("GET", target)).json()["value"]
    return [row for row in rows if row["properties"]["principalId"] in theirs(team)]


def theirs(team: Team) -> set[str]:
    return {*team.ids.values(), *team.groups.values()}


def graphed(team: Team, who: str = "admin", **said: Any) -> list[dict[str, Any]]:
    query = f"""AuthorizationResources | where type == '{AUTHORIZATION}/roleassignments'.tolower()
        | project id, who = tostring(properties.principalId), how = properties.assignmentType"""
    query = query.replace(".tolower()", "").replace(AUTHORIZATION, AUTHORIZATION.lower())
    rows = team.made(who, Request("POST", GRAPH, {"query": query, **said})).json()["data"]
    return [row for row in rows if row["who"] in theirs(team)]


def given(team: Team, who: str = "sam", role: str = READER) -> str:
    """By an administrator, for twenty minutes; the assignment's id."""
    request = team.request("admin", "AdminAssign", "PT20M", principal=team.ids[who], role=role)
    team.made("admin", request)
    [held] = [each for each in instances(team) if each["principalId"] == team.ids[who]]
    return str(held["originRoleAssignmentId"])


def instances(team: Team) -> list[dict[str, Any]]:
    return [each["properties"] for each in team.get("admin", INSTANCES).json()["value"]]


def test_what_is_held_for_a_time_is_a_role_assignment_while_it_is_held(team: Team):
    team.clock.freeze()
    team.eligible(team.groups["outer"])
    assert listed(team, filter="principalId eq '" + team.ids["mia"] + "'") == []
    ends = until(team.asks("mia"))
    [row] = listed(team)
    said = row["properties"]
    assert said["roleDefinitionId"].endswith(READER)
    assert (said["principalId"], said["principalType"]) == (team.ids["mia"], "User")
    assert (said["scope"], said["assignmentType"]) == (A.group, "Activated")
    assert (said["endDateTime"], said["createdBy"]) == (ends, team.ids["mia"])
    assert team.get("admin", row["id"]).json() == row
    [instance] = instances(team)
    assert instance["originRoleAssignmentId"] == row["id"]
    assert [each["id"] for each in graphed(team)] == [row["id"]]
    team.ahead(30 * 60)
    assert (listed(team), graphed(team)) == ([], [])
    assert team.get("admin", row["id"]).status == 404


@pytest.mark.parametrize(
    "filter", ["", "atScope()", "assignedTo('{mia}')", "principalId eq '{mia}'"]
)
def test_every_list_of_assignments_shows_it_once(team: Team, filter: str):
    team.eligible(team.ids["mia"])
    until(team.asks("mia"))
    asked = filter.format(mia=team.ids["mia"])
    for scope in ("", SUBSCRIPTION, A.group):
        inherited = "atScope" not in asked or scope == A.group
        assert len(listed(team, scope, asked)) == inherited, (scope, asked)
    assert listed(team, filter=f"assignedTo('{team.ids['ben']}')") == []


def test_what_an_administrator_gave_for_a_time_and_an_emergency_are_shown_too(team: Team):
    given(team)
    glass = f"{A.group}/providers/Mlestate.Organization/breakGlass/{uuid.uuid4()}"
    team.put(glass, {"properties": assigned(CONTRIBUTOR, team.groups["engineering"])})
    until(team.asks("mia", role=CONTRIBUTOR, linkedRoleEligibilityScheduleId=glass))
    shown = {each["properties"]["principalId"]: each["properties"] for each in listed(team)}
    assert {shown[team.ids[who]]["assignmentType"] for who in ("sam",)} == {"Assigned"}
    assert shown[team.ids["mia"]]["roleDefinitionId"].endswith(CONTRIBUTOR)
    assert {each["how"] for each in graphed(team)} == {"Assigned", "Activated"}


def test_it_is_gone_with_what_it_rests_on(team: Team):
    team.eligible(team.groups["outer"])
    until(team.asks("mia"))
    [row] = listed(team)
    team.group("engineering", "pat")
    assert (listed(team), graphed(team)) == ([], [])
    assert team.get("admin", row["id"]).status == 404


def test_it_is_read_by_who_may_read_assignments_there(team: Team):
    id = given(team)
    assert [each["id"] for each in listed(team, who="sam")] == [id]
    for stranger in ("ben", "mia"):
        assert team.get(stranger, id).status == 403
        assert team.get(stranger, f"{A.group}/{ASSIGNMENTS}").status == 403
        assert listed(team, SUBSCRIPTION, who=stranger) == []
        assert graphed(team, stranger) == []
    other = "22222222-2222-2222-2222-222222222222"
    assert graphed(team, subscriptions=[other]) == []
    assert len(graphed(team, subscriptions=[SUBSCRIPTION.rpartition("/")[2]])) == 1


def test_what_a_denial_hides_of_assignments_it_hides_of_these(team: Team):
    given(team, "sam")
    denial = f"{A.group}/providers/Mlestate.Organization/denials/d"
    actions = [f"{AUTHORIZATION}/roleAssignments/read"]
    against = [{"id": team.ids["sam"]}]
    team.put(denial, {"properties": {"permissions": [{"actions": actions}], "principals": against}})
    assert listed(team, SUBSCRIPTION, who="sam") == []
    assert graphed(team, "sam") == []


def test_pages_of_assignments_hold_them_all_once(team: Team):
    held = {given(team, who) for who in ("sam", "mia", "ben")}
    for who in ("pat", "sam"):
        id = f"{A.group}/{ASSIGNMENTS}/{uuid.uuid4()}"
        team.put(id, {"properties": assigned(OWNER, team.ids[who])})
        held.add(id)
    found: list[str] = []
    target = f"{A.group}/{ASSIGNMENTS}?$top=2"
    while target:
        page = team.made("admin", Request("GET", target)).json()
        found += [row["id"] for row in page["value"] if row["properties"]["scope"] == A.group]
        target = page.get("nextLink", "").partition("localhost")[2].partition("/")[2]
        target = f"/{target}" if target else ""
    assert sorted(found) == sorted(held)


def test_to_delete_it_ends_what_is_held(team: Team):
    team.eligible(team.ids["mia"])
    asked = team.asks("mia").json()["id"]
    [row] = listed(team)
    assert team.ask("mia", Request("DELETE", row["id"])).status == 403
    assert team.sees("mia") == 200
    gone = team.made("admin", Request("DELETE", row["id"]))
    assert gone.json()["properties"]["principalId"] == team.ids["mia"]
    assert team.sees("mia") == 403
    assert team.get("admin", asked).json()["properties"]["status"] == "Revoked"
    assert team.ask("admin", Request("DELETE", row["id"])).status == 204
    until(team.asks("mia"))
    # One that is new has an id of its own: what is known of the old one opens nothing.
    assert [each["id"] for each in listed(team)] != [row["id"]]


def test_a_lock_keeps_it_as_it_keeps_every_assignment(team: Team):
    id = given(team)
    lock = f"{A.group}/providers/{AUTHORIZATION}/locks/keep"
    team.put(lock, {"properties": {"level": "CanNotDelete"}})
    assert team.ask("admin", Request("DELETE", id)).code == "ScopeLocked"
    assert team.sees("sam") == 200


def test_nobody_writes_over_it(team: Team):
    id = given(team)
    for role in (READER, OWNER):
        again = Request("PUT", id, {"properties": assigned(role, team.ids["sam"])})
        assert team.ask("admin", again).code == "RoleAssignmentExists"
    own = f"{A.group}/{ASSIGNMENTS}/{uuid.uuid4()}"
    said = {**assigned(READER, team.ids["sam"]), "assignmentType": "Activated"}
    made = team.put(own, {"properties": said}).json()
    assert "assignmentType" not in made["properties"]


def test_what_a_file_is_compared_with_has_none_of_it(team: Team):
    """No plan takes it for something that was made by hand, and no apply takes it away."""
    id = given(team)
    kept = f"/estate/v1/resources?types={AUTHORIZATION}/roleAssignments"
    rows = team.made("admin", Request("GET", kept)).json()["value"]
    assert id not in {row["id"] for row in rows}


def test_who_may_do_what_names_it_once(team: Team):
    given(team)
    action = "Microsoft.Resources/subscriptions/resourceGroups/read"
    asked = f"/estate/v1/access/why?principal=sam&action={action}&scope={quote(A.group)}"
    told = team.get("admin", asked)
    assert told.json()["allowed"] is True
    assert told.text.count("roleAssignments/") == 0


def test_schedules_name_people_kinds_and_places_as_azure_does(team: Team):
    id = team.eligible(team.groups["outer"])
    until(team.asks("mia"))
    [active] = instances(team)
    eligible = f"{A.group}/providers/{AUTHORIZATION}/roleEligibilitySchedules"
    schedule = f"{eligible}/{id.rpartition('/')[2]}"
    assert active["linkedRoleEligibilityScheduleId"] == schedule
    instance = schedule.replace("Schedules/", "ScheduleInstances/")
    assert active["linkedRoleEligibilityScheduleInstanceId"] == instance
    assert team.get("mia", schedule).json()["id"] == schedule
    assert active["principalType"] == "User"
    assert active["expandedProperties"]["principal"] == {
        "id": team.ids["mia"],
        "displayName": "mia",
        "type": "User",
    }
    assert active["expandedProperties"]["scope"]["type"] == "resourcegroup"
    assert active["createdOn"]
    [row] = team.get("admin", eligible).json()["value"]
    assert row["properties"]["expandedProperties"]["principal"]["type"] == "Group"
    asked = team.get("admin", id).json()["properties"]
    assert asked["expandedProperties"]["scope"]["type"] == "resourcegroup"
    # By the id that is shown it is activated again.
    team.made("mia", team.request("mia", "SelfDeactivate"))
    until(team.asks("mia", linkedRoleEligibilityScheduleId=schedule))
