"""A saved plan is executed as it stands, or refused with all that moved."""

from __future__ import annotations

import pytest

from mlestate.core.bundle import Bundle
from mlestate.core.errors import Conflict, Invalid
from mlestate.estate.applying import saved
from mlestate.estate.applying.lease import Holder
from mlestate.estate.applying.reconcile import Survey, Wanted, carry_out, survey
from mlestate.estate.port import OneByOne
from tests.estates import SMALL, Bulk, broken

WORKSPACE = "/mlw-fraud-dev"
FEWER = broken(("environments: [dev, prod]", "environments: [dev]"), ("max: 2", "max: 3"))


@pytest.fixture
def port() -> Bulk:
    """An estate that was applied."""
    port = Bulk()
    apply(port, survey(Wanted(Bundle(SMALL)), port))
    return port


def apply(port: Bulk, found: Survey) -> None:
    carry_out(found, port, OneByOne(), Holder("me", "here"), lambda: port.now)


def written(port: Bulk, text: str = FEWER, prune: bool = True) -> str:
    found = survey(Wanted(Bundle(text), prune=prune), port)
    return saved.save(found, "estate.yaml").decode()


def faults(text: str, port: Bulk) -> list[str]:
    plan = saved.read(text, "my.plan")
    with pytest.raises(Conflict) as caught:
        saved.hold(plan, survey(plan.wanted, port))
    return [str(each) for each in caught.value.details]


def test_it_carries_the_texts_and_what_was_asked(port: Bulk):
    plan = saved.read(written(port), "my.plan")
    found = survey(plan.wanted, port)
    saved.hold(plan, found)
    apply(port, found)
    assert not any("mlw-fraud-prod" in key for key in port.documents)
    assert survey(Wanted(Bundle(FEWER), prune=True), port).plan.exit_code == 0


def test_a_plan_can_be_told_from_a_file():
    assert saved.is_saved('{\n "savedPlan": 1,')
    assert not saved.is_saved(SMALL)


def test_what_somebody_changed_since_is_named(port: Bulk):
    text = written(port)
    key = next(each for each in port.documents if each.endswith(WORKSPACE))
    port.documents[key]["tags"]["owner"] = "eve"
    (fault,) = faults(text, port)
    assert fault.endswith("mlw-fraud-dev` is to change now")


def test_what_would_be_another_change_is_named(port: Bulk):
    text = written(port)
    key = next(each for each in port.documents if each.endswith("/computes/cpu") and "dev" in each)
    port.documents[key]["properties"]["properties"]["scaleSettings"]["maxNodeCount"] = 9
    (fault,) = faults(text, port)
    assert fault.endswith("/computes/cpu` has changed: what would be done to it is another thing")


def test_what_is_gone_already_is_named(port: Bulk):
    text = written(port)
    port.delete(
        next(each for each in port.documents if each.endswith("/sg-ml-fraud-engineer-prod"))
    )
    (fault,) = faults(text, port)
    assert fault.endswith("sg-ml-fraud-engineer-prod` is no longer to delete")


def test_another_apply_since_is_named_even_if_all_is_the_same(port: Bulk):
    text = written(port)
    port.user = "eve"
    apply(port, survey(Wanted(Bundle(SMALL + "# theirs\n")), port))
    assert faults(text, port) == ["the estate was applied by `eve` at 2026-09-21T14:13:20.000000Z"]


def test_a_text_that_was_changed_in_the_plan_is_refused(port: Bulk):
    with pytest.raises(Invalid, match="not those it was made from"):
        saved.read(written(port).replace("max: 3", "max: 300"), "my.plan")


def test_what_is_no_plan_is_refused():
    with pytest.raises(Invalid, match="is no saved plan"):
        saved.read('{"savedPlan": 2}', "my.plan")
