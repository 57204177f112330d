"""Runs' JSON in memory: never older than what was written."""

from __future__ import annotations

from mlestate.store.tracking.fragments import Fragments


def test_what_was_read_before_a_write_is_not_kept_after_it() -> None:
    fragments = Fragments()
    stamp = fragments.stamp()
    fragments.drop([1])
    fragments.keep({1: b"old", 2: b"untouched"}, stamp)
    assert fragments.find([1, 2]) == {2: b"untouched"}
    fragments.keep({1: b"new"}, fragments.stamp())
    assert fragments.find([1, 2]) == {1: b"new", 2: b"untouched"}


def test_a_write_drops_what_was_kept() -> None:
    fragments = Fragments()
    fragments.keep({1: b"x"}, fragments.stamp())
    fragments.drop([1])
    assert fragments.find([1]) == {}


def test_forgetting_what_was_dropped_keeps_old_readings_out_still() -> None:
    fragments = Fragments()
    stamp = fragments.stamp()
    fragments.drop(range(100_001))
    fragments.keep({7: b"old"}, stamp)
    assert fragments.find([7]) == {}


def test_the_oldest_go_when_there_are_too_many() -> None:
    fragments = Fragments(limit=10)
    for number in range(5):
        fragments.keep({number: b"1234"}, fragments.stamp())
    assert fragments.find(range(5)) == {3: b"1234", 4: b"1234"}
