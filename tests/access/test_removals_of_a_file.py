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


def test_a_person_does_not_become_a_group_of_the_same_name_and_the_plan_says_so(
    applying: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "estate.yaml"
    with_one = text(("people:\n", "people:\n  loner: {name: Loner}\n"))
    assert apply(path, with_one) == 0
    grouped = text(("groups:\n", "groups:\n  loner: {name: Loners}\n"))
    path.write_text(grouped)
    for options in ((), ("--prune",)):
        [step] = planned(path, capsys, *options)["changes"]
        assert step["obstacle"].startswith("`loner` is there as a user, and nobody else can")
        assert apply(path, grouped, *options) == 1
    assert run(["delete", "user", "loner"]) == 0
    assert apply(path, grouped) == 0
