"""What a file names no more, and people use by hand: a plan says what an apply can do."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from mlestate.cli.main import run
from mlestate.estate.compile import compile_estate
from mlestate.estate.load import load
from tests.access.asking import House, Request
from tests.access.two_workspaces import AUTHORIZATION
from tests.estates import broken

# Production is in another subscription than the definitions of roles.
ONE = "11111111-1111-1111-1111-111111111111"
TWO = (
    (f"{{one: {ONE}}}", f"{{one: {ONE}, two: {ONE.replace('1', '2')}}}"),
    ("prod: {subscription: one", "prod: {subscription: two"),
)
WITHOUT = (
    ("prod: [mlops, ", "prod: ["),
    ("  mlops: {actions", "  other: {actions"),
)
BOXED = ("prod: [mlops, ", "prod: [{eligible: Owner, hours: 2, approvers: science}, mlops, ")


def text(*changes: tuple[str, str]) -> str:
    return broken(*TWO, *changes)


def apply(path: Path, said: str, *options: str) -> int:
    path.write_text(said)
    return run(["apply", str(path), *options])


def planned(path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    capsys.readouterr()
    run(["plan", str(path), *options, "-o", "json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def only(said: str, kind: str) -> Any:
    [found] = (each for each in compile_estate(load(said)) if each.type.endswith(f"/{kind}"))
    return found


def given_by_hand(house: House, role: str, kind: str, scope: str, **said: Any) -> str:
    bot = house.made("admin", Request("GET", "/estate/v1/servicePrincipals/bot")).json()["objectId"]
    id = f"{scope}/providers/{AUTHORIZATION}/{kind}/{uuid.uuid4()}"
    body = {"properties": {"roleDefinitionId": role, "principalId": bot, **said}}
    house.made("admin", Request("PUT", id, body))
    return id


def test_a_role_that_is_given_by_hand_stays_and_the_plan_says_for_what(
    applying: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "estate.yaml"
    assert apply(path, text()) == 0
    role = only(text(), "roleDefinitions").id
    two = f"/subscriptions/{ONE.replace('1', '2')}"
    assignment = given_by_hand(applying, role, "roleAssignments", two)
    path.write_text(text(*WITHOUT))
    [entry] = (
        each
        for each in planned(path, capsys, "--prune")["deletes"]
        if each["type"].endswith("roleDefinitions")
    )
    assert (entry["deleted"], f"`{assignment}` gives it" in entry["stays"]) == (False, True)
    assert apply(path, text(*WITHOUT), "--prune") == 1
    assert "failed" not in capsys.readouterr().out
    applying.made("admin", Request("DELETE", assignment))
    assert apply(path, text(*WITHOUT), "--prune") == 0


def test_terms_that_somebody_rests_on_by_hand_stay(
    applying: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "estate.yaml"
    assert apply(path, text(BOXED), "--prune") == 0, capsys.readouterr()
    mine = only(text(BOXED), "roleEligibilityScheduleRequests")
    scope = mine.id.partition(f"/providers/{AUTHORIZATION}/")[0]
    owner = mine.body["properties"]["roleDefinitionId"]
    eligible = given_by_hand(
        applying, owner, "roleEligibilityScheduleRequests", scope, requestType="AdminAssign"
    )
    assert apply(path, text(), "--prune") == 1
    out = capsys.readouterr()
    assert f"`{eligible}` gives it, or rests on it" in out.out + out.err
    policies = applying.made(
        "admin", Request("GET", only(text(BOXED), "roleManagementPolicies").id)
    )
    assert policies.status == 200
    applying.made("admin", Request("DELETE", eligible))
    assert apply(path, text(), "--prune") == 0


def test_a_person_becomes_a_group_of_the_same_name_once_they_are_pruned(
    applying: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "estate.yaml"
    person, group = ("people:\n", "  solo: {name: Solo}\n"), ("groups:\n", "  solo: {name: Us}\n")
    person, group = ((key, key + line) for key, line in (person, group))
    assert apply(path, text(person)) == 0
    path.write_text(text(group))
    [step] = planned(path, capsys)["changes"]
    assert step["obstacle"] == (
        "`solo` is there as a user, and nobody else can have the name: `--prune` deletes it first;"
        " or choose another id"
    )
    assert apply(path, text(group)) == 1
    [step] = planned(path, capsys, "--prune")["changes"]
    assert step["replaces"] == "/estate/v1/users/solo"
    assert apply(path, text(group), "--prune") == 0
    assert applying.get("admin", "/estate/v1/groups/solo").status == 200
    assert applying.get("admin", "/estate/v1/users/solo").status == 404
    assert planned(path, capsys, "--prune")["changes"] == []


def test_who_was_made_by_hand_keeps_the_name_and_the_plan_says_what_to_do(
    applying: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "estate.yaml"
    assert apply(path, text(), "--prune") == 0
    applying.made("admin", Request("PUT", "/estate/v1/users/Hand", {}))
    said = text(("groups:\n", "groups:\n  hand: {name: Hands}\n"))
    path.write_text(said)
    [step] = planned(path, capsys, "--prune")["changes"]
    assert "`mlestate delete user hand`, then apply" in step["obstacle"]
    assert apply(path, said, "--prune") == 1
    assert run(["delete", "user", "hand"]) == 0
    assert apply(path, said, "--prune") == 0
