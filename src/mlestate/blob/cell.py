"""What the operations on blobs work with, and how they name things."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

import msgspec

from ..core.errors import NotFound
from ..store import blobs as rows
from ..store.blob_tables import Blob, Container
from ..store.blobs import Connection
from ..store.database import Database
from .bodies import Bodies
from .conditions import Conditions


def new_etag() -> str:
    return f"0x{secrets.token_hex(8).upper()}"


class Cell(msgspec.Struct, frozen=True):
    """A region's blobs. `clock` answers epoch seconds; `etag` never answers the same twice."""

    database: Database
    bodies: Bodies
    clock: Callable[[], float] = time.time
    etag: Callable[[], str] = new_etag


class Place(msgspec.Struct, frozen=True):
    """Where a blob is, or would be."""

    account: str
    container: str
    name: str


def container_of(connection: Connection, account: str, name: str) -> Container:
    found = rows.find_container(connection, account, name)
    if found is None:
        raise no_container(name)
    return found


def held_container(connection: Connection, place: Place) -> Container:
    """The container, which stays until the transaction ends."""
    found = rows.hold_container(connection, place.account, place.container)
    if found is None:
        raise no_container(place.container)
    return found


def blob_at(connection: Connection, place: Place, conditions: Conditions) -> Blob:
    """The blob, which meets the conditions of a read but for its lease."""
    container = container_of(connection, place.account, place.container)
    found = rows.find_blob(connection, container.id, place.name)
    if found is None:
        conditions.for_missing()
    blob = existing(found, place)
    conditions.for_read(blob)
    return blob


def locked_blob(connection: Connection, place: Place) -> Blob:
    """The blob, which nobody else touches until the transaction ends."""
    container = held_container(connection, place)
    rows.lock_names(connection, (container.id, place.name))
    return existing(rows.find_blob(connection, container.id, place.name), place)


def existing(found: Blob | None, place: Place) -> Blob:
    if found is None:
        raise NotFound(f"The blob `{place.name}` does not exist.", code="BlobNotFound")
    return found


def no_container(name: str) -> NotFound:
    return NotFound(f"The container `{name}` does not exist.", code="ContainerNotFound")
