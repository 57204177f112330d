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
