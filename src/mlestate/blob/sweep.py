"""Removal of bodies that nothing refers to, and of blocks that nobody committed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from ..store import blob_blocks
from .blocks import STAGED_FOR
from .bodies import Found
from .cell import Cell

GRACE = 3600.0
# An upload that began so long ago and isn't done belongs to a process that died.
ABANDONED_AFTER = 24 * 3600.0
_BATCH = 500


class Swept(msgspec.Struct, frozen=True):
    removed: int
    suspected: int
    forgotten_blocks: int


class Sweep:
    """Mark and sweep over one cell, safe beside uploads, copies and downloads.

    A body goes when it was unreferenced at two looks at least `grace` apart, and was not put again
    in between. So an upload has `grace` between its last byte and its row, a download has `grace`
    after its blob was deleted, and a row that moves between tables while we look is seen next time.
    What is suspected is kept in memory: a restart begins anew and only delays.
    """

    def __init__(self, cell: Cell, grace: float = GRACE):
        self._cell, self._grace = cell, grace
        self._suspects: dict[bytes, float] = {}

    def run(self) -> Swept:
        now = self._cell.clock()
        with self._cell.database.write() as connection:
            forgotten = blob_blocks.unstage_before(connection, now - STAGED_FOR)
        self._cell.bodies.tidy(now - ABANDONED_AFTER)
        suspects, removed = {}, 0
        for batch in _batches(self._cell.bodies.listed()):
            for digest in self._unreferenced(batch, now):
                since = self._suspects.get(digest, now)
                if now - since >= self._grace and self._remove(digest, now):
                    removed += 1
                else:
                    suspects[digest] = since
        self._suspects = suspects
        return Swept(removed, len(suspects), forgotten)

    def _unreferenced(self, batch: list[Found], now: float) -> set[bytes]:
        old = {found.digest for found in batch if found.touched < now - self._grace}
        if not old:
            return old
        with self._cell.database.read() as connection:
            return old - blob_blocks.referenced(connection, old)

    def _remove(self, digest: bytes, now: float) -> bool:
        return self._cell.bodies.remove_untouched(digest, now - self._grace)


def _batches(found: Iterable[Found]) -> Iterator[list[Found]]:
    rest = iter(found)
    while batch := list(islice(rest, _BATCH)):
        yield batch
