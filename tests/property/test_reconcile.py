"""Over random estates that follow each other: an apply ends where the file says, however often it
is cut off, and never touches what no file made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mlestate.core.bundle import Bundle
from mlestate.estate.applying.lease import SECONDS, Holder
from mlestate.estate.applying.outcome import Outcome
from mlestate.estate.applying.reconcile import Survey, Wanted, carry_out, survey
from mlestate.estate.port import OneByOne
from tests.estates import Bulk
from tests.property.test_estate import estates

ME = Holder("me", "here")
MANY = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Port(Bulk):
    """Dies at a write when it is told to; otherwise notes what it was asked for."""

    left = 1_000_000

    def put(self, id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        self._spend()
        return super().put(id, body)

    def delete(self, id: str) -> bool:
        self._spend()
        return super().delete(id)

    def amend(self, id: str, body: Mapping[str, Any], etag: str) -> dict[str, Any]:
        self._spend()
        return super().amend(id, body, etag)

    def _spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt


def text_of(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False)


def look(port: Port, text: str) -> Survey:
    return survey(Wanted(Bundle(text), prune=True), port)


def run(port: Port, text: str) -> list[Outcome]:
    return carry_out(look(port, text), port, OneByOne(), ME, lambda: port.now)


def state(port: Port) -> dict[str, Any]:
    return {
        key: {name: value for name, value in document.items() if name != "systemData"}
        for key, document in port.documents.items()
    }


@MANY
@given(estates(), estates())
def test_after_a_second_file_there_is_what_it_says_and_nothing_else(
    first: dict[str, Any], second: dict[str, Any]
):
    port, fresh = Port(), Port()
    run(port, text_of(first))
    run(port, text_of(second))
    assert look(port, text_of(second)).plan.exit_code == 0
    run(fresh, text_of(second))
    assert state(port).keys() == state(fresh).keys()


@MANY
@given(estates(), estates(), st.data())
def test_cut_off_anywhere_and_run_again_it_comes_out_the_same(
    first: dict[str, Any], second: dict[str, Any], data: st.DataObject
):
    whole = Port()
    run(whole, text_of(first))
    steps = len(run(whole, text_of(second)))
    assume(steps)
    port = Port()
    run(port, text_of(first))
    port.left = data.draw(st.integers(0, steps))
    try:
        run(port, text_of(second))
    except KeyboardInterrupt:
        port.now += SECONDS
    port.left = 1_000_000
    run(port, text_of(second))
    assert state(port) == state(whole)
    assert look(port, text_of(second)).plan.exit_code == 0


@MANY
@given(estates(), estates(), st.data())
def test_what_people_made_is_never_touched(
    first: dict[str, Any], second: dict[str, Any], data: st.DataObject
):
    port = Port()
    run(port, text_of(first))
    theirs = {"/estate/v1/users/eve", "/estate/v1/groups/theirs"}
    groups = [key for key in port.documents if key.count("/") == 4 and "/resourcegroups/" in key]
    inside = data.draw(st.lists(st.sampled_from(sorted(groups)), unique=True, max_size=3))
    for group in inside:
        mine = f"{group}/providers/microsoft.storage/storageaccounts/mine"
        theirs.add(mine)
        port.inside[group] = {"inside": [mine]}
    for key in theirs:
        port.put(key, {"displayName": "by hand"})
    run(port, text_of(second))
    assert theirs <= port.documents.keys()
    assert not theirs & {each.lower() for each in port.deletes}


@MANY
@given(estates(), estates())
def test_what_is_needed_goes_after_what_needs_it(first: dict[str, Any], second: dict[str, Any]):
    port = Port()
    run(port, text_of(first))
    removals = {each.key: each for each in look(port, text_of(second)).plan.removals}
    run(port, text_of(second))
    place = {each.lower(): number for number, each in enumerate(port.deletes)}
    assert place.keys() == removals.keys()
    for key, removal in removals.items():
        assert all(place[key] < place[need] for need in removal.needs)
