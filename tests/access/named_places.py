"""Where a text stands in an estate: a column of a database, or a path in a document of a type."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlestate.catalog import SPELLING


def places_of(data: Path, text: str) -> set[str]:
    """Such as `secrets.principal_id` and `Microsoft.Authorization/roleAssignments
    .properties.principalId`; in documents `[]` is any element of a list."""
    return {
        place
        for file in sorted(data.rglob("*.db"))
        for table, row in _rows(file)
        for column, value in row.items()
        for place in _within(table, column, row, value, text.lower())
    }


def _rows(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                yield table, dict(row)
    finally:
        connection.close()


def _within(table: str, column: str, row: dict[str, Any], value: Any, text: str) -> Iterator[str]:
    shown = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    if text not in shown.lower():
        return
    if table == "resources" and column == "document":
        kind = SPELLING[row["type"]]
        for path in _paths(json.loads(shown), text, ""):
            yield f"{kind} {path}"
    else:
        yield f"{table}.{column}"


def _paths(value: Any, text: str, at: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _paths(each, text, f"{at}.{name}")
    elif isinstance(value, list):
        for each in value:
            yield from _paths(each, text, f"{at}[]")
    elif text in str(value).lower():
        yield at
