"""One suite for every place where bodies may lie."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from obstore.store import LocalStore, MemoryStore

from mlestate.blob.bodies import Bodies, Body
from mlestate.blob.folder import FolderBodies
from mlestate.blob.remote import RemoteBodies

FAR = 1e12


@pytest.fixture(params=["folder", "memory", "local"])
def bodies(request: pytest.FixtureRequest, tmp_path: Path) -> Bodies:
    if request.param == "folder":
        return FolderBodies(tmp_path / "objects")
    (tmp_path / "store").mkdir()
    store = MemoryStore() if request.param == "memory" else LocalStore(tmp_path / "store")
    return RemoteBodies(store, tmp_path / "spool")


def put(bodies: Bodies, *pieces: bytes) -> Body:
    writer = bodies.writer()
    writer.write(pieces)
    return writer.finish()


def stage(bodies: Bodies, data: bytes) -> Body:
    writer = bodies.writer()
    writer.write([data])
    return writer.stage()


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 1 << 20, (1 << 20) + 1, (6 << 20) + 777])
def test_a_body_of_any_size_keeps_its_bytes_and_its_name(bodies: Bodies, size: int) -> None:
    data = os.urandom(size)
    body = put(bodies, data[:7], data[7:])
    assert body == Body(hashlib.sha256(data).digest(), size)
    assert [found.digest for found in bodies.listed()] == [body.digest]
    if size:
        assert bodies.read(body.digest, 0, size) == data
        assert bodies.read(body.digest, size // 2, size - size // 2) == data[size // 2 :]


def test_equal_bodies_are_one(bodies: Bodies) -> None:
    assert put(bodies, b"same") == put(bodies, b"sa", b"me")
    assert len(list(bodies.listed())) == 1


def test_what_is_abandoned_is_not_there(bodies: Bodies, tmp_path: Path) -> None:
    writer = bodies.writer()
    writer.write([b"x" * (3 << 20)])
    writer.abandon()
    assert list(bodies.listed()) == []
    left = [p for p in tmp_path.rglob("*") if p.is_file() and p.name not in ("sweep.lock", "boot")]
    assert left == []


@pytest.mark.parametrize("size", [1, 4096, (1 << 20) + 1])
def test_what_is_staged_can_be_kept_by_anybody(bodies: Bodies, size: int) -> None:
    data = os.urandom(size)
    body = stage(bodies, data)
    assert stage(bodies, data) == body
    assert [found.digest for found in bodies.listed()] == [body.digest]
    assert bodies.lost([body.digest]) == set()
    for _ in range(2):
        assert bodies.keep([body.digest]) == set()
        assert bodies.read(body.digest, 0, size) == data
    assert stage(bodies, data) == put(bodies, data) == body
    assert [found.digest for found in bodies.listed()] == [body.digest]
    assert bodies.remove_untouched(body.digest, FAR)
    assert list(bodies.listed()) == []


def test_what_is_staged_is_removed_unless_it_was_put_since(bodies: Bodies) -> None:
    body = stage(bodies, b"abc")
    assert not bodies.remove_untouched(body.digest, 1.0)
    assert bodies.remove_untouched(body.digest, FAR)
    assert list(bodies.listed()) == []


def test_what_is_staged_outlives_the_process_and_not_the_machine(tmp_path: Path) -> None:
    staged, kept = (stage(FolderBodies(tmp_path), data) for data in (b"staged", b"kept"))
    again = FolderBodies(tmp_path)
    assert again.lost([staged.digest, kept.digest]) == set()
    assert again.keep([kept.digest]) == set()
    (tmp_path / "boot").write_text("another")
    after = FolderBodies(tmp_path)
    assert after.lost([staged.digest, kept.digest]) == {staged.digest}
    assert after.keep([staged.digest, kept.digest]) == {staged.digest}
    assert [found.digest for found in after.listed()] == [kept.digest]
    # What comes now is staged since this start.
    stage(after, b"staged")
    assert FolderBodies(tmp_path).keep([staged.digest]) == set()


def test_a_body_that_is_missing_or_short_is_an_error(bodies: Bodies) -> None:
    with pytest.raises(OSError):
        bodies.read(b"0" * 32, 0, 1)
    body = put(bodies, b"abc")
    with pytest.raises(OSError):
        bodies.read(body.digest, 1, 3)


def test_a_body_is_removed_unless_it_was_put_since(bodies: Bodies) -> None:
    body = put(bodies, b"abc")
    assert not bodies.remove_untouched(body.digest, 1.0)
    assert bodies.remove_untouched(body.digest, FAR)
    assert list(bodies.listed()) == []
    assert bodies.remove_untouched(body.digest, FAR)
    put(bodies, b"abc")
    assert bodies.read(body.digest, 0, 3) == b"abc"


def test_what_was_never_finished_is_tidied_away(bodies: Bodies) -> None:
    writer = bodies.writer()
    writer.write([b"half"])
    bodies.tidy(1.0)
    assert writer.finish().size == 4
    dead = bodies.writer()
    bodies.tidy(FAR)
    with pytest.raises(FileNotFoundError):
        dead.abandon()
    assert len(list(bodies.listed())) == 1
