"""Role definitions and assignments."""

import copy
from typing import Any

import pytest

from mlestate.core.resource import View
from tests.catalog.faults import faults, show, write
from tests.catalog.golden import EVERY, GROUP, PRINCIPAL, SUBSCRIPTION

MG = "/providers/Microsoft.Management/managementGroups"
PLACE = "$.properties"


def role(**changed: Any) -> dict[str, Any]:
    body = copy.deepcopy(EVERY["definition"]["body"])
    body["properties"].update(changed)
    return body


def role_faults(**changed: Any) -> set[str]:
    return set(faults(EVERY["definition"]["id"], role(**changed)))


def test_every_fault_of_a_role_is_told():
    permissions = [
        {"actions": ["Microsoft.X/*/y/*", "*/read", "nonsense"], "notActions": ["a b/c"]},
        {"dataActions": ["Microsoft.X/y/*"], "notDataActions": ["**"]},
    ]
    assert role_faults(permissions=permissions, type="builtinrole", assignableScopes=["/"]) == {
        f"{PLACE}.type",
        f"{PLACE}.permissions[0].actions[0]",
        f"{PLACE}.permissions[0].actions[2]",
        f"{PLACE}.permissions[0].notActions[0]",
        f"{PLACE}.permissions[1].notDataActions[0]",
        f"{PLACE}.assignableScopes[0]",
    }


@pytest.mark.parametrize("action", ["*", "*/read", "Microsoft.X/*", "Microsoft.X/y-z/w.v/read"])
def test_actions_with_one_wildcard_are_taken(action: str):
    assert write(EVERY["definition"]["id"], role(permissions=[{"actions": [action]}]))


@pytest.mark.parametrize("permissions", [[], [{}], [{"notActions": ["*"]}]])
def test_a_role_gives_something(permissions: list[Any]):
    assert role_faults(permissions=permissions) == {f"{PLACE}.permissions"}


@pytest.mark.parametrize(
    ("scopes", "places"),
    [
        ([], {f"{PLACE}.assignableScopes"}),
        ([SUBSCRIPTION] * 2001, {f"{PLACE}.assignableScopes"}),
        ([f"{MG}/a", f"{MG}/b"], {f"{PLACE}.assignableScopes"}),
        (["/subscriptions/*", SUBSCRIPTION], {f"{PLACE}.assignableScopes[0]"}),
        ([f"{SUBSCRIPTION}/resourceGroups"], {f"{PLACE}.assignableScopes[0]"}),
    ],
)
def test_scopes_of_a_role_are_checked(scopes: list[str], places: set[str]):
    assert role_faults(assignableScopes=scopes) == places


@pytest.mark.parametrize("scope", [SUBSCRIPTION, f"{GROUP}/", f"{MG}/root", GROUP.lower()])
def test_scopes_are_groups_subscriptions_and_management_groups(scope: str):
    assert write(EVERY["definition"]["id"], role(assignableScopes=[scope]))


def assignment(**changed: Any) -> dict[str, Any]:
    body = copy.deepcopy(EVERY["assignment"]["body"])
    body["properties"].update(changed)
    return body


def test_an_assignment_says_at_which_scope_it_is_and_who_made_it():
    shown = show(write(EVERY["assignment"]["id"], assignment()), View())
    assert shown["scope"] == GROUP
    assert shown["createdBy"] == PRINCIPAL
    assert shown["createdOn"].endswith("Z")


def test_an_assignment_at_the_root_has_the_root_as_its_scope():
    root = EVERY["assignment"]["id"].removeprefix(GROUP)
    assert show(write(root, assignment()))["scope"] == "/"


@pytest.mark.parametrize(
    ("asked", "within"),
    [(None, SUBSCRIPTION), ("", SUBSCRIPTION), ("other", "/subscriptions/other")],
)
def test_an_assignment_names_its_role_as_the_subscription_does_that_is_asked(
    asked: str | None, within: str
):
    sent = assignment()["properties"]["roleDefinitionId"].removeprefix(SUBSCRIPTION)
    written = write(EVERY["assignment"]["id"], assignment(roleDefinitionId=sent))
    assert show(written, View(subscription=asked))["roleDefinitionId"] == f"{within}{sent}"


def test_every_fault_of_an_assignment_is_told():
    sent = {"roleDefinitionId": "Owner", "principalId": "me", "condition": "(1)"}
    assert set(faults(EVERY["assignment"]["id"], assignment(**sent))) == {
        f"{PLACE}.roleDefinitionId",
        f"{PLACE}.principalId",
        f"{PLACE}.condition",
    }


def test_an_assignment_stays_with_its_role_and_principal():
    place = EVERY["assignment"]["id"]
    old = write(place, assignment())
    same = assignment()["properties"]["roleDefinitionId"].removeprefix(SUBSCRIPTION).upper()
    assert write(place, assignment(roleDefinitionId=same, description="why"), old)
    other = "44444444-4444-4444-4444-444444444444"
    assert set(faults(place, assignment(principalId=other), old)) == {f"{PLACE}.principalId"}
