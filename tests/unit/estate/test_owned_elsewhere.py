"""A file names people and groups that a directory owns: it leaves them be and claims none."""

from __future__ import annotations

import pytest

from mlestate.core.bundle import Bundle
from mlestate.core.errors import Invalid
from mlestate.estate.applying.lease import Holder
from mlestate.estate.applying.reconcile import Survey, Wanted, carry_out, survey
from mlestate.estate.port import OneByOne
from tests.estates import Bulk, broken

NAMED = broken(("ana: {name: Ana, groups: [science]}", "ana: {name: Ana}"))
ANA, SCIENCE = "/estate/v1/users/ana", "/estate/v1/groups/science"


def directory(**owned: str) -> Bulk:
    """As it is once a directory has pushed its people, with ids and names of its own."""
    port = Bulk()
    port.put(ANA, {"displayName": "Ana Souza", "objectId": "7", "enabled": True})
    port.put(SCIENCE, {"displayName": "All of Science", "objectId": "8", "members": ["ana", "eve"]})
    port.put("/estate/v1/users/eve", {"displayName": "Eve", "objectId": "9"})
    for id, owner in owned.items():
        port.documents[f"/estate/v1/{id.replace('_', '/')}"]["managedBy"] = owner
    return port


def looked(port: Bulk, text: str = NAMED, prune: bool = False) -> Survey:
    return survey(Wanted(Bundle(text), prune=prune), port)


def test_what_the_directory_owns_is_kept_and_said():
    port = directory(users_ana="scim", groups_science="scim", users_eve="scim")
    found = looked(port)
    steps = {step.desired.id: step for step in found.plan.steps}
    assert steps[ANA].action == steps[SCIENCE].action == "keep"
    assert (
        "1 person and 1 group of the file are owned by the directory (SCIM), and stay as they are "
        "there: `ana`, `science`" in found.plan.notes
    )
    # Thousands may be in the directory: who is not in the file is nobody's surprise.
    assert "/estate/v1/users/eve" not in found.plan.extra


@pytest.mark.parametrize("owner", ["scim", "oidc"])
def test_two_owners_of_a_group_are_one_fault_for_each_person_with_its_place(owner: str):
    port = directory(groups_science=owner)
    port.put("/estate/v1/users/ben", {"displayName": "Ben"})
    text = broken(("  ana: {name", "  ben: {name: Ben, groups: [science]}\n  ana: {name"))
    with pytest.raises(Invalid) as refused:
        looked(port, text)
    assert refused.value.code == "OwnedByDirectory"
    said = [str(each) for each in refused.value.details]
    assert len(said) == 2
    assert said[0].startswith("estate.yaml:")
    assert "who is in group `science` is said by" in said[0]
    assert "out of the groups of `ben`" in said[0]


def test_what_the_directory_took_over_is_not_removed_with_its_line():
    port = Bulk()
    carry_out(looked(port), port, OneByOne(), Holder("me", "`here`"), lambda: port.now)
    port.documents[ANA]["managedBy"] = "scim"
    without = broken(("people:\n  ana: {name: Ana, groups: [science]}\n", "people: {}\n"))
    assert ANA not in [each.desired.id for each in looked(port, without, prune=True).plan.deletes]
