"""A role has the id of the subscription that one asks in, built in or custom, and one id above."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

import pytest

from tests.access.asking import Answer, Request
from tests.access.test_assignments import MG, SECOND, custom
from tests.access.two_workspaces import (
    AUTHORIZATION,
    BLOB_OWNER,
    OWNER,
    READER,
    SUBSCRIPTION,
    A,
    B,
    Two,
)

ROLES = f"/providers/{AUTHORIZATION}/roleDefinitions"
ASSIGNMENTS = f"/providers/{AUTHORIZATION}/roleAssignments"
FORMS = (f"{ROLES}/{READER}", f"{SECOND}{ROLES}/{READER}", f"{B.group}{ROLES}/{READER.upper()}")


@pytest.fixture
def both(fresh: Two) -> Two:
    fresh.put(SECOND, {"properties": {"displayName": "second"}})
    return fresh


def given(two: Two, scope: str, role: str) -> Answer:
    """`role` is any id of it."""
    said = {"roleDefinitionId": role, "principalId": two.ids["stranger"]}
    id = f"{scope}{ASSIGNMENTS}/{uuid.uuid4()}"
    return two.ask("admin", Request("PUT", id, {"properties": said}))


def listed(two: Two, collection: str, filter: str = "") -> list[dict[str, Any]]:
    target = f"{collection}?$filter={quote(filter)}" if filter else collection
    rows: list[dict[str, Any]] = two.made("admin", Request("GET", target)).json()["value"]
    return rows


def test_a_definition_has_the_id_of_the_subscription_in_which_it_is_asked_for(both: Two):
    guid = custom(both, [SUBSCRIPTION, SECOND, MG], actions=["*/read"])
    for scope, within in (
        (SUBSCRIPTION, SUBSCRIPTION),
        (A.group, SUBSCRIPTION),
        (A.workspace, SUBSCRIPTION),
        (SECOND, SECOND),
        (MG, ""),
        ("", ""),
    ):
        rows = {row["name"]: row["id"] for row in listed(both, f"{scope}{ROLES}")}
        for name in (READER, guid):
            wanted = f"{within}{ROLES}/{name}"
            assert both.get("admin", f"{scope}{ROLES}/{name}").json()["id"] == wanted
            assert both.get("admin", wanted).json()["id"] == wanted
            assert rows[name] == wanted, scope


@pytest.mark.parametrize("form", FORMS)
def test_an_assignment_names_its_role_so_however_it_was_written(both: Two, form: str):
    for scope, within in ((A.workspace, SUBSCRIPTION), (SECOND, SECOND), (MG, ""), ("", "")):
        made = given(both, scope, form).json()
        shown = both.get("admin", made["id"]).json()
        for document in (made, shown):
            assert document["properties"]["roleDefinitionId"] == f"{within}{ROLES}/{READER}"
        # What was read may be written back, and is the same.
        again = both.made("admin", Request("PUT", made["id"], shown)).json()
        assert again["properties"]["roleDefinitionId"] == f"{within}{ROLES}/{READER}"


def test_what_holds_from_above_names_its_role_as_the_list_does(both: Two):
    """As the list of definitions at the same scope does: clients join one to the other."""
    guid = custom(both, [SUBSCRIPTION, SECOND, MG], actions=["*/read"])
    for scope in (MG, "", A.group, SECOND):
        for role in (READER, guid):
            given(both, scope, f"{ROLES}/{role}")
    for scope in (A.workspace, A.group, SUBSCRIPTION, SECOND, MG, ""):
        above = scope in (MG, "")
        names = {row["id"] for row in listed(both, f"{scope}{ROLES}")}
        rows = listed(both, f"{scope}{ASSIGNMENTS}", f"principalId eq '{both.ids['stranger']}'")
        assert rows
        here = [row for row in rows if not (above and row["id"].startswith("/subscriptions"))]
        assert {row["properties"]["roleDefinitionId"] for row in here} <= names
        # What lies in a subscription has that one's, also for who asks above.
        for row in (row for row in rows if row not in here):
            within = SECOND if row["id"].startswith(SECOND) else SUBSCRIPTION
            assert row["properties"]["roleDefinitionId"].startswith(f"{within}{ROLES}/")


def test_a_custom_role_is_changed_and_deleted_by_the_id_that_is_shown(both: Two):
    """It stands in a group, and another one in another subscription."""
    for at, asked in ((A.group, SUBSCRIPTION), (SUBSCRIPTION, SECOND), (SUBSCRIPTION, "")):
        guid = custom(both, [A.group, SECOND], at=at, actions=["*/read"])
        shown = both.made("admin", Request("GET", f"{asked}{ROLES}/{guid}")).json()
        shown["properties"]["description"] = "anew"
        [answer] = both.made(
            "admin",
            Request(
                "POST", "/estate/v1/resources", {"value": [{"id": shown["id"], "body": shown}]}
            ),
        ).json()["value"]
        assert answer["body"]["id"] == shown["id"] == f"{asked}{ROLES}/{guid}"
        again = both.made("admin", Request("PUT", shown["id"], shown)).json()
        assert again["id"] == shown["id"]
        kept = both.get("admin", f"{at}{ROLES}/{guid}").json()
        assert kept["properties"]["description"] == "anew"
        gone = both.ask("admin", Request("DELETE", shown["id"]))
        assert (gone.status, gone.json()["id"]) == (200, shown["id"])
        assert both.get("admin", f"{at}{ROLES}/{guid}").status == 404


def test_another_id_of_a_role_gives_no_right_to_change_it(both: Two):
    both.grant(B.group, OWNER, both.ids["eve"])
    guid = custom(both, [SUBSCRIPTION], actions=["*/read"])
    id = f"{B.group}{ROLES}/{guid}"
    body = both.made("eve", Request("GET", id)).json()
    body["properties"]["assignableScopes"] = [B.group]
    assert both.ask("eve", Request("PUT", id, body)).status == 403
    assert both.ask("eve", Request("PATCH", id, {"properties": {}})).status == 403
    refused = both.ask("eve", Request("DELETE", id))
    assert refused.status == 403
    assert f"`{guid}` is kept in another place" in refused.text
    assert f"{SUBSCRIPTION}{ROLES}" not in refused.text
    assert both.get("admin", f"{SUBSCRIPTION}{ROLES}/{guid}").status == 200


def test_another_id_of_a_role_shows_nothing_that_is_denied(both: Two):
    both.grant(SUBSCRIPTION, OWNER, both.ids["eve"])
    guid = custom(both, [A.group], at=A.group, actions=["*/read"])
    shown = f"{SUBSCRIPTION}{ROLES}/{guid}"
    assert both.get("eve", shown).status == 200
    denied = {"permissions": [{"actions": [f"{AUTHORIZATION}/roleDefinitions/*"]}]}
    both.put(f"{A.group}/providers/Mlestate.Organization/denials/d", {"properties": denied})
    for id in (shown, f"{A.group}{ROLES}/{guid}"):
        assert both.get("eve", id).status == 403
        assert both.ask("eve", Request("DELETE", id)).status == 403


def test_roles_for_a_time_have_such_ids_in_all_that_is_said_of_them(both: Two):
    at = f"{A.group}/providers/{AUTHORIZATION}"
    wanted = f"{SUBSCRIPTION}{ROLES}/{BLOB_OWNER}"
    said = {"roleDefinitionId": f"{ROLES}/{BLOB_OWNER}", "principalId": both.ids["stranger"]}
    hour = {"expiration": {"type": "AfterDuration", "duration": "PT1H"}}
    assign = {**said, "requestType": "AdminAssign", "scheduleInfo": hour}
    for kind in ("roleEligibilityScheduleRequests", "roleAssignmentScheduleRequests"):
        both.made("admin", Request("PUT", f"{at}/{kind}/{uuid.uuid4()}", {"properties": assign}))
    glass = f"{A.group}/providers/Mlestate.Organization/breakGlass/{uuid.uuid4()}"
    both.made("admin", Request("PUT", glass, {"properties": said}))
    shown = [both.made("admin", Request("GET", glass)).json()]
    for kind in (
        "roleEligibilityScheduleRequests",
        "roleEligibilitySchedules",
        "roleEligibilityScheduleInstances",
        "roleAssignmentScheduleRequests",
        "roleAssignmentSchedules",
        "roleAssignmentScheduleInstances",
        "roleManagementPolicyAssignments",
    ):
        above = listed(both, f"/providers/{AUTHORIZATION}/{kind}")
        found = [*listed(both, f"{at}/{kind}"), *above]
        found = [row for row in found if BLOB_OWNER in row["properties"]["roleDefinitionId"]]
        assert len(found) >= 2, kind
        shown += [*found, both.made("admin", Request("GET", found[0]["id"])).json()]
    for document in shown:
        properties = document["properties"]
        assert properties["roleDefinitionId"] == wanted, document["id"]
        expanded = properties.get("expandedProperties") or {"roleDefinition": {"id": wanted}}
        assert expanded["roleDefinition"]["id"] == wanted, document["id"]


def test_what_a_role_for_a_time_is_fixed_to_is_the_role_not_its_id(both: Two):
    id = f"{A.group}/providers/{AUTHORIZATION}/roleEligibilityScheduleRequests/{uuid.uuid4()}"
    said = {"principalId": both.ids["stranger"], "requestType": "AdminAssign"}
    for form in FORMS:
        body = {"properties": {**said, "roleDefinitionId": form}}
        assert both.ask("admin", Request("PUT", id, body)).status == 201, form
    other = {"properties": {**said, "roleDefinitionId": f"{ROLES}/{OWNER}"}}
    assert both.ask("admin", Request("PUT", id, other)).code == "PropertyChangeNotAllowed"


def test_in_the_graph_roles_are_joined_to_who_has_them_wherever_they_are(both: Two):
    guid = custom(both, [SUBSCRIPTION, SECOND], at=A.group, actions=["*/read"])
    for scope in (A.group, SECOND):
        given(both, scope, f"{SECOND}{ROLES}/{guid}")
    joined = f"""
    AuthorizationResources
    | where type =~ 'microsoft.authorization/roleassignments'
    | extend role = tolower(tostring(properties.roleDefinitionId))
    | join kind=inner (
        AuthorizationResources
        | where type =~ 'microsoft.authorization/roledefinitions' and name == '{guid}'
        | project role = tolower(id)) on role
    | count
    """
    one = f"AuthorizationResources | where id =~ '{ROLES}/{guid}' | project name"
    path = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"
    counted, found = (
        both.made("admin", Request("POST", path, {"query": query})).json()["data"]
        for query in (joined, one)
    )
    assert (counted, found) == ([{"Count": 2}], [{"name": guid}])


def test_a_taken_id_and_a_taken_name_are_refused_as_in_azure(both: Two):
    inside = custom(both, [A.group], at=A.group, actions=["*/read"])
    name = both.get("admin", f"{A.group}{ROLES}/{inside}").json()["properties"]["roleName"]
    said = {"roleName": "new", "permissions": [{"actions": ["*/read"]}]}
    for guid, anew, code in (
        (READER, "new", "RoleDefinitionExists"),
        (inside, "new", "RoleDefinitionExists"),
        (str(uuid.uuid4()), name, "RoleDefinitionWithSameNameExists"),
    ):
        body = {"properties": {**said, "roleName": anew, "assignableScopes": [SECOND]}}
        refused = both.ask("admin", Request("PUT", f"{SECOND}{ROLES}/{guid}", body))
        assert (refused.status, refused.code) == (409, code)
