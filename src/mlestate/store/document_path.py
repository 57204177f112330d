"""What stands at a path of a document, in SQL."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import JSON, Connection, func, select, type_coerce

# What needs no care in a path.
_PLAIN = re.compile(r"\w+", re.ASCII)


def at(connection: Connection, document: Any, path: tuple[str, ...]) -> Any:
    """Whatever its last word has in it: a word that somebody asked for is a value, and no part of a
    path that a database reads."""
    *start, last = path
    if _PLAIN.fullmatch(last):
        return document[path]
    if connection.dialect.name != "sqlite":
        return (document[tuple(start)] if start else document)[last]
    quoted = "".join(f'."{step}"' for step in start)
    each = func.json_each(document, f"${quoted}").table_valued("key", "value")
    value = select(each.c.value).where(each.c.key == last).limit(1).scalar_subquery()
    return type_coerce(func.json_array(value), JSON)[0]
