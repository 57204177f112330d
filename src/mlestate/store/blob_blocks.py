"""What blobs are made of: committed segments, and blocks staged for a later commit."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from .blob_tables import Segment, Staged, blobs, segments, staged


def _upsert(insert: Any) -> Any:
    statement = insert(staged)
    changing = {key: statement.excluded[key] for key in ("size", "digest", "at")}
    return statement.on_conflict_do_update(index_elements=list(staged.primary_key), set_=changing)


# Built once: to build them took longer than to run them, for every block of an upload.
_STAGE = {"sqlite": _upsert(sqlite.insert), "postgresql": _upsert(postgresql.insert)}
_ANY_STAGED = (
    select(staged.c.block)
    .where(staged.c.container_id == bindparam("container_id"), staged.c.name == bindparam("name"))
    .limit(1)
)


def segments_between(connection: Connection, blob_id: int, first: int, last: int) -> list[Segment]:
    """The segments that hold the bytes `first` to `last`, both included."""
    at_first = (
        select(func.max(segments.c.start))
        .where(segments.c.blob_id == blob_id, segments.c.start <= first)
        .scalar_subquery()
    )
    query = (
        select(segments.c.start, segments.c.size, segments.c.digest, segments.c.block)
        .where(
            segments.c.blob_id == blob_id, segments.c.start >= at_first, segments.c.start <= last
        )
        .order_by(segments.c.start)
    )
    return [Segment(*row) for row in connection.execute(query)]


def segments_of(connection: Connection, blob_id: int) -> list[Segment]:
    query = (
        select(segments.c.start, segments.c.size, segments.c.digest, segments.c.block)
        .where(segments.c.blob_id == blob_id)
        .order_by(segments.c.start)
    )
    return [Segment(*row) for row in connection.execute(query)]


def stage(connection: Connection, container_id: int, name: str, block: Staged, at: float) -> None:
    """A block put again under the same id replaces the one before."""
    values = {"container_id": container_id, "name": name, "block": block.block}
    values |= {"size": block.size, "digest": block.digest, "at": at}
    connection.execute(_STAGE[connection.dialect.name], values)


def staged_blocks(connection: Connection, container_id: int, name: str) -> list[Staged]:
    """In order of block id."""
    query = (
        select(staged.c.block, staged.c.size, staged.c.digest)
        .where(staged.c.container_id == container_id, staged.c.name == name)
        .order_by(staged.c.block)
    )
    return [Staged(*row) for row in connection.execute(query)]


def any_staged_block(connection: Connection, container_id: int, name: str) -> str | None:
    values = {"container_id": container_id, "name": name}
    return connection.execute(_ANY_STAGED, values).scalar_one_or_none()


def unstage(connection: Connection, container_id: int, name: str) -> None:
    connection.execute(
        delete(staged).where(staged.c.container_id == container_id, staged.c.name == name)
    )


def unstage_before(connection: Connection, at: float) -> int:
    """Forget blocks that nobody committed; answers how many."""
    return connection.execute(delete(staged).where(staged.c.at < at)).rowcount


def referenced(connection: Connection, digests: Collection[bytes]) -> set[bytes]:
    """Those of `digests` that a blob or a staged block still needs."""

    def held(table: Table) -> set[bytes]:
        query = select(table.c.digest).where(table.c.digest.in_(digests)).distinct()
        return set(connection.execute(query).scalars())

    return held(segments) | held(staged)


def usage(connection: Connection, container_id: int) -> tuple[int, int]:
    """How many blobs a container holds, and how many bytes they say they are."""
    query = select(func.count(), func.coalesce(func.sum(blobs.c.size), 0)).where(
        blobs.c.container_id == container_id
    )
    count, size = connection.execute(query).one()
    return int(count), int(size)
