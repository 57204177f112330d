from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import msgspec
import pytest

from mlestate.blob import blobs, blocks, containers, copying, reading
from mlestate.blob.blobs import New
from mlestate.blob.blocks import Source
from mlestate.blob.bodies import Body
from mlestate.blob.cell import Cell, Place
from mlestate.blob.conditions import Conditions
from mlestate.blob.folder import FolderBodies
from mlestate.core.errors import Conflict, Forbidden, Invalid, NotFound, RangeNotSatisfiable, Stale
from mlestate.store.blob_tables import Headers


def at(name: str) -> Place:
    return Place("acc", "box", name)


def body(cell: Cell, data: bytes) -> Body:
    return blobs.write_body(cell, [data])


def test_a_blob_comes_back_with_all_that_was_said_about_it(cell: Cell, place: Place) -> None:
    new = New(Headers(content_type="text/plain", language="de"), {"k": "v"}, {"tag": "x"})
    put = blobs.put(cell, place, [b"he", b"llo"], new)
    found = blobs.get(cell, place)
    assert found == put
    assert (found.headers, found.metadata, found.tags) == (new.headers, new.metadata, new.tags)
    assert reading.read(cell, place) == b"hello"


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 1 << 20, (1 << 20) + 1, (3 << 20) + 777])
def test_bodies_of_any_size_keep_their_bytes_and_their_name(cell: Cell, size: int) -> None:
    data = os.urandom(size)
    written = blobs.write_body(cell, [data[:5], data[5:]])
    assert written == Body(hashlib.sha256(data).digest(), size)
    if size:
        assert cell.bodies.read(written.digest, 0, size) == data


def test_a_stream_that_breaks_leaves_nothing(cell: Cell, place: Place) -> None:
    def broken() -> object:
        yield b"some"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        blobs.put(cell, place, broken())  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        blobs.get(cell, place)
    assert list(cell.bodies.listed()) == []


def test_a_range_is_read_across_blocks(cell: Cell, place: Place) -> None:
    for name, data in (("YQ==", b"0123"), ("Yg==", b"4567"), ("Yw==", b"89")):
        blocks.stage(cell, place, name, body(cell, data))
    wanted = [(Source.LATEST, name) for name in ("YQ==", "Yg==", "Yw==")]
    blocks.commit(cell, place, wanted)
    whole = b"0123456789"
    for first in range(10):
        for last in range(first, 12):
            assert reading.read(cell, place, first, last) == whole[first : last + 1]
    with pytest.raises(RangeNotSatisfiable):
        reading.read(cell, place, 10)


def test_a_commit_chooses_among_old_and_new_blocks(cell: Cell, place: Place) -> None:
    blocks.stage(cell, place, "YQ==", body(cell, b"old a"))
    blocks.commit(cell, place, [(Source.UNCOMMITTED, "YQ==")])
    blocks.stage(cell, place, "YQ==", body(cell, b"new a"))
    wanted = [(Source.COMMITTED, "YQ=="), (Source.LATEST, "YQ=="), (Source.UNCOMMITTED, "YQ==")]
    blocks.commit(cell, place, wanted)
    assert reading.read(cell, place) == b"old anew anew a"
    with pytest.raises(Invalid) as refused:
        blocks.commit(cell, place, [(Source.UNCOMMITTED, "YQ==")])
    assert refused.value.code == "InvalidBlockList"
    with pytest.raises(Invalid) as refused:
        blocks.commit(cell, place, [(Source.LATEST, "A" * 1_000_000)])
    assert len(str(refused.value)) < 500


def test_blocks_that_went_down_with_the_machine_are_not_committed(
    cell: Cell, place: Place, tmp_path: Path
) -> None:
    for name, data in (("YQ==", b"a"), ("Yg==", b"b")):
        writer = cell.bodies.writer()
        writer.write([data])
        blocks.stage(cell, place, name, writer.stage())
        if name == "YQ==":
            blocks.commit(cell, place, [(Source.LATEST, name)])
    (tmp_path / "objects" / "boot").write_text("another")
    cell = msgspec.structs.replace(cell, bodies=FolderBodies(tmp_path / "objects"))
    assert blocks.block_list(cell, place)[2] == []
    with pytest.raises(Invalid) as refused:
        blocks.commit(cell, place, [(Source.LATEST, "YQ=="), (Source.LATEST, "Yg==")])
    assert refused.value.code == "InvalidBlockList"
    assert reading.read(cell, place) == b"a"


def test_staged_blocks_are_no_blob_yet(cell: Cell, place: Place) -> None:
    blocks.stage(cell, place, "YQ==", body(cell, b"x"))
    with pytest.raises(NotFound):
        blobs.get(cell, place)
    assert containers.page(cell, "acc", "box").entries == []
    found, committed, staged = blocks.block_list(cell, place)
    assert (found, committed, [one.block for one in staged]) == (None, [], ["YQ=="])


@pytest.mark.parametrize("block", ["", "not base64!", "YQ", "A" * 92])
def test_a_block_id_that_is_none_is_refused(cell: Cell, place: Place, block: str) -> None:
    with pytest.raises(Invalid):
        blocks.stage(cell, place, block, body(cell, b"x"))


