"""Whether the tables of the log are as this program makes them: what was written is in every index
that it is looked up by, and nothing else in the database writes, hides or removes events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from sqlalchemy import Connection, create_engine, text

from .tables import activity, marks, metadata

_TABLES = (activity.name, marks.name)
# What SQLite's lists of columns and indexes do not tell, and this program's tables do not have.
_MORE = re.compile(r"\b(check|conflict|collate|generated|as|default|references|without)\b", re.I)
_BY_THEMSELVES = "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view')"
_MADE = "SELECT type, sql FROM sqlite_master WHERE name = ?"


def oddities(connection: Connection) -> list[str]:
    """What is not as it was made, in words; nothing is written."""
    found = _in_sqlite if connection.dialect.name == "sqlite" else _in_postgres
    return list(found(connection))


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


# Of the cell's own schema, which is the first that names are looked up in.
_HERE = "c.relnamespace = current_schema()::regnamespace"
_STRANGE = f"""
    SELECT 'trigger', tgname::text FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
    WHERE NOT tgisinternal AND {_HERE}
    UNION ALL
    SELECT 'rule', rulename::text FROM pg_rewrite JOIN pg_class c ON c.oid = ev_class
    WHERE {_HERE}
    UNION ALL
    SELECT 'policy', polname::text FROM pg_policy JOIN pg_class c ON c.oid = polrelid
    WHERE {_HERE} AND c.relname = ANY(:tables)
    UNION ALL
    SELECT 'constraint', conname::text FROM pg_constraint JOIN pg_class c ON c.oid = conrelid
    WHERE contype IN ('c', 'f', 'u', 'x', 't') AND {_HERE} AND c.relname = ANY(:tables)
    UNION ALL
    SELECT 'table below it', inhrelid::regclass::text FROM pg_inherits
    JOIN pg_class c ON c.oid = inhparent WHERE {_HERE} AND c.relname = ANY(:tables)
"""
_PLAIN = f"""
    SELECT count(*) FROM pg_class c WHERE {_HERE} AND relname = ANY(:tables)
    AND relkind = 'r' AND relpersistence = 'p' AND NOT relrowsecurity AND NOT relispartition
"""
_INDEXES = f"""
    SELECT i.relname, (indisvalid AND indisready AND indislive AND indpred IS NULL
    AND indexprs IS NULL AND a.amname = 'btree') AS plain,
    (SELECT array_agg(attname::text ORDER BY place) FROM unnest(indkey) WITH ORDINALITY
     AS k(attnum, place) JOIN pg_attribute t USING (attnum) WHERE t.attrelid = indrelid) AS columns
    FROM pg_index JOIN pg_class c ON c.oid = indrelid JOIN pg_class i ON i.oid = indexrelid
    JOIN pg_am a ON a.oid = i.relam WHERE {_HERE} AND c.relname = :table
"""


def _in_postgres(connection: Connection) -> Iterator[str]:
    tables = {"tables": list(_TABLES)}
    for what, name in connection.execute(text(_STRANGE), tables):
        yield f"there is a {what}, `{name}`, which mlestate did not make"
    if connection.execute(text(_PLAIN), tables).scalar_one() != len(_TABLES):
        yield "the tables of the log are not plain tables any more"
    for table in (activity, marks):
        expected = {str(each.name): [c.name for c in each.columns] for each in table.indexes}
        expected[f"{table.name}_pkey"] = [column.name for column in table.primary_key]
        rows = connection.execute(text(_INDEXES), {"table": table.name}).all()
        indexes = {row.relname: row.columns if row.plain else None for row in rows}
        for name in sorted(expected.keys() | indexes.keys()):
            if indexes.get(name) != expected.get(name):
                yield f"the index `{name}` is not as it was made"
