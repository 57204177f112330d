"""The record of an applied file: one holder at a time, by the server's clock."""

from __future__ import annotations

from typing import Any

import pytest

from mlestate.catalog.applied_files import APPLIED_FILES, under_way
from mlestate.core.bundle import Bundle
from mlestate.core.errors import Conflict, Invalid
from mlestate.core.resource import Resource
from tests.catalog.writing_by_hand import put

ID = "/providers/Mlestate.Organization/appliedFiles/contoso"
NOW = 1_790_000_000.0


def write(old: Resource | None, at: float, holder: str | None, seconds: int = 15) -> Resource:
    said: dict[str, Any] = {"files": {"main": "schema: 1"}, "state": "Applying"}
    if holder:
        said["lease"] = {"id": holder, "holder": f"`{holder}`", "seconds": seconds}
    return put(APPLIED_FILES, ID, {"properties": said}, old, at)


def test_the_server_says_when_a_lease_began_and_when_it_ends():
    first = write(None, NOW, "a")
    again = write(first, NOW + 10, "a")
    lease = again.properties["lease"]
    assert lease["since"] == "2026-09-21T14:13:20.000000Z"
    assert lease["until"] == "2026-09-21T14:13:45.000000Z"
    assert under_way(again, NOW + 24.9)
    assert not under_way(again, NOW + 25)


def test_a_client_cannot_set_its_end():
    said = {"id": "a", "seconds": 15, "until": "2999-01-01T00:00:00.000000Z"}
    body = {"properties": {"files": {"main": ""}, "state": "Applying", "lease": said}}
    assert not under_way(put(APPLIED_FILES, ID, body, None, NOW), NOW + 15)


def test_nobody_else_writes_while_it_lasts_and_anybody_afterwards():
    held = write(None, NOW, "a")
    for other in ("b", None):
        with pytest.raises(Conflict, match="`someone` on `a` applies this estate since 2026-09-21"):
            write(held, NOW + 14, other)
        write(held, NOW + 15, other)


def test_given_back_it_holds_nobody_off():
    ended = write(write(None, NOW, "a"), NOW + 1, "a", seconds=0)
    write(ended, NOW + 1, "b")


def test_a_lease_that_hardly_ends_is_refused():
    with pytest.raises(Invalid):
        write(None, NOW, "a", seconds=301)


def test_the_digest_is_the_servers():
    body = {"properties": {"files": {"main": "x"}, "state": "Applied", "digest": "made up"}}
    assert put(APPLIED_FILES, ID, body).properties["digest"] == Bundle("x").digest


def test_a_digest_tells_texts_apart_however_they_are_cut():
    assert Bundle("a", {"b": "c"}).digest != Bundle("a", {"bc": ""}).digest
    assert Bundle("a", {"b": "", "c": ""}).digest == Bundle("a", {"c": "", "b": ""}).digest
