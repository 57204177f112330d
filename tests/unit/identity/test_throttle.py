from __future__ import annotations

import pytest

from mlestate.core.errors import Unauthenticated
from mlestate.identity.throttle import Crowd, Throttle, whence
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


def test_an_address_that_tries_many_names_has_to_wait_and_whoever_is_known_from_there_has_not():
    clock = Clock()
    crowd = Crowd(clock, failures=3, pause=60)
    crowd.succeeded("1.2.3.4", "ana")
    for n in range(3):
        crowd.check("1.2.3.4", f"user{n}")
        crowd.failed("1.2.3.4")
    with pytest.raises(Unauthenticated, match="from your address: try again in 6"):
        crowd.check("1.2.3.4", "user3")
    crowd.check("1.2.3.4", "Ana")
    crowd.check("5.6.7.8", "user3")
    clock.now += 60
    crowd.check("1.2.3.4", "user3")


def test_a_few_failures_a_minute_of_many_people_are_no_reason_to_wait():
    clock = Clock()
    crowd = Crowd(clock, failures=3, pause=60)
    for _ in range(20):
        crowd.failed("1.2.3.4")
        crowd.check("1.2.3.4", "ana")
        clock.now += 30


def test_the_memory_of_a_crowd_is_bounded():
    crowd = Crowd(Clock(), most_keys=10)
    for n in range(1000):
        crowd.failed(f"192.0.2.{n}")
        crowd.succeeded("192.0.2.1", f"user{n}")
    assert (len(crowd._counts), len(crowd._known)) == (10, 10)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_a_machine_has_one_place_however_many_addresses_it_has(address: str, place: str):
    assert whence(address) == place
