"""Projects of several regions that become one workspace: where each went, and from which region."""

from __future__ import annotations

from mlestate.cli.plans import as_document, as_text
from mlestate.core.bundle import Bundle
from mlestate.estate.applying.lease import Holder
from mlestate.estate.applying.reconcile import Survey, Wanted, carry_out, survey
from mlestate.estate.port import OneByOne
from tests.estates import Bulk, broken

ABROAD = "\n      loans: {region: eastus, members: {scientist: ana}}"
MEMBERS = "fraud: {members: {scientist: science, engineer: bot}}"
APART = broken((MEMBERS, MEMBERS + ABROAD))
MERGED = APART.replace("region: eastus, ", "").replace(
    "workspacePer: project", "workspacePer: division"
)
TRAINED = broken(("fraud: {", "fraud: {regions: {train: [westeurope, eastus]}, "))


def look(port: Bulk, text: str) -> Survey:
    return survey(Wanted(Bundle(text)), port)


def applied(*texts: str) -> Bulk:
    port = Bulk()
    for text in texts:
        found = look(port, text)
        carry_out(found, port, OneByOne(), Holder("me", "here"), lambda: port.now)
    return port


def test_what_was_in_another_region_is_named_with_it():
    found = look(applied(APART), MERGED)
    text = as_text(found)
    assert "was rg-fraud-dev/mlw-fraud-dev, rg-loans-dev/mlw-loans-dev\n" in text
    assert (
        "in `westeurope` now: rg-loans-dev/mlw-loans-dev is in `eastus`, and so is its data\n"
        in text
    )
    document = as_document(found)
    (move,) = (e for e in document["changes"] if e["id"].endswith("/workspaces/mlw-claims-dev"))
    assert list(move["fromRegions"].values()) == ["eastus"]
    (old,) = (e for e in document["deletes"] if e["id"].endswith("/workspaces/mlw-loans-dev"))
    assert [each.rsplit("/", 1)[-1] for each in old["successors"]] == ["mlw-claims-dev"]


def test_and_still_is_once_that_is_applied():
    document = as_document(look(applied(APART, MERGED), MERGED))
    (old,) = (e for e in document["deletes"] if e["id"].endswith("/workspaces/mlw-loans-dev"))
    assert [each.rsplit("/", 1)[-1] for each in old["successors"]] == ["mlw-claims-dev"]


def test_a_region_that_a_project_leaves_is_no_move_to_where_it_was_as_well():
    found = look(applied(TRAINED), broken())
    left = [each for each in found.plan.removals if "eus" in each.key]
    assert left
    assert not [each for each in left if each.successors]
