"""A database is made, migrated, or refused, by the version that it says it has."""

from __future__ import annotations

import logging

from sqlalchemy import bindparam, insert, inspect, select, text

from ..core.errors import Unavailable
from .database import Connection, Database
from .schema import Schema, metadata, version

_log = logging.getLogger(__name__)
_TABLES = text(
    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN :tables"
).bindparams(bindparam("tables", expanding=True))
_WRITABLE = text("""
    SELECT count(*) FROM pg_class c
    WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(:tables)
    AND relkind = 'r' AND has_table_privilege(c.oid, 'SELECT')
    AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE')
    AND has_table_privilege(c.oid, 'DELETE') AND NOT pg_is_in_recovery()
    AND current_setting('default_transaction_read_only') = 'off'
""")


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


def is_prepared(database: Database) -> bool:
    """Whether a program of ours made its tables, of whatever version."""
    with database.read() as connection:
        return inspect(connection).has_table(version.name)


def check(database: Database, schema: Schema) -> None:
    """Raises Unavailable where it does not answer, lacks a table, or may not be written."""
    tables = [name for part in (*schema.parts, metadata) for name in part.tables]
    there = _TABLES if database.is_sqlite else _WRITABLE
    with database.read() as connection:
        found = connection.execute(there, {"tables": tables}).scalar_one()
    if found != len(tables):
        why = f"the {schema.name} database lacks tables, or may not be written"
        _log.warning("%s: `%s`", why, database.engine.url.render_as_string())
        raise Unavailable(why)


def _seen(connection: Connection) -> str | None:
    if not inspect(connection).has_table(version.name):
        return None
    found: str | None = connection.execute(select(version.c.version_num)).scalar_one_or_none()
    return found


def _make(connection: Connection, schema: Schema) -> None:
    for part in (*schema.parts, metadata):
        part.create_all(connection)
    connection.execute(insert(version).values(version_num=schema.head))
