"""A change of the file that takes access away is honoured by any apply; by none is data lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mlestate.core.bundle import Bundle
from mlestate.core.errors import Conflict
from mlestate.estate.applying.lease import Holder
from mlestate.estate.applying.outcome import Outcome
from mlestate.estate.applying.reconcile import Survey, Wanted, carry_out, survey
from mlestate.estate.port import OneByOne
from tests.estates import SMALL, Bulk, broken

ME = Holder("me", "`here`")
GRANT = "/providers/microsoft.authorization/roleassignments/"
GROUP = "/estate/v1/groups/sg-ml-fraud-engineer-prod"
WITHOUT_PROD = broken(("environments: [dev, prod]", "environments: [dev]"))
NARROWER = broken(("engineer: {dev: Contributor", "engineer: {dev: Reader"))
PER_DIVISION = broken(("workspacePer: project", "workspacePer: division"))
REACH = ("prod: [mlops, ", "prod: [{eligible: mlops, approvers: science}, ")
GLASS = ("containerRegistry: true}", "containerRegistry: true, breakGlass: {who: [ana, science]}}")
LOCK = ("prod: {subscription: one", "prod: {subscription: one, lock: [resourceGroup]")


def look(port: Bulk, text: str) -> Survey:
    return survey(Wanted(Bundle(text)), port)


def run(port: Bulk, text: str = SMALL) -> list[Outcome]:
    return carry_out(look(port, text), port, OneByOne(), ME, lambda: port.now)


def grants(port: Bulk, where: str) -> set[str]:
    return {key for key in port.documents if GRANT in key and where in key.partition(GRANT)[0]}


@pytest.fixture
def port() -> Bulk:
    port = Bulk()
    run(port)
    return port


def test_an_environment_that_is_taken_out_lets_nobody_in_and_keeps_all_else(port: Bulk):
    before = set(port.documents)
    run(port, WITHOUT_PROD)
    assert grants(port, "prod") == set()
    assert all(GRANT in key for key in before - set(port.documents))
    assert port.documents[GROUP]["members"] == []
    assert look(port, WITHOUT_PROD).plan.exit_code == 0


def test_who_was_put_into_a_group_by_hand_stays_in_it(port: Bulk):
    port.documents[GROUP]["members"].append("eve")
    (step,) = (each for each in look(port, WITHOUT_PROD).plan.changes if each.key == GROUP)
    assert [(one.path, one.before, one.after) for one in step.reasons] == [
        ("members", ["bot", "eve"], ["eve"])
    ]
    run(port, WITHOUT_PROD)
    assert port.documents[GROUP]["members"] == ["eve"]
    assert look(port, WITHOUT_PROD).plan.exit_code == 0


def test_of_a_role_that_gives_less_the_old_part_goes(port: Bulk):
    old = grants(port, "rg-fraud-dev")
    results = {each.result for each in run(port, NARROWER)}
    assert results == {"created", "deleted"}
    assert len(old - grants(port, "rg-fraud-dev")) == 1


def test_what_a_division_had_is_open_to_the_same_people_until_it_is_pruned(port: Bulk):
    old = grants(port, "mlw-fraud")
    run(port, PER_DIVISION)
    assert grants(port, "mlw-fraud") == old
    assert look(port, PER_DIVISION).plan.exit_code == 0
    # The file ends it for what it was and for what it is now.
    old = grants(port, "rg-fraud-dev")
    run(port, PER_DIVISION.replace("engineer: {dev: Contributor", "engineer: {dev: Reader"))
    assert len(old - grants(port, "rg-fraud-dev")) == 1


def test_it_does_not_wait_for_what_else_is_to_be_done():
    class Refusing(Bulk):
        def put(self, id: str, body: Mapping[str, Any]) -> dict[str, Any]:
            if "eve" in id:
                raise Conflict("not she")
            return super().put(id, body)

    port = Refusing()
    run(port)
    run(port, WITHOUT_PROD.replace("people:\n", "people:\n  eve: {name: Eve}\n", 1))
    assert port.record("small")["state"] == "Partial"
    assert grants(port, "prod") == set()


def test_under_a_lock_that_stays_it_can_wait_as_nobody_is_in_the_group_any_more():
    port = Bulk()
    run(port, broken(LOCK))
    held = grants(port, "prod")
    text = broken(LOCK).replace("environments: [dev, prod]", "environments: [dev]")
    run(port, text)
    assert (grants(port, "prod"), port.documents[GROUP]["members"]) == (held, [])
    assert look(port, text).plan.exit_code == 0


def test_under_a_lock_of_the_file_itself_the_plan_says_what_the_server_will(port: Bulk):
    run(port, broken(LOCK))
    text = broken(
        LOCK,
        ("engineer: {dev: Contributor, prod: [mlops, ", "engineer: {dev: Contributor, prod: ["),
    )
    (removal,) = look(port, text).plan.deletes
    assert removal.revokes
    assert removal.locked == "`rg-fraud-prod` is locked: take that lock off for this apply"


ELIGIBLE = "/roleeligibilityschedulerequests/"


def of_type(port: Bulk, kind: str) -> list[str]:
    return [key for key in port.documents if kind in key]


@pytest.mark.parametrize("now", [SMALL, broken(("prod: [mlops, ", "prod: [")), WITHOUT_PROD])
def test_a_role_that_nobody_may_activate_any_more_is_taken_back(now: str):
    port = Bulk()
    run(port, broken(REACH))
    assert len(of_type(port, ELIGIBLE)) == 1
    assert look(port, now).plan.exit_code == 2
    run(port, now)
    assert of_type(port, ELIGIBLE) == []
    # The terms give nothing, and what is given by hand may rest on them.
    assert len(of_type(port, "/rolemanagementpolic")) == 2
    assert look(port, now).plan.exit_code == 0


@pytest.mark.parametrize("now", [(), (("who: [ana, science]", "who: []"),)])
def test_who_may_break_the_glass_no_more_is_taken_back(now: tuple[tuple[str, str], ...]):
    port, text = Bulk(), broken(*((GLASS, *now) if now else ()))
    run(port, broken(GLASS))
    assert len(of_type(port, "/breakglass/")) == 2
    assert {each.revokes for each in look(port, text).plan.deletes} == {True}
    run(port, text)
    assert of_type(port, "/breakglass/") == []


def test_one_of_two_who_may_break_the_glass_keeps_that():
    port = Bulk()
    run(port, broken(GLASS))
    run(port, broken(GLASS, ("who: [ana, science]", "who: [science]")))
    assert len(of_type(port, "/breakglass/")) == 1


def test_what_somebody_has_taken_back_by_hand_is_not_taken_back_again():
    port = Bulk()
    run(port, broken(REACH))
    [key] = of_type(port, ELIGIBLE)
    port.documents[key]["properties"]["status"] = "Revoked"
    found = look(port, broken(("prod: [mlops, ", "prod: ["))).plan
    assert (found.exit_code, key in {each.key for each in found.leaves}) == (0, True)


def test_what_may_be_activated_moves_with_its_place_and_keeps_its_terms():
    port = Bulk()
    boxed = broken(
        REACH, ("mlops: {actions: [", "mlops: {actions: [Microsoft.Resources/deployments/write, ")
    )
    run(port, boxed)
    [old] = of_type(port, ELIGIBLE)
    there = old.partition("/providers/")[0]
    port.inside[there] = {"inside": [f"{there}/providers/microsoft.storage/storageaccounts/x"]}
    now = boxed.replace("workspacePer: project", "workspacePer: division")
    run(port, now)
    assert old in port.documents
    carry_out(survey(Wanted(Bundle(now), prune=True), port), port, OneByOne(), ME, lambda: port.now)
    kept = {
        key.partition("/providers/")[2].rpartition("/")[0]
        for key in port.documents
        if key.startswith(f"{there}/providers/microsoft.authorization/role")
    }
    assert len(kept) == 3


def test_a_role_that_comes_to_give_data_is_kept_where_it_was():
    port = Bulk()
    run(port)
    blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
    more = ("workspaces/*/read]}", f"workspaces/*/read], dataActions: [{blobs}]}}")
    plan = look(port, broken(more)).plan
    kinds = [(each.action, each.desired.type.rpartition("/")[2]) for each in plan.changes]
    assert kinds == [("change", "roleDefinitions"), ("create", "roleAssignments")]
    assert plan.deletes == []
