"""Which tables the databases have, and in which version they are."""

from __future__ import annotations

from pathlib import Path

import msgspec
from sqlalchemy import Column, MetaData, String, Table, insert, inspect, select

from ..core.errors import Unavailable
from . import activity, blob_tables, directory_tables, leases, operations, principal_tables
from . import resources as resource_tables
from .database import Connection, Database

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
    "0001",
    _MIGRATIONS / "estate",
    (directory_tables.metadata, principal_tables.metadata, *_RESOURCES),
)
REGION = Schema(
    "region", "0001", _MIGRATIONS / "region", (blob_tables.metadata, leases.metadata, *_RESOURCES)
)


def prepare(database: Database, schema: Schema) -> None:
    """Bring a database to this program's version. Raises Unavailable where it is newer."""
    with database.read() as connection:
        if _seen(connection) == schema.head:
            return
    with database.altering() as connection:
        # Another process may have done it meanwhile.
        seen = _seen(connection)
        if seen is None:
            _make(connection, schema)
        elif int(seen) > int(schema.head):
            raise Unavailable(
                f"the {schema.name} database has schema {seen}, this program knows {schema.head}: "
                "start a newer version of mlestate"
            )
        elif seen != schema.head:
            # Costs a quarter of a second, and is needed only now.
            from .migrations import migrate

            migrate(connection, schema)


def _seen(connection: Connection) -> str | None:
    if not inspect(connection).has_table(version.name):
        return None
    found: str | None = connection.execute(select(version.c.version_num)).scalar_one_or_none()
    return found


def _make(connection: Connection, schema: Schema) -> None:
    for part in (*schema.parts, metadata):
        part.create_all(connection)
    connection.execute(insert(version).values(version_num=schema.head))