def test_block_ids_of_two_lengths_are_refused(cell: Cell, place: Place) -> None:
    blocks.stage(cell, place, "YQ==", body(cell, b"x"))
    with pytest.raises(Invalid) as refused:
        blocks.stage(cell, place, "YWFhYQ==", body(cell, b"x"))
    assert refused.value.code == "InvalidBlobOrBlock"


def test_an_append_blob_grows(cell: Cell, place: Place) -> None:
    blocks.append(cell, place, [b"one\n"])
    blocks.append(cell, place, [b"two\n", b"three\n"])
    found = blocks.append_body(cell, place, body(cell, b"four\n"), at=14)
    assert (found.size, found.appended) == (19, 3)
    assert reading.read(cell, place, 4, 12) == b"two\nthree"


def test_two_who_append_at_one_position_do_not_both_succeed(cell: Cell, place: Place) -> None:
    blocks.append(cell, place, [b"start"])
    outcomes: list[str] = []

    def add(data: bytes) -> None:
        try:
            blocks.append_body(cell, place, body(cell, data), at=5)
            outcomes.append("done")
        except Stale as refused:
            outcomes.append(refused.code)

    threads = [threading.Thread(target=add, args=(b"%d" % i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["AppendPositionConditionNotMet"] * 3 + ["done"]


def test_only_one_of_many_creates(cell: Cell, place: Place) -> None:
    outcomes: list[str] = []

    def put(data: bytes) -> None:
        try:
            blobs.put(cell, place, [data], conditions=Conditions(none_match="*"))
            outcomes.append("done")
        except Conflict as refused:
            outcomes.append(refused.code)

    threads = [threading.Thread(target=put, args=(b"%d" % i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["BlobAlreadyExists"] * 5 + ["done"]


def test_a_copy_costs_no_bytes_and_outlives_its_source(cell: Cell, place: Place) -> None:
    data = os.urandom(100_000)
    blobs.put(cell, place, [data], New(metadata={"k": "v"}))
    before = list(cell.bodies.listed())
    copy = copying.copy(cell, place, at("copy"))
    blobs.delete(cell, place)
    assert list(cell.bodies.listed()) == before
    assert reading.read(cell, at("copy")) == data
    assert (copy.metadata, copy.headers) == ({"k": "v"}, Headers())


def test_a_copy_onto_itself_changes_what_is_said(cell: Cell, place: Place) -> None:
    blobs.put(cell, place, [b"data"])
    copying.copy(cell, place, place, lambda source: New(source.headers, {"new": "1"}))
    assert reading.read(cell, place) == b"data"
    assert blobs.get(cell, place).metadata == {"new": "1"}


def test_a_copy_of_an_append_blob_can_be_appended_to(cell: Cell, place: Place) -> None:
    blocks.append(cell, place, [b"one"])
    copying.copy(cell, place, at("copy"))
    assert blocks.append_body(cell, at("copy"), body(cell, b"two")).appended == 2
    assert reading.read(cell, at("copy")) == b"onetwo"
    assert reading.read(cell, place) == b"one"


def test_who_may_only_add_replaces_nothing(cell: Cell, place: Place) -> None:
    only_add = Conditions(create_only=True)
    blobs.put(cell, place, [b"first"], conditions=only_add)
    with pytest.raises(Forbidden):
        blobs.put(cell, place, [b"second"], conditions=only_add)
    assert reading.read(cell, place) == b"first"


def test_a_container_takes_all_with_it(cell: Cell, place: Place) -> None:
    blobs.put(cell, place, [b"x"])
    blocks.stage(cell, place, "YQ==", body(cell, b"y"))
    containers.delete(cell, "acc", "box")
    containers.create(cell, "acc", "box")
    assert containers.page(cell, "acc", "box").entries == []
    with pytest.raises(NotFound):
        blocks.block_list(cell, place)


@pytest.mark.parametrize("name", ["ab", "UPPER", "a--b", "-ab", "ab-", "a" * 64, "a_b", "a.b"])
def test_a_container_name_that_azure_refuses_is_refused(cell: Cell, name: str) -> None:
    with pytest.raises(Invalid):
        containers.create(cell, "acc", name)


@pytest.mark.parametrize("name", ["a b", "é/ü", "a//b", "/", "..", "a%2Fb", "x" * 1024, "\u4e2d"])
def test_any_blob_name_works(cell: Cell, name: str) -> None:
    blobs.put(cell, at(name), [name.encode()])
    assert reading.read(cell, at(name)) == name.encode()
    assert [one.name for one in containers.walk(cell, "acc", "box")] == [name]


@pytest.mark.parametrize("tags", [{"": "x"}, {"k": "é"}, {str(i): "x" for i in range(11)}])
def test_tags_that_azure_refuses_are_refused(
    cell: Cell, place: Place, tags: dict[str, str]
) -> None:
    blobs.put(cell, place, [b"x"])
    with pytest.raises(Invalid):
        blobs.set_tags(cell, place, tags)
    assert blobs.get(cell, place).tags == {}
