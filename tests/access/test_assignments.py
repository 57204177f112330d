"""Roles at every kind of scope, to every kind of principal; Azure's limits; and nothing dangles."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

import pytest

from mlestate.providers.authorization import assignments
from tests.access.asking import Answer, Request
from tests.access.two_workspaces import (
    AUTHORIZATION,
    BLOB_OWNER,
    ML,
    OWNER,
    SCIENTIST,
    SUBSCRIPTION,
    A,
    B,
    Two,
    assigned,
)

MG = "/providers/Microsoft.Management/managementGroups/estate"
SECOND = "/subscriptions/22222222-2222-2222-2222-222222222222"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
NOBODY = "99999999-9999-9999-9999-999999999999"


def custom(two: Two, scopes: list[str], at: str = SUBSCRIPTION, **lists: list[str]) -> str:
    """The GUID of a new role."""
    guid = str(uuid.uuid4())
    body = {"roleName": f"r {guid}", "permissions": [lists], "assignableScopes": scopes}
    id = f"{at}/providers/{AUTHORIZATION}/roleDefinitions/{guid}"
    two.made("admin", Request("PUT", id, {"properties": body}))
    return guid


def give(two: Two, scope: str, role: str, principal: str, **said: Any) -> Answer:
    id = f"{scope}/providers/{AUTHORIZATION}/roleAssignments/{uuid.uuid4()}"
    return two.ask("admin", Request("PUT", id, {"properties": assigned(role, principal) | said}))


def listed(two: Two, scope: str, filter: str = "", who: str = "admin") -> set[tuple[str, str]]:
    """The scope and the principal of each assignment that a list shows."""
    target = f"{scope}/providers/{AUTHORIZATION}/roleAssignments?$filter={quote(filter)}"
    rows = two.made(who, Request("GET", target)).json()["value"]
    return {(row["properties"]["scope"], row["properties"]["principalId"]) for row in rows}


def test_a_built_in_role_is_not_deleted_at_any_scope(two: Two):
    for scope in ("", SUBSCRIPTION, A.group):
        role = f"{scope}/providers/{AUTHORIZATION}/roleDefinitions/{READER}"
        refused = two.ask("admin", Request("DELETE", role))
        assert (refused.status, refused.code) == (409, "RoleDefinitionExists")
        assert two.ask("bo", Request("DELETE", role)).status == 403
        absent = f"{role.rpartition('/')[0]}/{uuid.uuid4()}"
        assert two.ask("admin", Request("DELETE", absent)).status == 204


def everything(two: Two) -> set[str]:
    """The ids of all that there is of these types."""
    types = (f"{AUTHORIZATION}/roleAssignments", f"{AUTHORIZATION}/denyAssignments")
    pages = [
        two.made("admin", Request("GET", f"/estate/v1/resources?types={kind}")).json()["value"]
        for kind in (*types, "Mlestate.Organization/denials")
    ]
    return {row["id"] for page in pages for row in page}


def test_a_role_on_the_management_group_reaches_every_subscription(fresh: Two):
    fresh.put(SECOND, {"properties": {"displayName": "second"}})
    assert fresh.get("stranger", A.workspace).status == 403
    answer = give(fresh, MG, READER, fresh.ids["stranger"])
    assert answer.status == 201, answer.text
    for id in (A.workspace, SECOND, MG):
        assert fresh.get("stranger", id).status == 200
    subscriptions = fresh.get("stranger", "/subscriptions").json()["value"]
    assert len(subscriptions) == 2
    shown = fresh.get("stranger", MG).json()["properties"]
    assert {child["id"] for child in shown["children"]} == {SUBSCRIPTION, SECOND}
    # What is the estate's own, and in no subscription, is not the management group's.
    assert fresh.get("stranger", "/estate/v1/users").status == 403
    fresh.made("admin", Request("DELETE", answer.json()["id"]))
    assert fresh.get("stranger", A.workspace).status == 403


def test_there_is_one_management_group_and_it_stays(fresh: Two):
    other = MG.replace("estate", "other")
    assert fresh.ask("admin", Request("PUT", other, {"properties": {}})).status == 400
    assert fresh.ask("admin", Request("DELETE", MG)).code == "RootManagementGroup"
    fresh.made("admin", Request("PUT", MG, {"properties": {"displayName": "Contoso"}}))
    [group] = fresh.get("admin", MG.rpartition("/")[0]).json()["value"]
    assert group["properties"]["displayName"] == "Contoso"


@pytest.mark.parametrize("data", [False, True])
def test_a_custom_role_is_assigned_where_it_says_alone(fresh: Two, data: bool):
    lists = {"dataActions": ["Microsoft.Storage/*/read"]} if data else {"actions": ["*/read"]}
    inside, wide = custom(fresh, [A.group], **lists), custom(fresh, [MG], **lists)
    stranger = fresh.ids["stranger"]
    assert give(fresh, A.workspace, inside, stranger).status == 201
    for scope in (B.group, SUBSCRIPTION, MG):
        refused = give(fresh, scope, inside, stranger)
        assert refused.code == "RoleAssignmentScopeNotAssignableToRoleDefinition"
    assert give(fresh, B.group, wide, stranger).status == 201
    everywhere = give(fresh, MG, wide, stranger)
    assert everywhere.status == (400 if data else 201)
    assert not data or everywhere.code == "InvalidCreateRoleAssignmentRequest"


def test_a_role_stays_assignable_where_it_is_assigned(fresh: Two):
    guid = custom(fresh, [A.group, B.group], actions=["*/read"])
    give(fresh, B.workspace, guid, fresh.ids["stranger"])
    id = f"{SUBSCRIPTION}/providers/{AUTHORIZATION}/roleDefinitions/{guid}"
    body = fresh.made("admin", Request("GET", id)).json()
    body["properties"]["assignableScopes"] = [A.group]
    assert fresh.ask("admin", Request("PUT", id, body)).code == "RoleDefinitionHasAssignments"
    assert fresh.ask("admin", Request("DELETE", id)).code == "RoleDefinitionHasAssignments"


def test_who_may_change_a_role_somewhere_does_not_change_it_elsewhere(fresh: Two):
    """Its definition stands in a group that eve owns; it is assignable in another, too."""
    fresh.grant(B.group, OWNER, fresh.ids["eve"])
    guid = custom(fresh, [A.group, B.group], at=B.group, actions=["*/read"])
    id = f"{B.group}/providers/{AUTHORIZATION}/roleDefinitions/{guid}"
    body = fresh.made("admin", Request("GET", id)).json()
    body["properties"] |= {"assignableScopes": [B.group], "permissions": [{"actions": ["*"]}]}
    assert fresh.ask("eve", Request("PUT", id, body)).status == 403


def test_a_custom_role_is_known_wherever_it_is_assignable(fresh: Two):
    guid = custom(fresh, [A.group], actions=["*/read"])
    at = f"providers/{AUTHORIZATION}/roleDefinitions"
    for scope, known in ((A.workspace, True), (A.group, True), (B.group, False), ("", True)):
        status = fresh.get("admin", f"{scope}/{at}/{guid}").status
        assert (status == 200) == known, scope
    for scope, known in ((A.workspace, True), (B.workspace, False)):
        rows = fresh.made("admin", Request("GET", f"{scope}/{at}")).json()["value"]
        assert (guid in {row["name"] for row in rows}) == known
    filtered = f"{A.group}/{at}?$filter="
    rows = fresh.get("admin", filtered + quote("type eq 'CustomRole'")).json()["value"]
    assert guid in {row["name"] for row in rows}
    assert {row["properties"]["type"] for row in rows} == {"CustomRole"}
    rows = fresh.get("admin", filtered + quote("roleName eq 'owner'")).json()["value"]
    assert [row["name"] for row in rows] == [OWNER]


def test_all_faults_of_an_assignment_are_told_at_once(fresh: Two):
    refused = give(fresh, A.group, NOBODY, NOBODY)
    places = {one["target"] for one in refused.json()["error"]["details"]}
    assert places == {"$.properties.roleDefinitionId", "$.properties.principalId"}
    wrong = give(fresh, A.group, READER, fresh.ids["eve"], principalType="Group")
    assert wrong.code == "UnmatchedPrincipalType"


def test_the_limits_are_azures(fresh: Two, monkeypatch: pytest.MonkeyPatch):
    assert (assignments.PER_SUBSCRIPTION, assignments.PER_MANAGEMENT_GROUP) == (4000, 500)
    monkeypatch.setattr(assignments, "PER_MANAGEMENT_GROUP", 1)
    assert give(fresh, MG, READER, fresh.ids["eve"]).status == 201
    assert give(fresh, MG, READER, fresh.ids["bo"]).code == "RoleAssignmentLimitExceeded"
    monkeypatch.setattr(assignments, "PER_SUBSCRIPTION", 1)
    assert give(fresh, A.group, READER, fresh.ids["bo"]).code == "RoleAssignmentLimitExceeded"
    assert give(fresh, MG, READER, fresh.ids["eve"]).code == "RoleAssignmentExists"


def test_lists_show_what_is_at_a_scope_above_it_and_below(fresh: Two):
    ids, none = fresh.ids, "stranger"
    body = {"members": [none]}
    group = fresh.made("admin", Request("PUT", "/estate/v1/groups/g", body)).json()["objectId"]
    give(fresh, MG, READER, group)
    give(fresh, B.group, READER, ids[none])
    assert (B.workspace, ids["eve"]) in listed(fresh, B.group)
    assert (MG, group) in listed(fresh, B.group)
    assert (A.workspace, ids["bo"]) not in listed(fresh, B.group)
    here = listed(fresh, B.group, "atScope()")
    assert {(MG, group), (B.group, ids[none])} <= here
    assert (B.workspace, ids["eve"]) not in here
    assert listed(fresh, SUBSCRIPTION, f"principalId eq '{ids[none]}'") == {(B.group, ids[none])}
    through = listed(fresh, SUBSCRIPTION, f"assignedTo('{ids[none]}')")
    assert through == {(B.group, ids[none]), (MG, group)}
    both = f"atScope() and assignedTo('{ids[none]}')"
    assert listed(fresh, A.group, both) == {(MG, group)}
    refused = fresh.get("admin", f"{B.group}/providers/{AUTHORIZATION}/roleAssignments?$filter=x")
    assert refused.code == "InvalidFilter"


def test_a_list_shows_nothing_from_above_that_its_reader_may_not_read(fresh: Two):
    fresh.grant(B.group, OWNER, fresh.ids["eve"])
    give(fresh, MG, READER, fresh.ids["bo"])
    shown = listed(fresh, B.group, who="eve")
    assert shown
    assert all(scope.startswith(B.group) for scope, _ in shown)


def test_permissions_tell_the_caller_what_they_may(fresh: Two):
    def asked(who: str, scope: str) -> Any:
        target = f"{scope}/providers/{AUTHORIZATION}/permissions"
        return fresh.made(who, Request("GET", target)).json()["value"]

    assert asked("stranger", A.workspace) == []
    [first] = [one for one in asked("eve", B.workspace) if one["actions"]]
    assert f"{ML}/workspaces/delete" in first["notActions"]
    assert asked("eve", A.workspace) == []
    # A guest is told no more than is left of an owner.
    [left] = asked("gil", B.group)
    assert "Microsoft.Authorization/*/write" in left["notActions"]


KINDS = [("users", "eve"), ("groups", "team"), ("servicePrincipals", "robot")]


@pytest.mark.parametrize(("kind", "name"), KINDS)
def test_with_a_principal_goes_all_that_names_it(fresh: Two, kind: str, name: str):
    made = fresh.made("admin", Request("PUT", f"/estate/v1/{kind}/{name}", {})).json()
    principal = made["objectId"]
    give(fresh, A.group, READER, principal)
    for id, said in (
        ("alone", {"principals": [{"id": principal}]}),
        ("both", {"principals": [{"id": principal}, {"id": fresh.ids["bo"]}]}),
        ("except", {"excludePrincipals": [{"id": principal}]}),
    ):
        denial = f"{B.group}/providers/Mlestate.Organization/denials/{id}"
        body = {"properties": {"permissions": [{"actions": ["X.Y/z"]}], **said}}
        fresh.made("admin", Request("PUT", denial, body))
    view = f"/providers/Mlestate.Organization/people/{principal}/savedViews/mine"
    if kind == "users":
        fresh.made(name, Request("PUT", view, {"properties": {"words": "x"}}))
    fresh.made("admin", Request("DELETE", f"/estate/v1/{kind}/{name}"))
    rows = [fresh.made("admin", Request("GET", id)).text for id in everything(fresh)]
    assert all(principal not in text.lower() for text in rows)
    names = {id.rpartition("/")[2] for id in everything(fresh)}
    assert {"both", "except"} <= names
    assert "alone" not in names
    with fresh.estate.cells.estate.read() as connection:
        found = connection.exec_driver_sql("SELECT key, document FROM resources").all()
    assert not [row for row in found if principal in f"{row.key} {row.document}"]
    # Whoever comes under the same id has nothing of it.
    again = {"objectId": principal}
    fresh.made("admin", Request("PUT", f"/estate/v1/{kind}/{name}", again))
    assert principal not in {held for _, held in listed(fresh, SUBSCRIPTION)}


def test_the_last_assignment_that_lets_anybody_give_rights_stays(fresh: Two):
    """Gil is Owner at the root too, and a guest, which does not count."""
    uaa = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
    rows = fresh.made("admin", Request("GET", f"/providers/{AUTHORIZATION}/roleAssignments")).json()
    me = fresh.made("admin", Request("GET", "/estate/v1/me")).json()["id"]
    [own] = [
        row["id"]
        for row in rows["value"]
        if row["properties"]["principalId"] == me and row["properties"]["scope"] == "/"
    ]
    refused = fresh.ask("admin", Request("DELETE", own))
    assert (refused.status, refused.code) == (409, "LastOwner"), refused.text
    assert "`admin` is the last who may give rights" in refused.text
    disabled = Request("PUT", "/estate/v1/servicePrincipals/admin", {"enabled": False})
    assert fresh.ask("admin", disabled).code == "LastOwner"
    # Another at the same place is enough, by a group or not, with that role or a like one.
    body = {"members": ["eve"]}
    group = fresh.made("admin", Request("PUT", "/estate/v1/groups/owners", body)).json()
    second = give(fresh, "", uaa, group["objectId"])
    assert second.status == 201, second.text
    fresh.made("admin", Request("DELETE", own))
    assert fresh.ask("eve", Request("DELETE", second.json()["id"])).code == "LastOwner"
    # A role elsewhere, or another one there, goes as ever.
    below = f"{B.group}/providers/{AUTHORIZATION}/roleAssignments/{uuid.uuid4()}"
    fresh.put(below, {"properties": assigned(OWNER, fresh.ids["stranger"])}, "eve")
    fresh.made("eve", Request("DELETE", below))


def test_with_what_they_stand_on_go_assignments_and_denials(fresh: Two):
    """Of a resource of a region, whose extensions are in the estate's own database."""
    before = everything(fresh)
    store = f"{B.workspace}/datastores/workspaceblobstore"
    model = f"{B.workspace}/models/m/versions/1"
    uri = "azureml://datastores/workspaceblobstore/paths/x/"
    fresh.made("eve", Request("PUT", model, {"properties": {"modelUri": uri}}))
    for scope in (model, store, B.account):
        give(fresh, scope, BLOB_OWNER, fresh.ids["stranger"])
        denial = f"{scope}/providers/Mlestate.Organization/denials/d"
        fresh.put(denial, {"properties": {"permissions": [{"actions": ["X.Y/z"]}]}})
    assert len(everything(fresh) - before) == 9
    fresh.made("eve", Request("DELETE", model))
    assert len(everything(fresh) - before) == 6
    fresh.made("admin", Request("DELETE", B.group))
    fresh.work()
    assert everything(fresh) - before == set()
    assert not any(id.startswith(B.group) for id in everything(fresh))


