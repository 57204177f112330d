"""Slow creates that are quickly done together, and what comes of one that fails among them."""

from __future__ import annotations

from typing import Any

import pytest

from mlestate.core.errors import Conflict
from tests.unit.control.conftest import CPU, Computes, Estate


class Together(Computes):
    together = True

    def create_all(self, slow: Any, resources: Any) -> None:
        if any(each.properties["vmSize"] == "Huge" for each in resources):
            raise Conflict("no quota for `Huge`")
        self.done.append(("all", ",".join(each.name for each in resources)))


@pytest.fixture
def computes(estate: Estate) -> Together:
    made = Together()
    estate.plane.add([made])
    return made


def cluster(estate: Estate, name: str, size: str = "Small") -> str:
    path = f"{CPU.rpartition('/')[0]}/{name}"
    return estate.put(path, {"properties": {"vmSize": size}}).operation


def state(estate: Estate, name: str) -> str:
    path = f"{CPU.rpartition('/')[0]}/{name}"
    return str(estate.get(path)["properties"]["provisioningState"])


def status(estate: Estate, operation: str) -> str:
    return estate.engine.polling.find(estate.admin, "here", operation.rpartition("/")[2]).status


def test_creates_of_a_type_that_allows_it_are_done_at_once(estate: Estate, computes: Together):
    begun = [cluster(estate, f"c{n}") for n in range(3)]
    assert [state(estate, f"c{n}") for n in range(3)] == ["Creating"] * 3
    assert estate.worker.step()
    assert computes.done == [("all", "c0,c1,c2")]
    assert [state(estate, f"c{n}") for n in range(3)] == ["Succeeded"] * 3
    assert [status(estate, each) for each in begun] == ["Succeeded"] * 3
    assert not estate.worker.step()


def test_where_one_fails_each_is_done_alone(estate: Estate, computes: Together):
    begun = [cluster(estate, "c0"), cluster(estate, "c1", "Huge"), cluster(estate, "c2")]
    estate.worker.step()
    assert computes.done == [("create", "c0"), ("create", "c2")]
    assert [status(estate, each) for each in begun] == ["Succeeded", "Failed", "Succeeded"]
    assert [state(estate, f"c{n}") for n in range(3)] == ["Succeeded", "Failed", "Succeeded"]


def test_a_removal_waits_for_the_creates_before_it(estate: Estate, computes: Together):
    cluster(estate, "c0"), cluster(estate, "c1")
    estate.delete(f"{CPU.rpartition('/')[0]}/c0")
    cluster(estate, "c2")
    estate.worker.step()
    assert computes.done == [("all", "c0,c1")]
    estate.worker.step()
    assert computes.done[1:] == [("delete", "c0")]
    estate.worker.step()
    assert computes.done[2:] == [("create", "c2")]


def test_a_newer_write_settles_itself(estate: Estate, computes: Together):
    first, second = cluster(estate, "c0"), cluster(estate, "c1")
    again = cluster(estate, "c0")
    estate.worker.step()
    assert {status(estate, each) for each in (first, second, again)} == {"Succeeded"}
    assert state(estate, "c0") == "Succeeded"
