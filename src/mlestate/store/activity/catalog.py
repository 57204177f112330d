"""What PostgreSQL's catalog says of the log's tables, and of what stands beside them in their
schema: functions, operators and types there could have a question find less than there is.

Everything is asked in `builtins_alone`, or these very questions would be answered by them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Column, Connection, Float, Integer, Table, text

from ..columns import Key
from .tables import activity, marks

_TABLES = (activity.name, marks.name)
_HERE = "c.relnamespace = CAST(:schema AS regnamespace)"
# What a question could find instead of the system's own, and the catalog that each kind is in.
_SHADOWS = {
    "function": ("pg_proc", "pro"),
    "operator": ("pg_operator", "opr"),
    "operator class": ("pg_opclass", "opc"),
    "collation": ("pg_collation", "coll"),
}
_SHADOWING = " UNION ALL ".join(
    f"SELECT '{what}', {column}name::text FROM {where} "
    f"WHERE {column}namespace = CAST(:schema AS regnamespace)"
    for what, (where, column) in _SHADOWS.items()
)
_BESIDE = f"""
    {_SHADOWING}
    UNION ALL
    SELECT 'trigger', tgname::text FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
    WHERE NOT tgisinternal AND {_HERE}
    UNION ALL
    SELECT 'rule', rulename::text FROM pg_rewrite JOIN pg_class c ON c.oid = ev_class
    WHERE rulename <> '_RETURN' AND {_HERE}
    UNION ALL
    SELECT 'view', relname::text FROM pg_class c WHERE relkind IN ('v', 'm', 'f') AND {_HERE}
    UNION ALL
    SELECT 'policy', polname::text FROM pg_policy JOIN pg_class c ON c.oid = polrelid
    WHERE {_HERE} AND c.relname = ANY(:tables)
    UNION ALL
    SELECT 'constraint', conname::text FROM pg_constraint JOIN pg_class c ON c.oid = conrelid
    WHERE contype IN ('c', 'f', 'u', 'x', 't') AND {_HERE} AND c.relname = ANY(:tables)
    UNION ALL
    SELECT 'table below it', below.relname::text FROM pg_inherits
    JOIN pg_class below ON below.oid = inhrelid JOIN pg_class c ON c.oid = inhparent
    WHERE {_HERE} AND c.relname = ANY(:tables)
    UNION ALL
    SELECT 'type', t.typname::text FROM pg_type t
    WHERE t.typnamespace = CAST(:schema AS regnamespace) AND t.typcategory <> 'A'
    AND NOT EXISTS (SELECT 1 FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind <> 'c')
    UNION ALL
    SELECT 'cast', format_type(castsource, NULL) || ' as ' || format_type(casttarget, NULL)
    FROM pg_cast k JOIN pg_type a ON a.oid = castsource JOIN pg_type b ON b.oid = casttarget
    WHERE k.oid >= 16384 AND a.typnamespace = 'pg_catalog'::regnamespace
    AND b.typnamespace = 'pg_catalog'::regnamespace
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
    JOIN pg_am a ON a.oid = i.relam WHERE {_HERE} AND c.relname = ANY(:tables)
    AND c.relname = CAST(:table AS text)
"""
# The type, its collation where it is not the database's, what fills it by itself, and whether it
# may be empty.
_COLUMNS = f"""
    SELECT attname, concat_ws(' ', format_type(atttypid, atttypmod),
    (SELECT 'in ' || collname FROM pg_collation o WHERE o.oid = attcollation
     AND collname <> 'default'),
    (SELECT 'from ' || pg_get_expr(adbin, adrelid) FROM pg_attrdef d
     WHERE d.adrelid = attrelid AND d.adnum = attnum),
    'generated ' || nullif(attgenerated::text, ''), 'identity ' || nullif(attidentity::text, ''),
    CASE WHEN attnotnull THEN 'not null' END)
    AS made
    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
    WHERE attnum > 0 AND NOT attisdropped AND {_HERE} AND c.relname = CAST(:table AS text)
"""
_KIND = f"""
    SELECT relkind = 'r' AS is_table, has_table_privilege(c.oid, 'SELECT') AS may_be_read
    FROM pg_class c WHERE {_HERE} AND c.relname = CAST(:table AS text)
"""


def unreadable(connection: Connection, schema: str, table: Table) -> str:
    """Why nothing can be read of a table; empty where it can."""
    asked = {"schema": schema, "table": table.name}
    row = connection.execute(text(_KIND), asked).first() if schema else None
    if row is None or not row.is_table:
        return "is not there"
    types = _columns(connection, schema, table)
    if any(_word(types.get(column.name, "")) != _word(_type(column)) for column in table.c):
        return "has not the columns that it was made with"
    return "" if row.may_be_read else "may not be read"


def oddities(connection: Connection, schema: str) -> Iterator[str]:
    asked = {"schema": schema, "tables": list(_TABLES)}
    for what, name in connection.execute(text(_BESIDE), asked):
        yield f"there is a {what}, `{name}`, which mlestate did not make"
    if connection.execute(text(_PLAIN), asked).scalar_one() != len(_TABLES):
        yield "the tables of the log are not plain tables any more"
    for table in (activity, marks):
        made = {column.name: _made(column, schema) for column in table.c}
        yield from _differences("column", made, _columns(connection, schema, table))
        indexes = {str(each.name): [c.name for c in each.columns] for each in table.indexes}
        indexes[f"{table.name}_pkey"] = [column.name for column in table.primary_key]
        yield from _differences("index", indexes, _indexes(connection, asked, table))


def _differences(what: str, made: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(made.keys() | found.keys()):
        if made.get(name) != found.get(name):
            yield f"the {what} `{name}` is not as it was made"


def _columns(connection: Connection, schema: str, table: Table) -> dict[str, str]:
    asked = {"schema": schema, "table": table.name}
    return {row.attname: row.made for row in connection.execute(text(_COLUMNS), asked)}


def _indexes(connection: Connection, asked: Mapping[str, Any], table: Table) -> dict[str, Any]:
    rows = connection.execute(text(_INDEXES), {**asked, "table": table.name}).all()
    return {row.relname: row.columns if row.plain else None for row in rows}


def _word(type: str) -> str:
    """Without its collation."""
    return type.partition(" ")[0]


def _made(column: Column[Any], schema: str) -> str:
    empty = "" if column.nullable else " not null"
    if not (column.primary_key and column.autoincrement is True):
        return f"{_type(column)}{empty}"
    sequence = f"{schema}.{column.table.name}_{column.name}_seq"
    return f"{_type(column)} from nextval('{sequence}'::regclass){empty}"


def _type(column: Column[Any]) -> str:
    if isinstance(column.type, Float):
        return "double precision"
    if isinstance(column.type, Integer):
        return "bigint"
    return "text in C" if column.type is Key else "text"
