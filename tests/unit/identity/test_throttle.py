from __future__ import annotations

import pytest

from mlestate.core.errors import Unauthenticated
from mlestate.identity.throttle import Throttle
from tests.identity_house import Clock


def test_after_so_many_failures_there_is_a_pause():
    clock = Clock()
    throttle = Throttle(clock, failures=3, pause=60)
    for _ in range(3):
        throttle.check("1.2.3.4", "ana")
        throttle.failed("1.2.3.4", "ana")
    with pytest.raises(Unauthenticated, match="again in 6"):
        throttle.check("1.2.3.4", "ANA")
    throttle.check("1.2.3.4", "bo")
    throttle.check("5.6.7.8", "ana")
    clock.now += 60
    throttle.check("1.2.3.4", "ana")


def test_a_success_forgets_the_failures_before_it():
    throttle = Throttle(Clock(), failures=2)
    throttle.failed("a", "ana")
    throttle.succeeded("a", "ana")
    throttle.failed("a", "ana")
    throttle.check("a", "ana")


def test_its_memory_is_bounded_and_keeps_the_newest():
    throttle = Throttle(Clock(), failures=1, most_keys=10)
    for n in range(1000):
        throttle.failed("a", f"user{n}")
    assert len(throttle._counts) == 10
    with pytest.raises(Unauthenticated):
        throttle.check("a", "user999")
