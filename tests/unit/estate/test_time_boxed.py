"""Roles of a file that are not held: who may activate them, on which terms, and emergencies."""

from __future__ import annotations

from typing import Any

import pytest

from mlestate.catalog.role_policies import terms
from mlestate.core.errors import Invalid
from mlestate.estate.compile import compile_estate
from mlestate.estate.compile.identities import object_id
from mlestate.estate.desired import Desired
from mlestate.estate.layout.explain import explain
from mlestate.estate.load import load, read
from mlestate.estate.planning.graph import dependencies
from mlestate.estate.spec import Eligible
from tests.estates import broken, small

PROD = "prod: [mlops, Storage Blob Data Reader]"
TERMS = "{eligible: mlops, hours: 4, approvers: science}"
BOXED = (PROD, f"prod: [Storage Blob Data Reader, {TERMS}]")
GROUP = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-fraud-prod"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/mlw-fraud-prod"
AUTHORIZATION = "Microsoft.Authorization"


def of_type(kind: str, *changes: tuple[str, str]) -> list[Desired]:
    return [each for each in compile_estate(small(*changes)) if each.type.endswith(f"/{kind}")]


def faults(*changes: tuple[str, str]) -> list[str]:
    with pytest.raises(Invalid) as refused:
        load(broken(*changes))
    return [str(detail) for detail in refused.value.details]


def test_a_role_may_be_held_and_within_reach_at_once():
    gives = small(BOXED).roles["engineer"]["prod"]
    assert gives == (
        "Storage Blob Data Reader",
        Eligible(eligible=("mlops",), hours=4, approvers=("science",)),
    )
    alone = small((PROD, "prod: {eligible: mlops}")).roles["engineer"]["prod"]
    assert alone == (Eligible(eligible=("mlops",)),)


def test_an_eligibility_is_asked_for_and_no_assignment():
    [eligibility] = of_type("roleEligibilityScheduleRequests", BOXED)
    group = object_id("small", "Group", "sg-ml-fraud-engineer-prod")
    said: Any = eligibility.body["properties"]
    assert eligibility.id.startswith(f"{WORKSPACE}/providers/{AUTHORIZATION}/")
    assert (said["principalId"], said["requestType"]) == (group, "AdminAssign")
    before, after = of_type("roleAssignments"), of_type("roleAssignments", BOXED)
    assert len(before) - len(after) == 1
    assert of_type("roleEligibilityScheduleRequests") == []


def test_the_terms_are_there_before_the_eligibility():
    desired = compile_estate(small(BOXED))
    [policy] = of_type("roleManagementPolicies", BOXED)
    [link] = of_type("roleManagementPolicyAssignments", BOXED)
    [eligibility] = of_type("roleEligibilityScheduleRequests", BOXED)
    properties: Any = policy.body["properties"]
    found = terms(properties)
    assert (found.longest, found.justification) == (4 * 3600.0, True)
    assert found.approvers == (object_id("small", "Group", "science"),)
    needs = dependencies(desired)
    assert link.id.lower() in needs[eligibility.id.lower()]
    assert policy.id.lower() in needs[link.id.lower()]
    assert "/estate/v1/groups/science" in needs[policy.id.lower()]


def test_members_of_the_whole_estate_are_eligible_in_subscriptions():
    role = "  platform: {dev: {eligible: Owner, hours: 1}, prod: {eligible: Owner, hours: 1}}\n"
    found = of_type(
        "roleEligibilityScheduleRequests",
        ("customRoles:\n", f"{role}customRoles:\n"),
        ("divisions:\n", "members: {platform: science}\ndivisions:\n"),
    )
    assert {each.id.partition("/providers/")[0].count("/") for each in found} == {2}
    assert len(found) == 2  # a group for each environment


def test_a_project_may_say_other_terms():
    own = "fraud: {roles: {engineer: {prod: {eligible: mlops, hours: 1}}}, members:"
    [policy] = of_type("roleManagementPolicies", BOXED, ("fraud: {members:", own))
    properties: Any = policy.body["properties"]
    assert terms(properties).longest == 3600.0


def test_who_may_break_the_glass_may_so_in_each_group():
    glass = ("containerRegistry: true}", "containerRegistry: true, breakGlass: {who: ana}}")
    [found] = of_type("breakGlass", glass)
    said: Any = found.body["properties"]
    assert found.id.startswith(f"{GROUP}/providers/Mlestate.Organization/breakGlass/")
    assert said["principalId"] == object_id("small", "User", "ana")
    assert said["roleDefinitionId"].endswith("b24988ac-6180-42a0-ab88-20f7382dd24c")
    assert said["maximumDuration"] == "PT1H"


def test_all_faults_are_told_at_once():
    said = "prod: [mlops, {eligible: [mlops, nope], hours: 99, approvers: [bot, nobody]}]"
    glass = ("containerRegistry: true}", "containerRegistry: true, breakGlass: {who: bot}}")
    found = faults((PROD, said), glass)
    for words in (
        "`mlops` is held anyway: keep one of the two",
        "unknown role `nope`",
        "`99` is not from 1 to 24 hours",
        "`bot` is a program: name a group or a person",
        "unknown group or person `nobody`",
    ):
        assert [each for each in found if words in each], (words, found)
    assert len(found) == 6


def test_one_azure_role_has_one_set_of_terms_at_a_place():
    other = ("scientist: {dev: AzureML Data Scientist, prod: none}",)
    said = "scientist: {dev: AzureML Data Scientist, prod: {eligible: mlops, hours: 2}}"
    [fault] = faults(BOXED, (*other, said))
    assert "may activate `mlops` in `prod` on other terms than `scientist`" in fault


def test_an_unknown_key_is_told_with_its_neighbour():
    [fault] = faults((PROD, "prod: {eligible: mlops, hour: 4}"))
    assert "unknown key `hour`" in fault
    assert "`hours`" in fault


def test_it_is_explained_where_it_comes_from():
    estate, source = read(broken(BOXED))
    [found] = explain(estate, source, "fraud.prod.roles.engineer")
    held, boxed = found.value  # type: ignore[misc]
    assert held == "Storage Blob Data Reader"
    assert dict(boxed) == {"eligible": ("mlops",), "hours": 4, "approvers": ("science",)}
