"""What was changed since the last apply; the file itself is not needed."""

from __future__ import annotations

import pytest

from mlestate.core.bundle import Bundle
from mlestate.core.errors import Invalid, NotFound
from mlestate.estate.applying.lease import Holder
from mlestate.estate.applying.reconcile import Wanted, carry_out, survey
from mlestate.estate.planning.drift import choose, drift
from mlestate.estate.port import OneByOne
from tests.estates import SMALL, Bulk, another, broken


def apply(port: Bulk, text: str = SMALL) -> None:
    found = survey(Wanted(Bundle(text)), port)
    carry_out(found, port, OneByOne(), Holder("me", "here"), lambda: port.now)


@pytest.fixture
def port() -> Bulk:
    port = Bulk()
    apply(port)
    return port


def test_there_is_none_after_an_apply(port: Bulk):
    found = drift(choose(port, ""), port)
    assert (found.changed, found.extra, found.exit_code) == ([], [], 0)


def test_a_field_that_was_changed_is_told_from_what_was_applied_to_what_is(port: Bulk):
    key = next(each for each in port.documents if each.endswith("/mlw-fraud-dev"))
    port.documents[key]["tags"]["owner"] = "eve"
    (changed,) = drift(choose(port, ""), port).changed
    (field,) = changed.fields
    assert (field.path, field.before, field.after) == ("tags.owner", "science", "eve")


def test_what_is_gone_and_what_was_added_is_told(port: Bulk):
    port.delete("/estate/v1/users/ana")
    port.put("/estate/v1/users/eve", {"displayName": "Eve"})
    found = drift(choose(port, ""), port)
    assert [(each.desired.id, each.fields) for each in found.changed] == [
        ("/estate/v1/users/ana", ())
    ]
    assert (found.extra, found.exit_code) == (["/estate/v1/users/eve"], 2)


def test_what_a_later_file_left_behind_is_no_drift(port: Bulk):
    apply(port, broken(("environments: [dev, prod]", "environments: [dev]")))
    found = drift(choose(port, ""), port)
    assert (found.changed, found.extra) == ([], [])


def test_before_the_first_apply_one_is_told_to_apply():
    with pytest.raises(NotFound, match="mlestate apply FILE"):
        choose(Bulk(), "")


def test_of_several_estates_one_must_be_named(port: Bulk):
    apply(port, another("other"))
    with pytest.raises(Invalid, match="say which with --estate: `small`, `other`"):
        choose(port, "")
    assert choose(port, "other").estate == "other"
