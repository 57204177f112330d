"""Whole blobs: put, look, change, lease, delete. Callers have authorized."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from ..core.errors import Conflict, Invalid, Stale
from ..store import blob_blocks
from ..store import blobs as rows
from ..store.blob_tables import Blob, Container, Copied, Headers, Segment, Tier
from ..store.blobs import Connection
from . import leases
from .bodies import Body
from .cell import Cell, Place, blob_at, held_container, locked_blob
from .conditions import NONE, Conditions

BLOCK, APPEND = "BlockBlob", "AppendBlob"
TIERS = ("Hot", "Cool", "Cold", "Archive")
_METADATA_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TAG = re.compile(r"[\w +\-./:=]*", re.ASCII)


class New(msgspec.Struct, frozen=True):
    """What a write says beside the bytes. Without a `tier`, that of the blob which it replaces
    stays."""

    headers: Headers = Headers()
    metadata: dict[str, str] = {}
    tags: dict[str, str] = {}
    tier: str = ""


PLAIN = New()


def put(
    cell: Cell,
    place: Place,
    chunks: Iterable[bytes],
    new: New = PLAIN,
    conditions: Conditions = NONE,
) -> Blob:
    """Store a stream as a block blob, replacing what is there. Memory: one chunk."""
    return place_body(cell, place, write_body(cell, chunks), new, conditions)


def write_body(cell: Cell, chunks: Iterable[bytes]) -> Body:
    """Durable when it returns, and nobody's until a row refers to it."""
    writer = cell.bodies.writer()
    try:
        for chunk in chunks:
            writer.write([chunk])
    except BaseException:
        writer.abandon()
        raise
    return writer.finish()


def place_body(
    cell: Cell, place: Place, body: Body, new: New = PLAIN, conditions: Conditions = NONE
) -> Blob:
    """Make the block blob at `place` be this one body."""
    with cell.database.write() as connection:
        container, found = open_for_write(cell, connection, place, conditions)
        parts = [Segment(0, body.size, body.digest, "")] if body.size else []
        return replace(cell, connection, place, container, found, parts, new)


def create_append(
    cell: Cell, place: Place, new: New = PLAIN, conditions: Conditions = NONE
) -> Blob:
    """An empty append blob, replacing what is there."""
    with cell.database.write() as connection:
        container, found = open_for_write(cell, connection, place, conditions)
        return replace(cell, connection, place, container, found, [], new, APPEND)


def get(cell: Cell, place: Place, conditions: Conditions = NONE) -> Blob:
    with cell.database.read() as connection:
        blob = blob_at(connection, place, conditions)
    leases.guard_read(blob, conditions.lease, cell.clock())
    return blob


def delete(cell: Cell, place: Place, conditions: Conditions = NONE) -> None:
    with cell.database.write() as connection:
        blob = _locked(cell, connection, place, conditions)
        rows.remove_blob(connection, blob.id)
        blob_blocks.unstage(connection, blob.container_id, place.name)


def set_metadata(
    cell: Cell, place: Place, metadata: dict[str, str], conditions: Conditions = NONE
) -> Blob:
    check_metadata(metadata)
    return _change(cell, place, conditions, lambda _: {"metadata": metadata})


def set_headers(cell: Cell, place: Place, headers: Headers, conditions: Conditions = NONE) -> Blob:
    """The tier is none of the headers, and stays."""

    def changes(found: Blob) -> dict[str, Any]:
        return {"headers": msgspec.structs.replace(headers, tier=found.headers.tier)}

    return _change(cell, place, conditions, changes)


def set_tier(cell: Cell, place: Place, tier: str, conditions: Conditions = NONE) -> None:
    """Like tags, the tier is no part of the version. No lease keeps it from being set."""
    check_tier(tier)
    with cell.database.write() as connection:
        blob = locked_blob(connection, place)
        conditions.for_write(blob)
        if blob.kind != BLOCK:
            raise Conflict("Only block blobs have tiers.", code="InvalidBlobType")
        leases.guard_read(blob, conditions.lease, cell.clock())
        headers = msgspec.structs.replace(blob.headers, tier=Tier(tier, cell.clock()))
        rows.change_blob(connection, blob.id, headers=headers)


def set_tags(cell: Cell, place: Place, tags: dict[str, str], conditions: Conditions = NONE) -> None:
    """Tags are no part of the version: ETag and Last-Modified stay."""
    check_tags(tags)
    with cell.database.write() as connection:
        blob = _locked(cell, connection, place, conditions)
        rows.change_blob(connection, blob.id, tags=tags)


