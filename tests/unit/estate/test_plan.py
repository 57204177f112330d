"""The file against what there is; only what the file states counts."""

from __future__ import annotations

import pytest

from mlestate.estate.compile import compile_estate
from mlestate.estate.desired import Desired
from mlestate.estate.planning.compare import differences
from mlestate.estate.planning.plan import plan
from tests.estates import Bulk, Memory, small

ROLES = "providers/Microsoft.Authorization/roleDefinitions"
ANA = Desired("/estate/v1/users/ana", "mlestate/users", {"displayName": "Ana"})


def test_all_is_new_where_nothing_is():
    found = plan([ANA], Memory())
    assert [step.action for step in found.steps] == ["create"]
    assert found.exit_code == 2


def test_nothing_is_to_do_when_all_is_there():
    port = Memory()
    port.put(ANA.id, {"displayName": "Ana", "clientId": "the server's own"})
    found = plan([ANA], port)
    assert (found.changes, found.exit_code) == ([], 0)


def test_a_change_says_what_was_and_what_will_be():
    port = Memory()
    port.put(ANA.id, {"displayName": "Anna"})
    (step,) = plan([ANA], port).changes
    (reason,) = step.reasons
    assert (reason.path, reason.before, reason.after) == ("displayName", "Anna", "Ana")


def test_a_port_that_gives_all_at_once_is_asked_once():
    port, desired = Bulk(), compile_estate(small())
    for each in desired:
        port.put(each.id, each.body)
    assert plan(desired, port).exit_code == 0
    assert port.gets == []


def test_what_the_snapshot_does_not_show_is_looked_up():
    port = Bulk()
    port.put(ANA.id, ANA.body)
    port.snapshot = lambda types: {}  # type: ignore[method-assign,assignment]
    assert plan([ANA], port).exit_code == 0
    assert port.gets == [ANA.id]


def test_what_is_not_in_the_file_is_listed_and_changes_nothing():
    port = Bulk()
    port.put(ANA.id, ANA.body)
    port.put("/estate/v1/users/Eve", {"displayName": "Eve"})
    found = plan([ANA], port)
    assert found.extra == ["/estate/v1/users/Eve"]
    assert found.exit_code == 0


def test_a_built_in_role_is_nobodys_leftover():
    port = Bulk()
    port.put("/roles/owner", {"properties": {"type": "BuiltInRole"}})
    assert plan([ANA], port).extra == []


def test_the_record_of_a_right_that_ended_is_nobodys_leftover():
    port = Bulk()
    for status in ("Provisioned", "Revoked"):
        port.put(f"/eligible/{status}", {"properties": {"principalId": "a", "status": status}})
    assert plan([ANA], port).extra == ["/eligible/Provisioned"]


def test_rights_that_the_estate_was_founded_with_are_nobodys_leftover():
    port = Bulk()
    port.put("/grants/1", {"properties": {"principalId": "a", "createdBy": "mlestate"}})
    port.put("/grants/2", {"properties": {"principalId": "a", "createdBy": "ana"}})
    assert plan([ANA], port).extra == ["/grants/2"]


@pytest.mark.parametrize(
    ("desired", "actual"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"location": "westeurope"}, {"location": "West Europe"}),
        ({"tags": {"Owner": "x"}}, {"tags": {"owner": "x", "more": "y"}}),
        ({"members": ["ana", "bot"]}, {"members": ["bot", "Ana"]}),
        ({"scopes": ["/subscriptions/A"]}, {"scopes": ["/subscriptions/a"]}),
        ({"properties": {"principalId": "ab"}}, {"properties": {"principalId": "AB"}}),
        ({"notActions": []}, {}),
        ({"roleDefinitionId": f"/{ROLES}/a"}, {"roleDefinitionId": f"/subscriptions/s/{ROLES}/A"}),
        (
            {"permissions": [{"actions": ["b", "a"]}]},
            {"permissions": [{"actions": ["a", "b"], "x": 1}]},
        ),
    ],
)
def test_these_are_the_same(desired: dict, actual: dict):
    assert list(differences(desired, actual)) == []


@pytest.mark.parametrize(
    ("desired", "actual", "path"),
    [
        ({"a": True}, {"a": 1}, "a"),
        ({"a": {"b": 1}}, {"a": None}, "a.b"),
        ({"members": ["ana"]}, {"members": ["ana", "eve"]}, "members"),
        ({"members": []}, {"members": ["eve"]}, "members"),
        ({"tags": {"owner": "X"}}, {"tags": {"owner": "x"}}, "tags.owner"),
        ({"displayName": "a"}, {}, "displayName"),
        ({"roleId": f"/{ROLES}/a"}, {"roleId": f"/subscriptions/s/{ROLES}/b"}, "roleId"),
        ({"roleId": f"/{ROLES}/a"}, {"roleId": f"/{ROLES}/x/a"}, "roleId"),
    ],
)
def test_these_are_not(desired: dict, actual: dict, path: str):
    assert [each.path for each in differences(desired, actual)] == [path]