def test_a_member_of_a_nested_group_loses_access_at_the_next_request(fresh: Two):
    for name, members in (("inner", ["stranger"]), ("outer", ["inner"])):
        fresh.made("admin", Request("PUT", f"/estate/v1/groups/{name}", {"members": members}))
    outer = fresh.made("admin", Request("GET", "/estate/v1/groups/outer")).json()["objectId"]
    give(fresh, A.workspace, SCIENTIST, outer)
    assert fresh.get("stranger", A.workspace).status == 200
    fresh.made("admin", Request("PUT", "/estate/v1/groups/inner", {"members": []}))
    assert fresh.get("stranger", A.workspace).status == 403


def test_workspaces_star_read_alone_reads_the_workspace(fresh: Two):
    guid = custom(fresh, [SUBSCRIPTION], actions=[f"{ML}/workspaces/*/read"])
    give(fresh, A.workspace, guid, fresh.ids["stranger"])
    assert fresh.get("stranger", A.workspace).status == 200
    assert fresh.get("stranger", f"{A.workspace}/models").status == 200
    assert fresh.get("stranger", A.account).status == 403


def test_not_actions_of_one_role_do_not_block_what_another_gives(fresh: Two):
    less = custom(fresh, [SUBSCRIPTION], actions=[f"{ML}/*"], notActions=[f"{ML}/*/delete"])
    more = custom(fresh, [SUBSCRIPTION], actions=[f"{ML}/workspaces/jobs/delete"])
    give(fresh, A.workspace, less, fresh.ids["stranger"])
    job = f"{A.workspace}/jobs/numbat-job"
    assert fresh.ask("stranger", Request("DELETE", job)).status == 403
    give(fresh, A.workspace, more, fresh.ids["stranger"])
    assert fresh.ask("stranger", Request("DELETE", job)).status != 403


def test_an_owner_reads_no_blob_until_a_data_role_is_given(fresh: Two):
    fresh.grant(SUBSCRIPTION, OWNER, fresh.ids["stranger"])
    blob = f"{A.blobs}/{fresh.bo.container}/numbat/data.csv"
    assert fresh.get("stranger", blob).status == 403
    give(fresh, A.account, BLOB_OWNER, fresh.ids["stranger"])
    assert fresh.get("stranger", blob).status == 200
