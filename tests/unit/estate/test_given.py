"""Assignments and denials at one scope, and groups in groups."""

from __future__ import annotations

import pytest

from mlestate.core.errors import Invalid
from mlestate.core.rights import EVERYONE
from mlestate.estate.compile import compile_estate
from mlestate.estate.load import load
from mlestate.estate.planning.graph import dependencies, ordered
from tests.estates import broken

SUBSCRIPTION = "/subscriptions/11111111-1111-1111-1111-111111111111"
MG = "/providers/Microsoft.Management/managementGroups/estate"
DENIALS = "providers/Mlestate.Organization/denials"
GIVEN = """\
assignments:
  readers: {role: Reader, at: estate, to: [auditors]}
  looking: {role: mlops, at: estate, to: [auditors]}
  watching: {role: Monitoring Reader, at: one, to: bot}
  mending: {role: Contributor, at: fraud/prod, to: ana}
denials:
  no-clusters:
    at: fraud/prod
    actions: Microsoft.MachineLearningServices/workspaces/computes/*/write
    except: [science]
  no-keys: {at: estate, actions: "*/listKeys/action", to: [ana], below: false}
divisions:
"""
GROUPS = ("science: {name: Science}", "science: {name: Science}\n  auditors: {name: Auditors}")


def given(*changes: tuple[str, str]) -> str:
    text = broken(("divisions:\n", GIVEN), GROUPS)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def test_each_stands_at_the_scope_that_it_names():
    desired = {each.id: each for each in compile_estate(load(given()))}
    mine = [each for each in desired.values() if "roleAssignments" in each.type]
    scopes = {
        (
            each.id.rpartition("/providers/Microsoft.Authorization")[0],
            each.body["properties"]["principalType"],
        )
        for each in mine
    }
    prod = f"{SUBSCRIPTION}/resourceGroups/rg-fraud-prod"
    expected = {(MG, "Group"), (SUBSCRIPTION, "ServicePrincipal"), (prod, "User")}
    assert expected <= scopes
    denied = desired[f"{prod}/{DENIALS}/no-clusters"].body["properties"]
    assert denied["principals"] == [{"id": EVERYONE, "type": "SystemDefined"}]
    science = desired["/estate/v1/groups/science"].body["objectId"]
    assert denied["excludePrincipals"] == [{"id": science, "type": "Group"}]
    keys = desired[f"{MG}/{DENIALS}/no-keys"].body["properties"]
    assert keys["doNotApplyToChildScopes"] is True
    [mlops] = [each for each in desired.values() if each.type.endswith("roleDefinitions")]
    assert mlops.body["properties"]["assignableScopes"] == [SUBSCRIPTION, MG]


def test_denials_are_made_last():
    desired = compile_estate(load(given()))
    made = [each.type for each in ordered(desired, dependencies(desired))]
    assert set(made[-2:]) == {"Mlestate.Organization/denials"}


def test_a_group_is_in_a_group():
    text = given(("auditors: {name: Auditors}", "auditors: {name: Auditors, groups: [science]}"))
    desired = {each.id: each for each in compile_estate(load(text))}
    assert desired["/estate/v1/groups/science"].body["members"] == ["ana", "auditors"]


def test_all_that_is_wrong_with_one_is_told_at_once():
    text = given(
        ("role: Reader, at: estate, to: [auditors]", "role: Readr, at: estat, to: auditrs")
    )
    text = text.replace("at: fraud/prod, to", "at: frau/prod, to", 1)
    with pytest.raises(Invalid) as refused:
        load(text)
    said = [str(each).partition(": ")[2] for each in refused.value.details]
    assert [each.partition(";")[0] for each in said] == [
        "unknown role `Readr`",
        "unknown subscription `estat`",
        "unknown person, group or service principal `auditrs`",
        "unknown solution `frau`",
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("role: Reader, at", "role: Readr, at"), "unknown role `Readr`"),
        (("at: one", "at: two"), "unknown subscription `two`"),
        (("at: fraud/prod, to", "at: frau/prod, to"), "unknown solution `frau`"),
        (("at: fraud/prod, to", "at: fraud/qa, to"), "unknown environment of `fraud` `qa`"),
        (("to: ana}", "to: anna}"), "unknown person, group or service principal `anna`"),
        (("except: [science]", "except: [x]"), "unknown person, group or service principal `x`"),
        (('actions: "*/listKeys/action", ', ""), "denial `no-keys` denies nothing"),
        (("*/listKeys/action", "list keys"), "`list keys` is not an action"),
        (("mlops: {actions", "mlops: {dataActions: [a.b/c], actions"), "on the whole estate"),
        (
            ("auditors: {name: Auditors}", "auditors: {name: Auditors, groups: [auditors]}"),
            "group `auditors` is in itself",
        ),
    ],
)
def test_what_does_not_hold_together_is_told(change: tuple[str, str], said: str):
    with pytest.raises(Invalid) as refused:
        load(given(change))
    assert [one for one in refused.value.details if said in str(one)]
