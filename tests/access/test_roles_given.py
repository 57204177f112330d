"""A role is given by one rule, however it is given: assigned, for some time, to be activated, for
emergencies."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from mlestate.core import ids
from mlestate.store.resources import Resources
from tests.access.asking import Answer, Request
from tests.access.test_assignments import MG, NOBODY, custom
from tests.access.two_workspaces import AUTHORIZATION, OWNER, SUBSCRIPTION, A, B, Two, assigned

_HOUR = {"scheduleInfo": {"expiration": {"type": "AfterDuration", "duration": "PT1H"}}}
_REACH = "RoleAssignmentScopeNotAssignableToRoleDefinition"
_USED = "RoleDefinitionHasAssignments"
_WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "assigned": (f"{AUTHORIZATION}/roleAssignments", {}),
    "for some time": (
        f"{AUTHORIZATION}/roleAssignmentScheduleRequests",
        {"requestType": "AdminAssign", **_HOUR},
    ),
    "to be activated": (
        f"{AUTHORIZATION}/roleEligibilityScheduleRequests",
        {"requestType": "AdminAssign", **_HOUR},
    ),
    "for emergencies": ("Mlestate.Organization/breakGlass", {}),
}
ways = pytest.mark.parametrize("way", _WAYS)


def give(two: Two, way: str, scope: str, role: str, principal: str, who: str = "admin") -> Answer:
    kind, said = _WAYS[way]
    body = {"properties": {**assigned(role, principal), **said}}
    return two.ask(who, Request("PUT", f"{scope}/providers/{kind}/{uuid.uuid4()}", body))


def activate(two: Two, scope: str, role: str, who: str) -> Answer:
    kind = f"{AUTHORIZATION}/roleAssignmentScheduleRequests"
    said = {**assigned(role, two.ids[who]), "requestType": "SelfActivate", "justification": "x"}
    body = {"properties": {**said, **_HOUR}}
    return two.ask(who, Request("PUT", f"{scope}/providers/{kind}/{uuid.uuid4()}", body))


def rescope(two: Two, guid: str, *scopes: str, who: str = "admin", at: str = "") -> Answer:
    id = f"{at or SUBSCRIPTION}/providers/{AUTHORIZATION}/roleDefinitions/{guid}"
    body = two.made("admin", Request("GET", id)).json()
    body["properties"]["assignableScopes"] = list(scopes)
    return two.ask(who, Request("PUT", id, body))


@ways
def test_a_custom_role_is_given_where_it_says_alone(fresh: Two, way: str):
    guid, stranger = custom(fresh, [A.group], actions=["*/read"]), fresh.ids["stranger"]
    for scope in (B.group, B.workspace, SUBSCRIPTION, MG):
        refused = give(fresh, way, scope, guid, stranger)
        assert (refused.status, refused.code) == (400, _REACH), (scope, refused.text)
    assert fresh.get("stranger", B.group).status == 403
    assert activate(fresh, B.group, guid, "stranger").status == 403
    assert give(fresh, way, A.workspace, guid, stranger).status == 201


@ways
def test_a_custom_role_with_data_actions_is_given_below_the_management_group(fresh: Two, way: str):
    guid = custom(fresh, [MG], dataActions=["Microsoft.Storage/*/read"])
    stranger = fresh.ids["stranger"]
    assert give(fresh, way, MG, guid, stranger).status == 400
    assert give(fresh, way, A.group, guid, stranger).status == 201


@ways
def test_what_is_wrong_is_said_at_once_and_in_the_same_words(fresh: Two, way: str):
    refused = give(fresh, way, A.group, NOBODY, NOBODY).json()["error"]
    told = [(each["code"], each["target"]) for each in refused["details"]]
    assert told == [
        ("RoleDefinitionDoesNotExist", "$.properties.roleDefinitionId"),
        ("PrincipalNotFound", "$.properties.principalId"),
    ]


@ways
def test_no_guest_is_given_a_role_beyond_their_scopes(fresh: Two, way: str):
    guid = custom(fresh, [SUBSCRIPTION], actions=["*/read"])
    assert give(fresh, way, A.group, guid, fresh.ids["gil"]).code == "GuestOutOfScope"


def test_what_could_be_activated_before_the_role_reached_it_no_more_is_not(fresh: Two):
    """As an estate may have it from a time at which this was not held to."""
    guid = custom(fresh, [A.group, B.group], actions=["*/read"])
    assert give(fresh, "to be activated", B.group, guid, fresh.ids["stranger"]).status == 201
    id = ids.parse(f"{SUBSCRIPTION}/providers/{AUTHORIZATION}/roleDefinitions/{guid}")
    with fresh.estate.cells.estate.turn() as connection:
        store = Resources(connection)
        found = store.load(id.key)
        assert found is not None
        store.save(found.with_properties(assignableScopes=[A.group]), str(uuid.uuid4()))
    assert activate(fresh, B.group, guid, "stranger").code == _REACH
    assert fresh.get("stranger", B.group).status == 403


@ways
def test_a_role_reaches_and_stays_where_it_is_given(fresh: Two, way: str):
    guid = custom(fresh, [A.group, B.group], actions=["*/read"])
    given = give(fresh, way, B.group, guid, fresh.ids["stranger"])
    assert given.status == 201, given.text
    definition = f"{SUBSCRIPTION}/providers/{AUTHORIZATION}/roleDefinitions/{guid}"
    assert rescope(fresh, guid, A.group).code == _USED
    refused = fresh.ask("admin", Request("DELETE", definition))
    assert refused.code == _USED
    assert given.json()["id"] in refused.text
    assert rescope(fresh, guid, B.group).status == 201
    fresh.made("admin", Request("DELETE", given.json()["id"]))
    assert rescope(fresh, guid, A.group).status == 201
    fresh.made("admin", Request("DELETE", definition))


@ways
def test_where_it_is_given_is_told_to_who_may_read_that(fresh: Two, way: str):
    """Eve may write and delete roles everywhere, and sees what is given in her own group alone."""
    writer = custom(fresh, [SUBSCRIPTION], actions=[f"{AUTHORIZATION}/roleDefinitions/*"])
    fresh.grant(SUBSCRIPTION, writer, fresh.ids["eve"])
    guid = custom(fresh, [A.group, B.group], actions=["*/read"])
    given = give(fresh, way, A.group, guid, fresh.ids["stranger"]).json()
    definition = f"{SUBSCRIPTION}/providers/{AUTHORIZATION}/roleDefinitions/{guid}"
    for refused in (
        rescope(fresh, guid, B.group, who="eve"),
        fresh.ask("eve", Request("DELETE", definition)),
    ):
        assert refused.code == _USED
        assert given["name"] not in refused.text
        assert A.mark not in refused.text


def test_who_owns_one_of_its_scopes_does_not_delete_a_role(fresh: Two):
    """Its definition stands in a group that eve owns; it is assignable in another, too."""
    fresh.grant(B.group, OWNER, fresh.ids["eve"])
    guid = custom(fresh, [A.group, B.group], at=B.group, actions=["*/read"])
    id = f"{B.group}/providers/{AUTHORIZATION}/roleDefinitions/{guid}"
    refused = fresh.ask("eve", Request("DELETE", id))
    assert (refused.status, refused.code) == (403, "AuthorizationFailed")
    assert rescope(fresh, guid, B.group, at=B.group).status == 201
    fresh.made("eve", Request("DELETE", id))


def test_no_role_is_widened_by_who_owns_less_than_it_reaches(fresh: Two):
    """As it is and as it is wanted; what is given elsewhere would change with it."""
    fresh.grant(B.group, OWNER, fresh.ids["eve"])
    guid = custom(fresh, [A.group, B.group], at=B.group, actions=["*/read"])
    id = f"{B.group}/providers/{AUTHORIZATION}/roleDefinitions/{guid}"
    wide: dict[str, Any] = {"permissions": [{"actions": ["*"]}], "assignableScopes": [B.group]}
    for scopes in ([B.group], [A.group, B.group]):
        body = {"properties": wide | {"roleName": "wide", "assignableScopes": scopes}}
        for method in ("PUT", "PATCH"):
            assert fresh.ask("eve", Request(method, id, body)).status == 403
    own = custom(fresh, [B.group], at=B.group, actions=["*/read"])
    assert rescope(fresh, own, B.group, A.group, who="eve", at=B.group).status == 403
