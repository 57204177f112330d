"""The tables of object storage, and the values that its rows become."""

from __future__ import annotations

import msgspec
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

from .columns import Id, Key

metadata = MetaData()


containers = Table(
    "blob_containers",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("account", Key, nullable=False),
    Column("name", Key, nullable=False),
    Column("etag", String(40), nullable=False),
    Column("modified", Float(53), nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("lease", JSON(none_as_null=True)),
    UniqueConstraint("account", "name"),
)

blobs = Table(
    "blobs",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("container_id", ForeignKey(containers.c.id, ondelete="CASCADE"), nullable=False),
    Column("name", Key, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("etag", String(40), nullable=False),
    Column("created", Float(53), nullable=False),
    Column("modified", Float(53), nullable=False),
    Column("headers", JSON, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("appended", Integer, nullable=False),
    Column("lease", JSON(none_as_null=True)),
    Column("copy", JSON(none_as_null=True)),
    UniqueConstraint("container_id", "name"),
)

# What a committed blob is made of: bodies, in order. `start` is the offset within the blob.
segments = Table(
    "blob_segments",
    metadata,
    Column("blob_id", ForeignKey(blobs.c.id, ondelete="CASCADE"), primary_key=True),
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("block", String(96), nullable=False),
    Index("blob_segments_digest", "digest"),
)

# Blocks that were put and not committed. Keyed by name: the blob need not exist yet.
staged = Table(
    "blob_staged",
    metadata,
    Column("container_id", ForeignKey(containers.c.id, ondelete="CASCADE"), primary_key=True),
    Column("name", Key, primary_key=True),
    Column("block", String(96), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("at", Float(53), nullable=False),
    Index("blob_staged_digest", "digest"),
    Index("blob_staged_at", "at"),
)


class Lease(msgspec.Struct, frozen=True):
    """`seconds` is None for an infinite lease; `until` is then None as well.

    `breaks` is when a broken lease ends: in the future it is *breaking*, in the past *broken*.
    """

    id: str
    seconds: int | None
    until: float | None
    breaks: float | None = None


class Container(msgspec.Struct, frozen=True):
    id: int
    account: str
    name: str
    etag: str
    modified: float
    metadata: dict[str, str]
    lease: Lease | None


class Tier(msgspec.Struct, frozen=True):
    """An access tier that was asked for, and when."""

    name: str
    at: float


class Headers(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a read answers beside the bytes. `md5` is base64, empty when nobody computed it; without
    a `tier` the blob is in its account's."""

    content_type: str = "application/octet-stream"
    encoding: str = ""
    language: str = ""
    disposition: str = ""
    cache_control: str = ""
    md5: str = ""
    tier: Tier | None = None


class Copied(msgspec.Struct, frozen=True):
    """Where a blob was copied from. Copies are done when they are answered."""

    id: str
    source: str
    at: float


class Blob(msgspec.Struct, frozen=True):
    """A committed blob without its bytes. `appended` counts the blocks of an append blob."""

    id: int
    container_id: int
    name: str
    kind: str
    size: int
    etag: str
    created: float
    modified: float
    headers: Headers
    metadata: dict[str, str]
    tags: dict[str, str]
    appended: int
    lease: Lease | None
    copy: Copied | None


class Segment(msgspec.Struct, frozen=True):
    start: int
    size: int
    digest: bytes
    block: str


class Staged(msgspec.Struct, frozen=True):
    block: str
    size: int
    digest: bytes
