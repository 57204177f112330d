"""Blobs made piece by piece: staged blocks and their commit, and append blobs."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from enum import Enum

import msgspec

from ..core.errors import Conflict, Invalid, Stale
from ..store import blob_blocks
from ..store import blobs as rows
from ..store.blob_tables import Blob, Headers, Segment, Staged
from ..store.blobs import Connection
from . import leases
from .blobs import APPEND, BLOCK, PLAIN, New, open_for_write, replace, write_body
from .bodies import Body
from .cell import Cell, Place, container_of, existing, held_container, locked_blob
from .conditions import NONE, Conditions

MOST_BLOCKS = 50_000
# Azure forgets uncommitted blocks after a week.
STAGED_FOR = 7 * 24 * 3600.0


class Source(Enum):
    """Where a commit looks for a block."""

    LATEST = "Latest"
    UNCOMMITTED = "Uncommitted"
    COMMITTED = "Committed"


def stage(cell: Cell, place: Place, block: str, body: Body, conditions: Conditions = NONE) -> None:
    """Remember a block for a later commit. `block` is its id, in base64.

    It outlives a kill of the process. Should the machine go down before the commit, it may be
    forgotten, and the commit is refused.
    """
    _check_block_id(block)
    with cell.database.write_until_reboot() as connection:
        container = held_container(connection, place)
        rows.lock_names(connection, (container.id, place.name))
        found = rows.find_blob(connection, container.id, place.name)
        if found is not None:
            _need_kind(found, BLOCK)
            leases.guard_write(found, conditions.lease, cell.clock())
        _same_length(blob_blocks.any_staged_block(connection, container.id, place.name), block)
        staged = Staged(block, body.size, body.digest)
        blob_blocks.stage(connection, container.id, place.name, staged, cell.clock())


def commit(
    cell: Cell,
    place: Place,
    wanted: list[tuple[Source, str]],
    new: New = PLAIN,
    conditions: Conditions = NONE,
) -> Blob:
    """The blob becomes these blocks in this order; other staged ones are forgotten."""
    if len(wanted) > MOST_BLOCKS:
        raise Invalid("A blob has 50,000 blocks at most.", code="BlockListTooLong")
    durable: set[bytes] = set()
    while True:
        with cell.database.write() as connection:
            container, found = open_for_write(cell, connection, place, conditions)
            if found is not None and found.kind != BLOCK:
                raise _wrong_kind(found)
            staged = blob_blocks.staged_blocks(connection, container.id, place.name)
            committed = blob_blocks.segments_of(connection, found.id) if found else []
            parts = _chosen(wanted, staged, committed)
            missing = {part.digest for part in parts} - {part.digest for part in committed}
            if missing <= durable:
                return replace(cell, connection, place, container, found, parts, new)
        # Outside: others write meanwhile. Should one of them stage a block anew, we go round again.
        if cell.bodies.keep(missing):
            raise Invalid(
                "Blocks were lost when the machine went down: put them again.",
                code="InvalidBlockList",
            )
        durable |= missing


def block_list(
    cell: Cell, place: Place, conditions: Conditions = NONE
) -> tuple[Blob | None, list[Segment], list[Staged]]:
    """What is committed and what is staged. There may be blocks and no blob yet."""
    with cell.database.read() as connection:
        container = container_of(connection, place.account, place.container)
        found = rows.find_blob(connection, container.id, place.name)
        staged = _there(cell, blob_blocks.staged_blocks(connection, container.id, place.name))
        if not staged:
            found = existing(found, place)
        committed = blob_blocks.segments_of(connection, found.id) if found else []
    if found:
        _need_kind(found, BLOCK)
        leases.guard_read(found, conditions.lease, cell.clock())
    return found, committed, staged


def append(cell: Cell, place: Place, chunks: Iterable[bytes]) -> Blob:
    """Add a stream to the end of an append blob, which is made when it isn't there."""
    body = write_body(cell, chunks)
    with cell.database.write() as connection:
        container = held_container(connection, place)
        rows.lock_names(connection, (container.id, place.name))
        found = rows.find_blob(connection, container.id, place.name)
        if found is None:
            headers = New(Headers(content_type="text/plain; charset=utf-8"))
            found = replace(cell, connection, place, container, None, [], headers, APPEND)
        return _grow(cell, connection, found, body)


def append_body(
    cell: Cell,
    place: Place,
    body: Body,
    conditions: Conditions = NONE,
    at: int | None = None,
    most: int | None = None,
) -> Blob:
    """Add a body to the end: only at offset `at`, and only while the blob stays within `most`."""
    with cell.database.write() as connection:
        found = locked_blob(connection, place)
        conditions.for_write(found)
        leases.guard_write(found, conditions.lease, cell.clock())
        _need_kind(found, APPEND)
        if at is not None and at != found.size:
            raise Stale(f"The blob's end is at {found.size}.", code="AppendPositionConditionNotMet")
        if most is not None and found.size + body.size > most:
            raise Stale("The blob would grow too large.", code="MaxBlobSizeConditionNotMet")
        return _grow(cell, connection, found, body)


def _grow(cell: Cell, connection: Connection, found: Blob, body: Body) -> Blob:
    _need_kind(found, APPEND)
    if found.appended >= MOST_BLOCKS:
        raise Conflict("An append blob has 50,000 blocks.", code="BlockCountExceedsLimit")
    if body.size:
        part = Segment(found.size, body.size, body.digest, "")
        rows.add_segments(connection, found.id, [part])
    changes = {
        "size": found.size + body.size,
        "appended": found.appended + 1,
        "etag": cell.etag(),
        "modified": cell.clock(),
    }
    rows.change_blob(connection, found.id, **changes)
    return msgspec.structs.replace(found, **changes)


def _there(cell: Cell, staged: list[Staged]) -> list[Staged]:
    lost = cell.bodies.lost([block.digest for block in staged])
    return [block for block in staged if block.digest not in lost]


def _chosen(
    wanted: list[tuple[Source, str]], staged: list[Staged], committed: list[Segment]
) -> list[Segment]:
    new = {block.block: (block.digest, block.size) for block in staged}
    # A body that was put as a whole has no block id, and can't be chosen.
    old = {part.block: (part.digest, part.size) for part in committed if part.block}
    places = {Source.LATEST: old | new, Source.UNCOMMITTED: new, Source.COMMITTED: old}
    parts, start = [], 0
    for source, block in wanted:
        body = places[source].get(block)
        if body is None:
            raise Invalid(
                f"The block list names `{block[:100]}`, which is not there.",
                code="InvalidBlockList",
            )
        digest, size = body
        if size:
            parts.append(Segment(start, size, digest, block))
        start += size
    return parts


def _check_block_id(block: str) -> None:
    try:
        raw = base64.b64decode(block, validate=True)
    except ValueError:  # not base64, or not of ASCII
        raw = b""
    if not 1 <= len(raw) <= 64:
        raise Invalid("A block id is base64 of 1 to 64 bytes.", code="InvalidQueryParameterValue")


def _same_length(other: str | None, block: str) -> None:
    if other is not None and len(other) != len(block):
        raise Invalid("All block ids of a blob have one length.", code="InvalidBlobOrBlock")


def _need_kind(found: Blob, kind: str) -> None:
    if found.kind != kind:
        raise _wrong_kind(found)


def _wrong_kind(found: Blob) -> Conflict:
    return Conflict(f"The blob is of type {found.kind}.", code="InvalidBlobType")
