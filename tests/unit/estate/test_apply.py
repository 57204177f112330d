"""An apply goes as far as it can, says what it could not do, and is safe to run again."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mlestate.core.errors import Forbidden
from mlestate.estate.applying.apply import Progress, apply, failed
from mlestate.estate.compile import compile_estate
from mlestate.estate.planning.plan import plan
from tests.estates import Bulk, Memory, Strict, small


def test_a_plan_after_an_apply_is_empty():
    port, desired = Memory(), compile_estate(small())
    outcomes = apply(plan(desired, port), port)
    assert {each.result for each in outcomes} == {"created"}
    assert plan(desired, port).exit_code == 0
    assert apply(plan(desired, port), port) == []


def test_nothing_is_put_before_what_it_needs_even_with_many_at_a_time():
    port, desired = Strict(), compile_estate(small())
    with ThreadPoolExecutor(8) as pool:
        outcomes = apply(plan(desired, port, pool.map), port, pool)
    assert failed(outcomes) == []
    assert len(port.puts) == len(desired)


class Refusing(Memory):
    def put(self, id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        if "vaults" in id:
            raise Forbidden("you may not make vaults")
        return super().put(id, body)


def test_what_depends_on_a_failure_is_skipped_with_its_reason():
    port, desired = Refusing(), compile_estate(small())
    outcomes = {each.id: each for each in apply(plan(desired, port), port)}
    vaults = [each for each in outcomes if "vaults" in each]
    assert {outcomes[each].why for each in vaults} == {
        "AuthorizationFailed: you may not make vaults"
    }
    workspace = next(each for each in outcomes.values() if each.id.endswith("/mlw-fraud-dev"))
    assert workspace.result == "skipped"
    assert workspace.why in {f"`{each}` failed: this waits for it" for each in vaults}
    assert any(
        each.result == "created" and "storageAccounts" in each.id for each in outcomes.values()
    )
    assert not any(workspace.id in each for each in port.puts)


class CutOff(Bulk):
    left = 10

    def put(self, id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super().put(id, body)


def test_an_apply_that_was_cut_off_goes_on_where_it_was():
    port, desired = CutOff(), compile_estate(small())
    with pytest.raises(KeyboardInterrupt):
        apply(plan(desired, port), port)
    port.left = 1000
    outcomes = apply(plan(desired, port), port)
    assert len(outcomes) == len(desired) - 10
    assert len(port.puts) == len(set(port.puts)) == len(desired)


def test_progress_is_told_step_by_step():
    port, told = Memory(), list[Progress]()
    outcomes = apply(plan(compile_estate(small()), port), port, progress=told.append)
    assert [each.outcome for each in told] == outcomes
    assert [each.number for each in told] == list(range(1, len(outcomes) + 1))
    assert {each.total for each in told} == {len(outcomes)}
