"""A thing is done as soon as what it waits for is done, and never twice."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mlestate.core.errors import Forbidden, PlatformError
from mlestate.estate.applying.apply import apply, failed
from mlestate.estate.applying.schedule import Schedule
from mlestate.estate.compile import compile_estate
from mlestate.estate.desired import Desired
from mlestate.estate.planning.plan import plan
from tests.estates import Memory, Strict, small


def test_a_long_way_does_not_wait_for_a_short_one():
    schedule = Schedule(["a", "b", "a2", "b2"], {"a2": {"a"}, "b2": {"b"}})
    assert schedule.take(9) == ["a", "b"]
    schedule.done("a")
    assert schedule.take(9) == ["a2"], "b is not done yet"


def test_what_is_not_to_be_done_is_not_waited_for():
    assert Schedule(["b"], {"b": {"a"}}).take(1) == ["b"]


def test_all_that_waits_for_what_failed_is_dropped_once():
    schedule = Schedule(["a", "b", "c", "d"], {"b": {"a"}, "c": {"a", "b"}, "d": set()})
    assert schedule.take(1) == ["a"]
    assert sorted(schedule.drop("a")) == ["b", "c"]
    assert schedule.rest() == ["d"]


class Batches(Strict):
    """Takes many at once; none of a batch may need another of it."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def put_many(
        self, items: Sequence[tuple[str, Mapping[str, Any]]]
    ) -> Sequence[Mapping[str, Any] | PlatformError]:
        self.sizes.append(len(items))
        found: list[Mapping[str, Any] | PlatformError] = []
        for id, body in items:
            try:
                found.append(self.put(id, body))
            except PlatformError as error:
                found.append(error)
        return found


def test_a_port_that_writes_in_bulk_is_given_batches_that_need_nothing_of_each_other():
    port, desired = Batches(), compile_estate(small())
    with ThreadPoolExecutor(8) as pool:
        assert failed(apply(plan(desired, port), port, pool)) == []
    assert sum(port.sizes) == len(desired)
    assert len(port.sizes) < len(desired) / 2


def test_a_refusal_in_a_batch_stops_only_what_waits_for_it():
    class Refusing(Batches):
        def put(self, id: str, body: Mapping[str, Any]) -> dict[str, Any]:
            if "vaults" in id:
                raise Forbidden("no vaults")
            return super().put(id, body)

    outcomes = apply(plan(compile_estate(small()), Memory()), Refusing())
    bad = {each.id.rsplit("/", 1)[-1] for each in outcomes if each.result == "skipped"}
    assert {"mlw-fraud-dev", "mlw-fraud-prod", "cpu"} <= bad
    assert any(each.result == "created" and "/storageAccounts/" in each.id for each in outcomes)


def test_twenty_thousand_resources_cost_little_to_plan_and_to_schedule():
    """Time of the processor, not of the clock, and with room for a slow machine."""
    desired = list(_thousand_groups_of_twenty())
    port = _Nothing()
    began = time.process_time()
    outcomes = apply(plan(desired, port), port)
    assert time.process_time() - began < 4
    assert len(outcomes) == len(desired) == 20_000


class _Nothing(Memory):
    """Costs nothing itself."""

    def get(self, id: str) -> dict[str, Any] | None:
        return None

    def put(self, id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return {}


def _thousand_groups_of_twenty():
    for i in range(1000):
        group = f"/subscriptions/s/resourceGroups/rg-{i}"
        yield Desired(
            group, "t", {"location": "westeurope", "tags": {"owner": "o", "project": f"{i}"}}
        )
        for j in range(18):
            name = f"{group}/providers/Microsoft.Storage/storageAccounts/st{i}x{j}"
            yield Desired(
                name, "t", {"location": "westeurope", "properties": {"a": True, "b": "c"}}
            )
        parts = {
            f"part{j}": f"{group}/providers/Microsoft.Storage/storageAccounts/st{i}x{j}"
            for j in range(18)
        }
        yield Desired(f"{group}/providers/Ml/workspaces/w{i}", "t", {"properties": parts})
