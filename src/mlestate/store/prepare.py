"""A database is made, migrated, or refused, by the version that it says it has."""

from __future__ import annotations

from sqlalchemy import insert, inspect, select

from ..core.errors import Unavailable
from .database import Connection, Database
from .schema import Schema, metadata, version


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
            for revision, fill in schema.fills.items():
                if int(seen) < int(revision):
                    fill(connection)


def _seen(connection: Connection) -> str | None:
    if not inspect(connection).has_table(version.name):
        return None
    found: str | None = connection.execute(select(version.c.version_num)).scalar_one_or_none()
    return found


def _make(connection: Connection, schema: Schema) -> None:
    for part in (*schema.parts, metadata):
        part.create_all(connection)
    connection.execute(insert(version).values(version_num=schema.head))
