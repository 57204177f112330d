"""Which tables the two kinds of databases have, and which version of them this program knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from sqlalchemy import Column, Connection, MetaData, String, Table

from . import blob_tables, directory_tables, leases, operations, outbox, provider_tables
from . import resources as resource_tables
from .activity import tables as activity
from .activity import writing as activity_writing
from .search import tables as search_tables

_MIGRATIONS = Path(__file__).parent / "migrations"

metadata = MetaData()
# One row. The name and shape are those that Alembic keeps its place in.
version = Table(
    "schema_version", metadata, Column("version_num", String(32), primary_key=True, nullable=False)
)


class Schema(msgspec.Struct, frozen=True):
    """`folder` has the migrations, whose last one is `head`. `fills` have what a database older
    than a revision lacks, once it has all tables of this program."""

    name: str
    head: str
    folder: Path
    parts: tuple[MetaData, ...]
    fills: Mapping[str, Callable[[Connection], None]] = {}


_RESOURCES = (
    search_tables.metadata,
    operations.metadata,
    activity.metadata,
    outbox.metadata,
)
ESTATE = Schema(
    "estate",
    "0008",
    _MIGRATIONS / "estate",
    (directory_tables.metadata, provider_tables.metadata, *_RESOURCES),
    {"0004": activity_writing.refile},
)
REGION = Schema(
    "region",
    "0005",
    _MIGRATIONS / "region",
    (blob_tables.metadata, leases.metadata, *_RESOURCES),
    {"0002": resource_tables.refile, "0003": activity_writing.refile},
)
