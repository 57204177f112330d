"""A plan that the server is known to refuse is not begun, and says what made it so."""

from __future__ import annotations

import pytest

from mlestate.cli.plans import as_text
from mlestate.core.bundle import Bundle
from mlestate.core.errors import Conflict, Invalid
from mlestate.estate.applying.lease import Holder
from mlestate.estate.applying.reconcile import Wanted, carry_out, survey
from mlestate.estate.load import load
from mlestate.estate.port import OneByOne
from tests.estates import SMALL, Bulk, broken

MISSPELT = broken(("tenant: small.example", "tenant: smalll.example"))


def applied() -> Bulk:
    port = Bulk()
    carry_out(survey(Wanted(Bundle(SMALL)), port), port, OneByOne(), Holder("me", "here"), float)
    return port


WORKSPACES = ("mlw-fraud-dev`: ", "mlw-fraud-prod`: ")


def test_nothing_of_it_is_begun_and_every_step_that_is_stuck_is_named():
    port = applied()
    port.puts.clear()
    found = survey(Wanted(Bundle(MISSPELT)), port)
    with pytest.raises(Conflict) as caught:
        carry_out(found, port, OneByOne(), Holder("me", "here"), lambda: port.now)
    assert caught.value.code == "PlanIsStuck"
    assert str(caught.value).startswith("the server will refuse 2 of the ")
    stuck = [str(each) for each in caught.value.details]
    assert all(said in each for said, each in zip(WORKSPACES, stuck, strict=True))
    assert port.puts == []
    assert port.record("small")["files"]["main"] == SMALL


def test_a_directory_that_was_changed_is_said_where_names_are_made_of_it():
    text = as_text(survey(Wanted(Bundle(MISSPELT)), applied()))
    why = (
        "`azure.tenant` changed from `small.example` to `smalll.example`, and `{hash5}` in names "
        "is made of it"
    )
    assert f"note: {why}: they all become others\n" in text
    assert f"  because {why}:\n" in text
    assert text.endswith("nothing is begun before what is marked with ! is mended")


@pytest.mark.parametrize("tenant", ["not a domain", "contoso", "-a.example", "a..b"])
def test_a_tenant_is_a_domain_or_an_id(tenant: str):
    with pytest.raises(Invalid) as caught:
        load(broken(("tenant: small.example", f"tenant: '{tenant}'")))
    assert f"`{tenant}` is no directory" in str(caught.value.details[0])
    load(broken(("small.example", "72f988bf-86f1-41af-91ab-2d7cd011db47")))
