"""Containers: make, read, change, lease, list, remove. Callers have authorized."""

from __future__ import annotations

import re

import msgspec

from ..core.errors import Conflict, Invalid
from ..store import blob_listing
from ..store import blobs as rows
from ..store.blob_tables import Blob, Container
from . import leases
from .blobs import check_metadata
from .cell import Cell, container_of, no_container
from .conditions import NONE, Conditions

_NAME = re.compile(r"(?=.{3,63}\Z)[a-z0-9]+(-[a-z0-9]+)*")
_SPECIAL = ("$root", "$web", "$logs")
PAGE = 5000


def create(
    cell: Cell, account: str, name: str, metadata: dict[str, str] | None = None
) -> Container:
    """Conflict `ContainerAlreadyExists` when it's there."""
    if not _NAME.fullmatch(name) and name not in _SPECIAL:
        raise Invalid(
            f"`{name}` is no container name: 3 to 63 of a-z, 0-9 and single dashes.",
            code="InvalidResourceName",
        )
    check_metadata(metadata or {})
    with cell.database.write() as connection:
        if rows.lock_container(connection, account, name):
            raise Conflict(f"The container `{name}` already exists.", code="ContainerAlreadyExists")
        return rows.add_container(
            connection, account, name, cell.etag(), cell.clock(), metadata or {}
        )


def ensure(cell: Cell, account: str, name: str) -> Container:
    """The container, made when it isn't there."""
    with cell.database.write() as connection:
        found = rows.lock_container(connection, account, name)
        return found or rows.add_container(connection, account, name, cell.etag(), cell.clock(), {})


def get(cell: Cell, account: str, name: str, conditions: Conditions = NONE) -> Container:
    with cell.database.read() as connection:
        found = container_of(connection, account, name)
    leases.guard_read(found, conditions.lease, cell.clock())
    return found


def delete(cell: Cell, account: str, name: str, conditions: Conditions = NONE) -> None:
    """With all that is in it, whether the blobs are leased or not."""
    with cell.database.write() as connection:
        found = rows.lock_container(connection, account, name)
        if found is None:
            raise no_container(name)
        conditions.for_write(found)
        leases.guard_write(found, conditions.lease, cell.clock())
        rows.remove_container(connection, found.id)


def set_metadata(
    cell: Cell, account: str, name: str, metadata: dict[str, str], conditions: Conditions = NONE
) -> Container:
    check_metadata(metadata)
    with cell.database.write() as connection:
        found = rows.lock_container(connection, account, name)
        if found is None:
            raise no_container(name)
        conditions.for_write(found)
        leases.guard_read(found, conditions.lease, cell.clock())
        changes = {"metadata": metadata, "etag": cell.etag(), "modified": cell.clock()}
        rows.change_container(connection, found.id, **changes)
    return msgspec.structs.replace(found, **changes)


def lease(
    cell: Cell, account: str, name: str, wish: leases.Wish, conditions: Conditions = NONE
) -> tuple[Container, int]:
    """The container with its lease, and for a break, in how many seconds it ends."""
    with cell.database.write() as connection:
        found = rows.lock_container(connection, account, name)
        if found is None:
            raise no_container(name)
        conditions.for_write(found)
        after, left = leases.apply(found.lease, wish, cell.clock())
        rows.change_container(connection, found.id, lease=after)
    return msgspec.structs.replace(found, lease=after), left


def names(
    cell: Cell, account: str, prefix: str = "", start: str = "", limit: int = PAGE
) -> tuple[list[Container], str | None]:
    """A page of containers in order of name, and the name that the next page starts with."""
    with cell.database.read() as connection:
        found = rows.containers_of(connection, account, prefix, start, limit + 1)
    return found[:limit], found[limit].name if len(found) > limit else None


def page(
    cell: Cell,
    account: str,
    name: str,
    prefix: str = "",
    delimiter: str = "",
    start: str = "",
    limit: int = PAGE,
) -> blob_listing.Page:
    """A page of blobs in order of name; what shares a prefix up to `delimiter` is one entry."""
    with cell.database.read() as connection:
        container = container_of(connection, account, name)
        return blob_listing.page(connection, container.id, prefix, delimiter, start, limit)


def walk(cell: Cell, account: str, name: str, prefix: str = "") -> list[Blob]:
    """Every blob under a prefix. For folders of known size; a client's list goes by `page`."""
    found: list[Blob] = []
    start: str | None = ""
    while start is not None:
        part = page(cell, account, name, prefix, start=start)
        found += [entry for entry in part.entries if isinstance(entry, Blob)]
        start = part.next
    return found
