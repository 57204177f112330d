from __future__ import annotations

import os

import pytest

from mlestate.blob import blobs, blocks, copying, reading
from mlestate.blob.blocks import STAGED_FOR
from mlestate.blob.cell import Cell, Place
from mlestate.blob.folder import FolderBodies
from mlestate.blob.sweep import ABANDONED_AFTER, Sweep

GRACE = 100.0


@pytest.fixture
def sweep(cell: Cell, clock: object) -> Sweep:
    return Sweep(cell, GRACE)


def age(cell: Cell, clock: object) -> None:
    """Every body was put long ago, by the test's own clock."""
    assert isinstance(cell.bodies, FolderBodies)
    for found in cell.bodies.listed():
        os.utime(cell.bodies.path(found.digest), (0, 0))
    later(clock)


def later(clock: object) -> None:
    clock.now += GRACE + 1  # type: ignore[attr-defined]


def test_what_nothing_refers_to_goes_at_the_second_look(
    cell: Cell, sweep: Sweep, place: Place, clock: object
) -> None:
    blobs.put(cell, place, [b"old"])
    blobs.put(cell, place, [b"new"])
    age(cell, clock)
    assert (sweep.run().removed, sweep.run().removed) == (0, 0)
    later(clock)
    assert sweep.run().removed == 1
    assert reading.read(cell, place) == b"new"
    assert len(list(cell.bodies.listed())) == 1


def test_what_was_put_again_stays(cell: Cell, sweep: Sweep, place: Place, clock: object) -> None:
    blobs.write_body(cell, [b"same"])
    age(cell, clock)
    assert sweep.run().suspected == 1
    later(clock)
    # Put between the looks, its row comes after the sweep.
    body = blobs.write_body(cell, [b"same"])
    assert isinstance(cell.bodies, FolderBodies)
    os.utime(cell.bodies.path(body.digest), (clock.now, clock.now))  # type: ignore[attr-defined]
    assert sweep.run().removed == 0
    blobs.place_body(cell, place, body)
    assert reading.read(cell, place) == b"same"


def test_the_last_look_is_at_the_body_itself(cell: Cell) -> None:
    body = blobs.write_body(cell, [b"x"])
    assert not cell.bodies.remove_untouched(body.digest, before=1.0)
    assert cell.bodies.remove_untouched(body.digest, before=1e12)
    assert cell.bodies.remove_untouched(body.digest, before=1e12)


def test_a_copy_keeps_the_bodies_it_shares(
    cell: Cell, sweep: Sweep, place: Place, clock: object
) -> None:
    blobs.put(cell, place, [b"shared"])
    copying.copy(cell, place, Place("acc", "box", "copy"))
    blobs.delete(cell, place)
    age(cell, clock)
    sweep.run()
    later(clock)
    assert sweep.run().removed == 0
    assert reading.read(cell, Place("acc", "box", "copy")) == b"shared"


def test_blocks_that_nobody_commits_go_after_a_week(
    cell: Cell, sweep: Sweep, place: Place, clock: object
) -> None:
    blocks.stage(cell, place, "YQ==", blobs.write_body(cell, [b"block"]))
    age(cell, clock)
    sweep.run()
    later(clock)
    assert sweep.run().removed == 0
    clock.now += STAGED_FOR  # type: ignore[attr-defined]
    assert sweep.run().forgotten_blocks == 1
    later(clock)
    assert sweep.run().removed == 1


def test_staged_bodies_stay_for_their_row_and_go_without_one(
    cell: Cell, sweep: Sweep, place: Place, clock: object
) -> None:
    assert isinstance(cell.bodies, FolderBodies)
    for block, data in (("YQ==", b"wanted"), ("", b"nobody's")):
        writer = cell.bodies.writer()
        writer.write([data])
        body = writer.stage()
        os.utime(cell.bodies.staged_path(body.digest), (0, 0))
        if block:
            blocks.stage(cell, place, block, body)
    later(clock)
    sweep.run()
    later(clock)
    assert sweep.run().removed == 1
    blocks.commit(cell, place, [(blocks.Source.LATEST, "YQ==")])
    assert reading.read(cell, place) == b"wanted"


def test_what_was_never_finished_goes_after_a_day(cell: Cell, sweep: Sweep, clock: object) -> None:
    begun = cell.bodies.writer()
    begun.write([b"half"])
    assert isinstance(cell.bodies, FolderBodies)
    (file,) = cell.bodies.unfinished()
    os.utime(file, (clock.now, clock.now))  # type: ignore[attr-defined]
    sweep.run()
    assert cell.bodies.unfinished() == [file]
    clock.now += ABANDONED_AFTER + 1  # type: ignore[attr-defined]
    sweep.run()
    assert cell.bodies.unfinished() == []
