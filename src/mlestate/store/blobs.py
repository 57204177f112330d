"""Containers and committed blobs: one row each, within the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection as Connection  # a name for those who may not know SQLAlchemy
from sqlalchemy import Row, bindparam, delete, func, insert, select, update

from .blob_tables import (
    Blob,
    Container,
    Copied,
    Headers,
    Lease,
    Segment,
    blobs,
    containers,
    segments,
)
from .database import lock

LONGEST_NAME = 1024
_LAST = "\U0010ffff"
# Built once: every block of an upload asks for it, or every workspace makes it.
_CONTAINER = select(containers).where(
    containers.c.account == bindparam("account"), containers.c.name == bindparam("name")
)
_HOLD = _CONTAINER.with_for_update(read=True, key_share=True)
_LOCK = _CONTAINER.with_for_update()
_ADD = insert(containers)
_FIND_BLOB = select(blobs).where(
    blobs.c.container_id == bindparam("container_id"), blobs.c.name == bindparam("name")
)


def containers_of(
    connection: Connection, account: str, prefix: str, start: str, limit: int
) -> list[Container]:
    """In order of name, from `start` on."""
    query = (
        select(containers)
        .where(containers.c.account == account, containers.c.name >= max(start, prefix))
        .order_by(containers.c.name)
        .limit(limit)
    )
    if prefix:
        query = query.where(containers.c.name < after_prefix(prefix))
    return [_container(row) for row in connection.execute(query)]


def find_container(connection: Connection, account: str, name: str) -> Container | None:
    row = connection.execute(_CONTAINER, {"account": account, "name": name}).one_or_none()
    return None if row is None else _container(row)


def hold_container(connection: Connection, account: str, name: str) -> Container | None:
    """Find it; nobody deletes it until this transaction ends."""
    row = connection.execute(_HOLD, {"account": account, "name": name}).one_or_none()
    return None if row is None else _container(row)


def lock_container(connection: Connection, account: str, name: str) -> Container | None:
    """Find it; nobody makes, changes or deletes it until this transaction ends."""
    lock(connection, f"container/{account}/{name}")
    row = connection.execute(_LOCK, {"account": account, "name": name}).one_or_none()
    return None if row is None else _container(row)


def add_container(
    connection: Connection,
    account: str,
    name: str,
    etag: str,
    modified: float,
    metadata: dict[str, str],
) -> Container:
    values = {
        "account": account,
        "name": name,
        "etag": etag,
        "modified": modified,
        "metadata": metadata,
    }
    key = connection.execute(_ADD, values).inserted_primary_key
    assert key is not None
    return Container(id=key[0], lease=None, **values)  # type: ignore[arg-type]


def change_container(connection: Connection, id: int, **changes: Any) -> None:
    connection.execute(update(containers).where(containers.c.id == id).values(_plain(changes)))


def remove_container(connection: Connection, id: int) -> None:
    """With its blobs, segments and staged blocks."""
    connection.execute(delete(containers).where(containers.c.id == id))


def count(connection: Connection, account: str) -> int:
    """The committed blobs of an account."""
    own = select(containers.c.id).where(containers.c.account == account)
    query = select(func.count()).select_from(blobs).where(blobs.c.container_id.in_(own))
    return connection.execute(query).scalar_one()


def find_blob(connection: Connection, container_id: int, name: str) -> Blob | None:
    values = {"container_id": container_id, "name": name}
    row = connection.execute(_FIND_BLOB, values).one_or_none()
    return None if row is None else blob_of(row)


def lock_names(connection: Connection, *names: tuple[int, str]) -> None:
    """Nobody else makes, changes or deletes these blobs until this transaction ends.

    Names that no blob has yet are locked as well; each is a container's id and a blob's name.
    """
    # In one order for everybody, or two copies between the same two blobs would deadlock.
    for container_id, name in sorted(set(names)):
        lock(connection, f"blob/{container_id}/{name}")


def put_blob(connection: Connection, blob: Blob, parts: Iterable[Segment]) -> Blob:
    """Write the whole blob; `id` 0 makes a new row, another id replaces that row's blob."""
    values = _plain(msgspec.structs.asdict(blob))
    del values["id"]
    if blob.id:
        connection.execute(update(blobs).where(blobs.c.id == blob.id).values(values))
        connection.execute(delete(segments).where(segments.c.blob_id == blob.id))
    else:
        key = connection.execute(insert(blobs).values(values)).inserted_primary_key
        assert key is not None
        blob = msgspec.structs.replace(blob, id=key[0])
    add_segments(connection, blob.id, parts)
    return blob


def change_blob(connection: Connection, id: int, **changes: Any) -> None:
    connection.execute(update(blobs).where(blobs.c.id == id).values(_plain(changes)))


def remove_blob(connection: Connection, id: int) -> None:
    connection.execute(delete(blobs).where(blobs.c.id == id))


def add_segments(connection: Connection, blob_id: int, parts: Iterable[Segment]) -> None:
    rows = [{"blob_id": blob_id, **msgspec.structs.asdict(part)} for part in parts]
    if rows:
        connection.execute(insert(segments), rows)


def after_prefix(prefix: str) -> str:
    """A name that sorts after every name with this prefix, and before all that come behind."""
    plain = prefix.rstrip(_LAST)
    if not plain:
        return prefix + _LAST * LONGEST_NAME  # nothing comes behind these
    last = ord(plain[-1]) + 1
    # Surrogates are no characters; the next one after U+D7FF is U+E000.
    return plain[:-1] + chr(0xE000 if last == 0xD800 else last)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Structs become what a JSON column takes."""
    return {key: msgspec.to_builtins(value) for key, value in values.items()}


def _container(row: Row[Any]) -> Container:
    values = row._asdict()
    values["lease"] = msgspec.convert(values["lease"], Lease | None)
    return Container(**values)


def blob_of(row: Row[Any]) -> Blob:
    values = row._asdict()
    values["headers"] = msgspec.convert(values["headers"], Headers)
    values["lease"] = msgspec.convert(values["lease"], Lease | None)
    values["copy"] = msgspec.convert(values["copy"], Copied | None)
    return Blob(**values)