def lease(
    cell: Cell, place: Place, wish: leases.Wish, conditions: Conditions = NONE
) -> tuple[Blob, int]:
    """The blob with its lease, and for a break, in how many seconds it ends."""
    with cell.database.write() as connection:
        blob = locked_blob(connection, place)
        conditions.for_write(blob)
        after, left = leases.apply(blob.lease, wish, cell.clock())
        rows.change_blob(connection, blob.id, lease=after)
    return msgspec.structs.replace(blob, lease=after), left


def open_for_write(
    cell: Cell, connection: Connection, place: Place, conditions: Conditions
) -> tuple[Container, Blob | None]:
    """The name is locked, and the conditions and the lease of what is there are met."""
    _check_name(place.name)
    container = held_container(connection, place)
    rows.lock_names(connection, (container.id, place.name))
    found = rows.find_blob(connection, container.id, place.name)
    conditions.for_write(found)
    if found is not None:
        leases.guard_write(found, conditions.lease, cell.clock())
    elif conditions.lease is not None:
        raise Stale("There is no lease.", code="LeaseNotPresentWithBlobOperation")
    return container, found


def replace(
    cell: Cell,
    connection: Connection,
    place: Place,
    container: Container,
    found: Blob | None,
    parts: Sequence[Segment],
    new: New,
    kind: str = BLOCK,
    copy: Copied | None = None,
) -> Blob:
    """Write the row and its segments; staged blocks of the name are forgotten."""
    check_metadata(new.metadata)
    check_tags(new.tags)
    now = cell.clock()
    blob_blocks.unstage(connection, container.id, place.name)
    blob = Blob(
        id=found.id if found else 0,
        container_id=container.id,
        name=place.name,
        kind=kind,
        size=sum(part.size for part in parts),
        etag=cell.etag(),
        created=found.created if found else now,
        modified=now,
        headers=msgspec.structs.replace(new.headers, tier=_tier(new, kind, found, now)),
        metadata=new.metadata,
        tags=new.tags,
        appended=0,
        lease=found.lease if found else None,
        copy=copy,
    )
    return rows.put_blob(connection, blob, parts)


def check_tier(tier: str) -> None:
    if tier not in TIERS:
        raise Invalid(
            f"`{tier}` is no access tier: it is one of {', '.join(TIERS)}.",
            code="InvalidHeaderValue",
            target="x-ms-access-tier",
        )


def check_metadata(metadata: dict[str, str]) -> None:
    for key in metadata:
        if not key:
            raise Invalid("Metadata with an empty name.", code="EmptyMetadataKey")
        if not _METADATA_KEY.fullmatch(key):
            raise Invalid(f"`{key}` is no metadata name.", code="InvalidMetadata")
    if sum(len(k) + len(v) for k, v in metadata.items()) > 8192:
        raise Invalid("Metadata is limited to 8 KiB.", code="MetadataTooLarge")


def check_tags(tags: dict[str, str]) -> None:
    if len(tags) > 10:
        raise Invalid("A blob has 10 tags at most.", code="TagsTooLarge")
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or not _TAG.fullmatch(key):
            raise Invalid(f"`{key}` is no tag name.", code="InvalidTag")
        if len(value) > 256 or not _TAG.fullmatch(value):
            raise Invalid(f"The value of tag `{key}` is not allowed.", code="InvalidTag")


def _tier(new: New, kind: str, found: Blob | None, now: float) -> Tier | None:
    if kind != BLOCK:
        if new.tier:
            raise Invalid("Only block blobs have tiers.", code="UnsupportedHeader")
        return None
    if not new.tier:
        return found.headers.tier if found else None
    check_tier(new.tier)
    return Tier(new.tier, now)


def _locked(cell: Cell, connection: Connection, place: Place, conditions: Conditions) -> Blob:
    blob = locked_blob(connection, place)
    conditions.for_write(blob)
    leases.guard_write(blob, conditions.lease, cell.clock())
    return blob


def _change(
    cell: Cell, place: Place, conditions: Conditions, change: Callable[[Blob], dict[str, Any]]
) -> Blob:
    """`change` says the new values, from the blob as it is."""
    with cell.database.write() as connection:
        blob = _locked(cell, connection, place, conditions)
        changes = change(blob) | {"etag": cell.etag(), "modified": cell.clock()}
        rows.change_blob(connection, blob.id, **changes)
    return msgspec.structs.replace(blob, **changes)


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= rows.LONGEST_NAME or "\0" in name:
        raise Invalid("A blob's name has 1 to 1024 characters.", code="InvalidResourceName")
