"""What one is told to name with `--delete-data` is all that has to be named, and is enough."""

from __future__ import annotations

import pytest

from mlestate.core.bundle import Bundle
from mlestate.estate.applying.lease import Holder
from mlestate.estate.applying.outcome import Outcome
from mlestate.estate.applying.reconcile import Wanted, carry_out, survey
from mlestate.estate.planning.staying import nameable
from mlestate.estate.port import OneByOne
from tests.estates import SMALL, Bulk, broken

WITHOUT_PROD = broken(("environments: [dev, prod]", "environments: [dev]"))


class Counting(Bulk):
    """Says of what is inside only what is there still."""

    def contents(self, id: str) -> dict[str, object]:
        said = super().contents(id)
        there = [each for each in said.get("inside", ()) if each.lower() in self.documents]
        return {**said, "inside": there}


@pytest.fixture
def port() -> Counting:
    port = Counting()
    run(port, SMALL, ())
    return port


def run(port: Bulk, text: str, named: tuple[str, ...]) -> list[Outcome]:
    found = survey(Wanted(Bundle(text), prune=True), port)
    return carry_out(found, port, OneByOne(), Holder("me", "h"), lambda: port.now, named)


def key_of(port: Bulk, name: str) -> str:
    (key,) = (each for each in port.documents if each.endswith(f"/{name}"))
    return key


def cpu2(port: Bulk) -> None:
    """By hand, in a workspace that goes; and its group's, by the server's word."""
    workspace, group = key_of(port, "mlw-fraud-prod"), key_of(port, "rg-fraud-prod")
    port.put(f"{workspace}/computes/cpu2", {})
    port.inside[workspace] = port.inside[group] = {"inside": [f"{workspace}/computes/cpu2"]}


def test_a_workspace_with_somebodys_compute_goes_once_it_is_named(port: Counting):
    cpu2(port)
    kept = {each.id.rsplit("/")[-1]: each.why for each in run(port, WITHOUT_PROD, ())}
    assert kept["mlw-fraud-prod"].endswith("say `--prune --delete-data mlw-fraud-prod`")
    assert kept["rg-fraud-prod"] == "`mlw-fraud-prod` stays, and this with it"
    outcomes = run(port, WITHOUT_PROD, ("mlw-fraud-prod",))
    assert {each.result for each in outcomes} == {"deleted"}


def test_a_group_with_a_thing_of_somebody_elses_stays_alone(port: Counting):
    group = key_of(port, "rg-fraud-prod")
    mine = f"{group}/providers/microsoft.storage/storageaccounts/mine"
    port.put(mine, {})
    port.inside[group] = {"inside": [mine]}
    outcomes = run(port, WITHOUT_PROD, ())
    assert [each.id.rsplit("/")[-1] for each in outcomes if each.result == "kept"] == [
        "rg-fraud-prod"
    ]
    assert mine in port.documents


def test_only_what_goes_once_it_is_named_is_asked_for(port: Counting):
    cpu2(port)
    port.inside[key_of(port, "rg-fraud-prod")] |= {"holds": {"data": 1}}
    found = survey(Wanted(Bundle(WITHOUT_PROD), prune=True), port)
    assert [each.key.rsplit("/")[-1] for each in nameable(found.plan.deletes)] == ["mlw-fraud-prod"]
