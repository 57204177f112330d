"""Whether the tables of the log are as this program makes them: what was written is in every index
that it is looked up by, and nothing else in the database writes, hides or removes events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, create_engine

from ..database import builtins_alone
from . import catalog
from .tables import activity, marks, metadata

_TABLES = (activity.name, marks.name)
# What SQLite's lists of columns and indexes do not tell, and this program's tables do not have.
_MORE = re.compile(r"\b(check|conflict|collate|generated|as|default|references|without)\b", re.I)
_BY_THEMSELVES = "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view')"
_MADE = "SELECT type, sql FROM sqlite_master WHERE name = ?"


def oddities(connection: Connection) -> list[str]:
    """What is not as it was made, in words; nothing is written."""
    if why := unreadable(connection):
        return [why]
    if connection.dialect.name == "sqlite":
        return list(_in_sqlite(connection))
    with builtins_alone(connection) as schema:
        return list(catalog.oddities(connection, schema))


def unreadable(connection: Connection) -> str:
    """Why its events cannot even be read; empty where they can."""
    with builtins_alone(connection) as schema:
        for table, called in ((activity, "the log"), (marks, "the log's marks")):
            if connection.dialect.name == "sqlite":
                why = _not_in_sqlite(connection, table)
            else:
                why = catalog.unreadable(connection, schema, table)
            if why:
                return f"the table of {called} {why}"
    return ""


def _not_in_sqlite(connection: Connection, table: Table) -> str:
    if [row.type for row in connection.exec_driver_sql(_MADE, (table.name,))] != ["table"]:
        return "is not there"
    rows = connection.exec_driver_sql(f"PRAGMA table_xinfo('{table.name}')").all()
    whole = {row.name for row in rows} >= set(table.c.keys())
    return "" if whole else "has not the columns that it was made with"


def _in_sqlite(connection: Connection) -> Iterator[str]:
    for type, name in connection.exec_driver_sql(_BY_THEMSELVES):
        yield f"there is a {type}, `{name}`, which mlestate did not make"
    expected = _made()
    for table in _TABLES:
        if _columns(connection, table) != expected[table][0]:
            yield f"the table `{table}` is not as it was made"
        indexes = _indexes(connection, table)
        for name in sorted(expected[table][1].keys() | indexes.keys()):
            if indexes.get(name) != expected[table][1].get(name):
                yield f"the index `{name}` is not as it was made"
        for (said,) in connection.exec_driver_sql(f"PRAGMA integrity_check('{table}')"):
            if said != "ok":
                yield f"the table `{table}` and its indexes are not of one mind: {said}"


@cache
def _made() -> dict[str, tuple[Any, dict[str, Any]]]:
    """As a new database has them."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        metadata.create_all(connection)
        found = {name: (_columns(connection, name), _indexes(connection, name)) for name in _TABLES}
    engine.dispose()
    return found


def _columns(connection: Connection, table: str) -> Any:
    """By name: a database that was migrated may have them in another order."""
    rows = connection.exec_driver_sql(f"PRAGMA table_xinfo('{table}')").all()
    made = connection.exec_driver_sql(_MADE, (table,)).all()
    more = [bool(_MORE.search(str(sql))) for _, sql in made]
    return [type for type, _ in made], more, sorted(tuple(row)[1:] for row in rows)


def _indexes(connection: Connection, table: str) -> dict[str, Any]:
    """By name: whether it is unique, made by whom, of which rows, and of which columns."""
    found = {}
    for row in connection.exec_driver_sql(f"PRAGMA index_list('{table}')").all():
        columns = connection.exec_driver_sql(f"PRAGMA index_xinfo('{row.name}')").all()
        keys = [(each.name, each.desc, each.coll) for each in columns if each.key]
        found[row.name] = (row.unique, row.origin, row.partial, keys)
    return found
