"""Duties are done in time, apart from each other, and not ended by a failure."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from mlestate.app.build import Estate
from mlestate.app.settings import Settings
from mlestate.app.upkeep import HOURLY, KEPT, MINUTE, ONE, SECONDS, TEN, Duty, Upkeep, duties
from mlestate.blob import blobs, containers
from mlestate.blob.cell import Place
from mlestate.core.principals import DeviceLogin
from mlestate.store import sessions
from mlestate.store.operations import FAILED, SUCCEEDED, Operation, Operations

DAY = 24 * 3600.0
IDS = ("old", "failed", "recent", "running")


class Clock:
    """Starts now, as the files that are written do."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def estate(tmp_path: Path, clock: Clock) -> Iterator[Estate]:
    estate = Estate(tmp_path, Settings(), ["westeurope", "northeurope"], clock)
    yield estate
    estate.close()


def do(estate: Estate, words: str) -> None:
    [duty] = [duty for duty in duties(estate, lambda: None) if words in duty.name]
    duty.do()


def test_each_is_done_when_it_is_due_and_not_before(clock: Clock) -> None:
    done: list[float] = []
    upkeep = Upkeep([Duty("one", 100.0, lambda: done.append(clock.now))], clock)
    began = clock.now
    for second in range(0, 400, 5):
        clock.now = began + second
        upkeep.step(100.0)
    assert [at - began for at in done] == [60.0, 160.0, 260.0, 360.0]


def test_it_says_how_long_there_is_nothing_to_do(clock: Clock) -> None:
    upkeep = Upkeep([Duty("one", 2.0, int), Duty("two", HOURLY, int)], clock)
    assert upkeep.step(2.0) == 2.0
    assert upkeep.step(HOURLY) == 60.0
    clock.now += 60.0
    assert upkeep.step(HOURLY) == HOURLY


def test_one_that_fails_is_logged_and_done_again_and_the_others_are_done(clock: Clock) -> None:
    done: list[str] = []

    def fail() -> None:
        done.append("fails")
        raise OSError("no space left")

    table = [Duty("fails", 2.0, fail), Duty("works", 2.0, lambda: done.append("works"))]
    upkeep = Upkeep(table, clock)
    with structlog.testing.capture_logs() as said:
        for _ in range(2):
            clock.now += 2.0
            upkeep.step(2.0)
    assert done == ["fails", "works"] * 2
    assert [(line["log_level"], line["duty"]) for line in said] == [("error", "fails")] * 2


def test_a_long_duty_does_not_hold_up_one_of_another_period() -> None:
    long, quick = threading.Event(), threading.Event()
    table = [Duty("long", 0.02, lambda: long.wait(10)), Duty("quick", 0.01, quick.set)]
    upkeep = Upkeep(table)
    upkeep.start()
    assert quick.wait(5)
    assert not long.is_set()
    long.set()
    upkeep.stop()
    assert "every 0.01 s" not in {thread.name for thread in threading.enumerate()}


def test_the_table_is_what_an_estate_needs(estate: Estate) -> None:
    table = {duty.name: duty.every for duty in duties(estate, lambda: None)}
    assert table == {
        "the queues' clock": SECONDS,
        "the activity log's journals": ONE,
        "how far the activity log reaches": TEN,
        "the activity log's heads": MINUTE,
        "removal of old events": HOURLY,
        "the end of roles that are held for a time": SECONDS,
        "removal of what hangs on nothing": HOURLY,
        "renewal of the certificate": HOURLY,
        "removal of ended logins": HOURLY,
        "removal of guests whose stay is over": HOURLY,
        "removal of old operations": HOURLY,
        "removal of old letters to webhooks": HOURLY,
        "removal of unused objects": HOURLY,
    }


def test_operations_are_forgotten_a_week_after_their_end(estate: Estate, clock: Clock) -> None:
    for name, database in {"": estate.cells.estate, **estate.cells.regions}.items():
        with database.write() as connection:
            operations = Operations(connection)
            for id in IDS:
                operations.ask(
                    Operation(id=id, verb="v", resource=f"/{name}", principal="p", asked_at=0.0)
                )
            operations.settle("old", SUCCEEDED, clock.now - KEPT - 1, None)
            operations.settle("failed", FAILED, clock.now - KEPT - 1, {"code": "x"})
            operations.settle("recent", SUCCEEDED, clock.now - KEPT + 1, None)
    do(estate, "old operations")
    for database in estate.cells.all():
        with database.read() as connection:
            known = Operations(connection)
            assert [known.find(id) is not None for id in IDS] == [False, False, True, True]


def test_logins_that_nobody_finished_are_forgotten(estate: Estate, clock: Clock) -> None:
    with estate.cells.estate.write() as connection:
        for digest, expires in (("old", clock.now - 1), ("new", clock.now + 1)):
            login = DeviceLogin("cli", "scope", expires)
            sessions.add_device(connection, digest, f"user-{digest}", login)
    do(estate, "ended logins")
    with estate.cells.estate.read() as connection:
        assert sessions.device(connection, "old") is None
        assert sessions.device(connection, "new") is not None


def test_what_no_blob_refers_to_is_removed_in_time(estate: Estate, clock: Clock) -> None:
    cell = estate.regions["westeurope"].blobs
    containers.create(cell, "acc", "box")
    for name in ("kept", "deleted"):
        body = cell.bodies.writer()
        body.write([name.encode() * 100])
        blobs.place_body(cell, Place("acc", "box", name), body.finish())
    blobs.delete(cell, Place("acc", "box", "deleted"))
    [sweep] = [d for d in duties(estate, lambda: None) if "unused objects" in d.name]
    for _ in range(3):
        clock.now += DAY
        sweep.do()
    assert len(list(cell.bodies.listed())) == 1


def test_a_region_opened_later_is_swept_too(estate: Estate, clock: Clock) -> None:
    [sweep] = [d for d in duties(estate, lambda: None) if "unused objects" in d.name]
    sweep.do()
    estate.open("eastus")
    cell = estate.regions["eastus"].blobs
    body = cell.bodies.writer()
    body.write([b"nobody's"])
    body.finish()
    for _ in range(3):
        clock.now += DAY
        sweep.do()
    assert list(cell.bodies.listed()) == []
