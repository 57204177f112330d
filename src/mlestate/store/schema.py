"""Which tables the two kinds of databases have, and which version of them this program knows."""

from __future__ import annotations

from pathlib import Path

import msgspec
from sqlalchemy import Column, MetaData, String, Table

from . import activity, blob_tables, directory_tables, leases, operations, principal_tables
from . import resources as resource_tables

_MIGRATIONS = Path(__file__).parent / "migrations"

metadata = MetaData()
# One row. The name and shape are those that Alembic keeps its place in.
version = Table(
    "schema_version", metadata, Column("version_num", String(32), primary_key=True, nullable=False)
)


class Schema(msgspec.Struct, frozen=True):
    """`folder` has the migrations, whose last one is `head`."""

    name: str
    head: str
    folder: Path
    parts: tuple[MetaData, ...]


_RESOURCES = (resource_tables.metadata, operations.metadata, activity.metadata)
ESTATE = Schema(
    "estate",
    "0002",
    _MIGRATIONS / "estate",
    (directory_tables.metadata, principal_tables.metadata, *_RESOURCES),
)
REGION = Schema(
    "region", "0001", _MIGRATIONS / "region", (blob_tables.metadata, leases.metadata, *_RESOURCES)
)
