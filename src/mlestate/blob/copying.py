"""Copies within a cell: rows only, no bytes."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from ..core.errors import Invalid
from ..store import blob_blocks
from ..store import blobs as rows
from ..store.blob_tables import Blob, Copied
from .blobs import APPEND, New, open_for_write, replace
from .cell import Cell, Place, container_of, existing
from .conditions import NONE, Conditions


def same(source: Blob) -> New:
    return New(source.headers, source.metadata, source.tags)


def copy(
    cell: Cell,
    source: Place,
    target: Place,
    describe: Callable[[Blob], New] = same,
    conditions: Conditions = NONE,
    source_conditions: Conditions = NONE,
    url: str = "",
) -> Blob:
    """The target becomes the source as it is now. `describe` makes the rest of it from the source.

    `url` is what the client called the source, kept to be told; it carries no signature.
    """
    with cell.database.write() as connection:
        whence = container_of(connection, source.account, source.container)
        whither = container_of(connection, target.account, target.container)
        # Both at once and in one order: `open_for_write` then finds its lock taken.
        rows.lock_names(connection, (whence.id, source.name), (whither.id, target.name))
        origin = existing(rows.find_blob(connection, whence.id, source.name), source)
        source_conditions.for_write(origin)
        container, found = open_for_write(cell, connection, target, conditions)
        if found is not None and found.kind != origin.kind:
            raise Invalid("The target is of another blob type.", code="InvalidBlobType")
        parts = blob_blocks.segments_of(connection, origin.id)
        copied = Copied(str(uuid4()), url, cell.clock())
        blob = replace(
            cell, connection, target, container, found, parts, describe(origin), origin.kind, copied
        )
        if origin.kind == APPEND:
            rows.change_blob(connection, blob.id, appended=origin.appended)
    return blob
