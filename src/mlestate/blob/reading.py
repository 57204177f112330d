"""Bytes out: a whole blob or a range of it, across its segments, in pieces of bounded size."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ..core.errors import RangeNotSatisfiable
from ..store import blob_blocks
from ..store.blob_tables import Blob, Segment
from . import leases
from .cell import Cell, Place, blob_at
from .conditions import NONE, Conditions

PIECE = 2 << 20


class Opened(msgspec.Struct, frozen=True):
    """A blob as it was at one moment; `size` bytes from `first` on are to be read."""

    blob: Blob
    first: int
    size: int
    segments: list[Segment]


def open_range(
    cell: Cell,
    place: Place,
    first: int | None = None,
    last: int | None = None,
    conditions: Conditions = NONE,
) -> Opened:
    """The bytes `first` to `last`, both included; without `first` the whole blob.

    RangeNotSatisfiable when `first` lies behind the end.
    """
    with cell.database.read() as connection:
        blob = blob_at(connection, place, conditions)
        leases.guard_read(blob, conditions.lease, cell.clock())
        if first is not None and first >= blob.size:
            raise RangeNotSatisfiable(f"The blob has {blob.size} bytes.", target=str(blob.size))
        begin = first or 0
        end = blob.size - 1 if last is None else min(last, blob.size - 1)
        parts = blob_blocks.segments_between(connection, blob.id, begin, end)
    return Opened(blob, begin, end - begin + 1, parts)


def pieces(cell: Cell, opened: Opened, piece: int = PIECE) -> Iterator[bytes]:
    """The bytes, in pieces of `piece` at most; readable for as long as the sweep's grace."""
    end = opened.first + opened.size
    for part in opened.segments:
        at = max(opened.first, part.start)
        until = min(end, part.start + part.size)
        while at < until:
            size = min(piece, until - at)
            yield cell.bodies.read(part.digest, at - part.start, size)
            at += size


def read(cell: Cell, place: Place, first: int | None = None, last: int | None = None) -> bytes:
    """The bytes in memory: for small blobs, and for ranges."""
    return b"".join(pieces(cell, open_range(cell, place, first, last)))
