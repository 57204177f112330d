"""A few rows, and queries over them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from mlestate.core.kql.budget import Budget
from mlestate.core.kql.fault import BadQuery
from mlestate.core.kql.parse import parse
from mlestate.core.kql.rows import Row, plain
from mlestate.core.kql.run import run
from mlestate.core.kql.wanted import Wanted

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
COLUMNS = ("name", "type", "place", "size", "tags", "properties")
ROWS: list[dict[str, Any]] = [
    {"name": "a", "type": "ml/ws", "place": "west", "size": 3, "tags": {"stage": "qa"}},
    {"name": "b", "type": "ml/ws", "place": "north", "size": 10, "tags": {"stage": "prod"}},
    {"name": "c", "type": "st/acc", "place": "west", "size": None, "tags": None},
    {"name": "d", "type": "st/acc", "place": "west", "size": 2, "tags": {"stage": "QA"}},
]
PROPERTIES: list[dict[str, Any]] = [
    {"hbi": True, "at": "2026-11-19T12:00:00Z", "nets": ["x", "y"], "text": "red-fox_7 runs"},
    {"hbi": False, "at": "2026-10-01T00:00:00.1234567Z", "nets": [], "deep": {"er": [{"z": 1}]}},
    {"at": "never"},
    {"hbi": True, "nets": ["x"]},
]
OTHERS = [{"name": "a", "owner": "ana"}, {"name": "a", "owner": "omar"}, {"name": "d", "owner": ""}]


class Tables:
    def columns(self, table: str) -> tuple[str, ...]:
        return COLUMNS if table == "Resources" else ("name", "owner")

    def rows(self, table: str, wanted: Wanted) -> Iterable[Row]:
        if table == "Others":
            return [plain(one) for one in OTHERS]
        return [plain({**r, "properties": p}) for r, p in zip(ROWS, PROPERTIES, strict=True)]


def rows(query: str, budget: Budget | None = None) -> list[dict[str, Any]]:
    tree = parse(query, ("Resources", "Others"), "Resources")
    found = run(tree, query, Tables(), NOW, budget or Budget(lambda: 0.0))
    return [{name: row[name] for name in found.columns} for row in found.each]


def names(condition: str) -> str:
    """Of the rows that pass, in one word."""
    return "".join(row["name"] for row in rows(f"Resources | where {condition}"))


def value(expression: str, row: str = "a") -> Any:
    (found,) = rows(f"Resources | where name == '{row}' | project x = {expression}")
    return found["x"]


def refused(query: str, **said: Any) -> BadQuery:
    with pytest.raises(BadQuery) as caught:
        rows(query)
    for name, wanted in said.items():
        assert getattr(caught.value, name) == wanted, caught.value
    return caught.value


def one(found: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    (only,) = found
    return only
