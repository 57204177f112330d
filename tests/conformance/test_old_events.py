"""What is older than the estate keeps it is dropped, and told; what only a wrong clock makes old is
not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from mlestate.core.activity import Event
from mlestate.store.activity import events
from mlestate.store.cells import ESTATE
from tests.conformance.test_safekeeping import REGION, House

DAY, HOUR = 86_400.0, 3_600.0
# The start, at noon; events are of its first ten hours, and one is new enough for all tests.
START = 20_000 * DAY + DAY / 2


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    house = House(database_url, tmp_path)
    house.keeping.forget(START)
    for cell in (ESTATE, REGION):
        house.happen(cell, *(START + 600 * one for one in range(60)), START + 99 * DAY)
    yield house
    house.cells.close()


def lived(house: House, since: float, until: float, step: float = DAY) -> list[int]:
    """How many were dropped each time that it looked, in days after its start."""
    found, at = [], since * DAY
    while at < until * DAY:
        at += step
        found.append(house.keeping.forget(START + at))
    return [count for count in found if count]


def told(house: House, cell: str) -> list[Event]:
    with house.cells.named(cell).read() as connection:
        return [one for one in events(connection) if one.action.endswith("/drop/action")]


def test_dropping_is_told_in_the_log_of_the_cell(house: House) -> None:
    assert lived(house, 0, 91) == [120]
    for cell in (ESTATE, REGION):
        [event] = told(house, cell)
        assert event.name == "mlestate"
        before = "before 2024-10-05T00:00:00.000000Z"
        message = f"60 events up to number 60 are from {before}: they were dropped"
        assert event.known.message == message
    assert house.faults() == []


def test_whole_days_are_dropped_so_that_it_is_told_once_a_day(house: House) -> None:
    lived(house, 0, 90)
    assert lived(house, 90, 91.5, HOUR) == [120]
    assert len(told(house, REGION)) == 1


def test_a_clock_that_jumps_ahead_drops_nothing_until_it_stood_there_for_a_day(
    house: House,
) -> None:
    lived(house, 0, 2)
    with structlog.testing.capture_logs() as said:
        assert lived(house, 100, 101, HOUR) == []
    assert "the clock jumped" in said[0]["event"]
    # It is put right again.
    assert lived(house, 3, 5) == []
    house.start()
    assert lived(house, 100, 101, HOUR) == []
    assert lived(house, 101, 101.1) == [120]


def test_an_estate_that_stops_each_night_drops_what_is_old(house: House) -> None:
    for day in range(92):
        house.start()
        lived(house, day, day + 0.2, 4 * HOUR)
    assert len(told(house, REGION)) == 1
