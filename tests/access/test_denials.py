"""What a denial takes: from owners too, in checks and in lists alike, until it is taken back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access.asking import REGION, Answer, Request
from tests.access.two_workspaces import AUTHORIZATION, ML, OWNER, SUBSCRIPTION, A, B, Two

EVERYONE = "00000000-0000-0000-0000-000000000000"
MG = "/providers/Microsoft.Management/managementGroups/estate"
READ = f"{ML}/workspaces/read"
NOBODY = "99999999-9999-9999-9999-999999999999"


def deny(two: Two, scope: str, actions: list[str], **said: Any) -> str:
    id = f"{scope}/providers/Mlestate.Organization/denials/test"
    body = {"properties": {"permissions": [{"actions": actions}], **said}}
    two.made("admin", Request("PUT", id, body))
    return id


def ids(answer: Answer) -> set[str]:
    return {row["id"] for row in answer.json()["value"]}


def workspaces(two: Two, who: str) -> set[str]:
    return ids(two.made(who, Request("GET", f"{SUBSCRIPTION}/providers/{ML}/workspaces")))


@pytest.fixture
def owned(fresh: Two) -> Two:
    """Eve owns the subscription, and the boss the estate."""
    fresh.grant(SUBSCRIPTION, OWNER, fresh.ids["eve"])
    fresh.grant("", OWNER, fresh.person("boss"))
    return fresh


def test_a_denial_beats_an_owner_and_says_so(owned: Two):
    deny(owned, A.group, ["*"])
    refused = owned.get("eve", A.workspace)
    assert (refused.status, refused.code) == (403, "DenyAssignmentAuthorizationFailed")
    assert "deny assignment with name `test`" in refused.text
    assert owned.get("boss", A.workspace).status == 403
    assert owned.get("eve", B.workspace).status == 200
    # Whoever wrote it could take it back.
    assert owned.get("admin", A.workspace).status == 200
    # Who may do nothing anyway learns nothing of denials.
    assert owned.get("stranger", A.workspace).code == "AuthorizationFailed"


def test_lists_and_searches_leave_out_what_is_denied(owned: Two):
    assert workspaces(owned, "eve") == {A.workspace, B.workspace}
    deny(owned, A.group, ["*/read"])
    assert workspaces(owned, "eve") == {B.workspace}
    assert owned.get("eve", f"{A.group}/providers/{ML}/workspaces").status == 403
    found = owned.made("eve", Request("GET", "/estate/v1/search?$count=true"))
    assert A.mark not in found.text
    assert "numbat" not in found.text


def test_the_list_of_all_resources_leaves_out_what_is_denied_and_no_more(owned: Two):
    owned.grant(A.group, OWNER, owned.ids["bo"])
    owned.put(A.account, {"location": REGION, "tags": {A.mark: "yes"}})

    def listed(who: str) -> set[str]:
        return ids(owned.made(who, Request("GET", f"{SUBSCRIPTION}/resources")))

    mine, every = listed("bo"), listed("eve")
    assert {A.workspace, A.account} <= mine < every
    deny(owned, A.workspace, ["*/read"])
    assert (listed("bo"), listed("eve")) == (mine - {A.workspace}, every - {A.workspace})
    assert A.mark in owned.made("eve", Request("GET", f"{SUBSCRIPTION}/tagNames")).text
    deny(owned, A.group, ["*/read"])
    assert (listed("bo"), listed("eve")) == (set(), every - mine)
    assert owned.get("bo", f"{A.group}/resources").status == 403
    assert A.mark not in owned.made("eve", Request("GET", f"{SUBSCRIPTION}/tagNames")).text


def test_the_list_of_all_hides_one_scope_where_the_denial_is_not_inherited(owned: Two):
    deny(
        owned, A.group, [f"{ML}/workspaces/read", "*/resources/read"], doNotApplyToChildScopes=True
    )
    found = ids(owned.made("eve", Request("GET", f"{SUBSCRIPTION}/resources")))
    assert {A.workspace, A.account} <= found


def test_a_search_leaves_out_what_is_denied_inside_a_workspace(owned: Two):
    target = "/estate/v1/search?$filter=kind%20%3D%20'model'&$count=true"
    before = owned.made("eve", Request("GET", target)).json()["count"]
    deny(owned, f"{A.workspace}/models/numbat-models", ["*/read"])
    after = owned.made("eve", Request("GET", target))
    assert after.json()["count"] == before - 1
    assert "numbat-models" not in after.text


def test_who_is_left_out_of_a_denial_is_so_through_a_group_in_a_group(owned: Two):
    for name, members in (("inner", ["eve"]), ("outer", ["inner"])):
        owned.made("admin", Request("PUT", f"/estate/v1/groups/{name}", {"members": members}))
    outer = owned.made("admin", Request("GET", "/estate/v1/groups/outer")).json()["objectId"]
    deny(owned, A.group, [READ], excludePrincipals=[{"id": outer, "type": "Group"}])
    assert owned.get("eve", A.workspace).status == 200
    assert owned.get("bo", A.workspace).status == 403
    owned.made("admin", Request("PUT", "/estate/v1/groups/inner", {"members": []}))
    assert owned.get("eve", A.workspace).code == "DenyAssignmentAuthorizationFailed"


def test_a_denial_for_a_group_reaches_who_is_in_it_and_nobody_else(owned: Two):
    body = {"members": ["eve"]}
    group = owned.made("admin", Request("PUT", "/estate/v1/groups/some", body)).json()["objectId"]
    deny(owned, SUBSCRIPTION, [READ], principals=[{"id": group}])
    assert owned.get("eve", A.workspace).status == 403
    assert workspaces(owned, "eve") == set()
    assert owned.get("bo", A.workspace).status == 200


def test_a_denial_that_is_not_inherited_is_about_its_scope_alone(owned: Two):
    deny(owned, A.workspace, ["*/read"], doNotApplyToChildScopes=True)
    assert owned.get("eve", A.workspace).status == 403
    assert workspaces(owned, "eve") == {B.workspace}
    assert owned.get("eve", f"{A.workspace}/models/numbat-models").status == 200


def test_a_denial_on_the_management_group_reaches_every_subscription(owned: Two):
    deny(owned, MG, [f"{ML}/workspaces/delete"])
    for who in ("boss", "eve"):
        refused = owned.ask(who, Request("DELETE", B.workspace))
        assert refused.code == "DenyAssignmentAuthorizationFailed"


def test_a_denial_of_everything_can_be_taken_back_by_the_estate_alone(owned: Two):
    id = deny(owned, MG, ["*"])
    assert owned.get("boss", A.workspace).status == 403
    assert owned.ask("eve", Request("DELETE", id)).status == 403
    owned.made("boss", Request("DELETE", id))
    assert owned.get("boss", A.workspace).status == 200


def test_an_owner_takes_no_denial_from_what_they_own(owned: Two):
    id = deny(owned, B.group, [READ])
    for method in ("PUT", "DELETE"):
        body = {"properties": {"permissions": [{"actions": ["x.y/z"]}]}}
        assert owned.ask("eve", Request(method, id, body)).status == 403


def test_azures_clients_read_it_and_nobody_writes_it(owned: Two):
    deny(owned, A.group, [READ], excludePrincipals=[{"id": owned.ids["bo"]}])
    collection = f"{A.workspace}/providers/{AUTHORIZATION}/denyAssignments"
    at = {"$filter": "atScope()"}
    [shown] = [
        row
        for row in owned.get("admin", f"{collection}?$filter={at['$filter']}").json()["value"]
        if row["properties"]["denyAssignmentName"] == "test"
    ]
    said = shown["properties"]
    assert said["scope"] == A.group
    assert said["principals"] == [{"id": EVERYONE, "type": "SystemDefined"}]
    outside = {one["id"]: one["type"] for one in said["excludePrincipals"]}
    assert outside.pop(owned.ids["bo"]) == "User"
    assert list(outside.values()) == ["ServicePrincipal"]  # the administrator, who wrote it
    assert said["isSystemProtected"] is True
    for method in ("PUT", "PATCH", "DELETE"):
        refused = owned.ask("admin", Request(method, shown["id"], {"properties": {}}))
        assert (refused.status, refused.code) == (405, "MethodNotAllowed")
        assert "Mlestate.Organization/denials" in refused.text
    owned.made(
        "admin", Request("DELETE", f"{A.group}/providers/Mlestate.Organization/denials/test")
    )
    assert owned.get("admin", shown["id"]).status == 404


def test_all_faults_of_a_denial_are_told_at_once(fresh: Two):
    id = f"{A.group}/providers/Mlestate.Organization/denials/bad"
    body = {
        "permissions": [{"notActions": ["nonsense"]}],
        "principals": [{"id": "me"}, {"id": EVERYONE, "type": "User"}],
        "excludePrincipals": [{"id": EVERYONE}],
    }
    refused = fresh.ask("admin", Request("PUT", id, {"properties": body}))
    places = {one["target"] for one in refused.json()["error"]["details"]}
    assert places == {
        "$.properties.permissions",
        "$.properties.permissions[0].notActions[0]",
        "$.properties.principals[0].id",
        "$.properties.principals[1].id",
        "$.properties.excludePrincipals[0].id",
    }
    body = {"permissions": [{"actions": ["*"]}], "principals": [{"id": NOBODY}]}
    refused = fresh.ask("admin", Request("PUT", id, {"properties": body}))
    assert "there is nobody with the object id" in refused.text


@pytest.mark.parametrize("scope", ["", "/providers/Mlestate.Organization/regions/westeurope"])
def test_nothing_of_the_estate_itself_is_denied(fresh: Two, scope: str):
    body = {"properties": {"permissions": [{"actions": ["*"]}]}}
    id = f"{scope}/providers/Mlestate.Organization/denials/x"
    assert fresh.ask("admin", Request("PUT", id, body)).status == 400
