"""A query of the resource graph from the command line: checked, asked page by page, and shown."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from ..catalog.graphed import COLUMNS, RESOURCES, TABLES
from ..client.client import Client
from ..core.errors import Invalid
from ..core.kql.budget import Budget
from ..core.kql.parse import parse
from ..core.kql.rows import Row
from ..core.kql.run import run as run_query
from ..core.kql.wanted import Wanted as Sought
from .options import Format
from .output import note, show, table
from .printable import in_a_line

PATH = "/providers/Microsoft.ResourceGraph/resources"
_VERSION = "2021-03-01"
_PAGE = 1000
# With what a spreadsheet takes a text for a formula.
_FORMULA = ("=", "+", "-", "@")
# What is shown of whole rows: all of their columns are on no screen.
_SHOWN = ("name", "type", "resourceGroup", "location", "tags")
Document = Mapping[str, Any]


class Wanted(msgspec.Struct, frozen=True):
    """`first` is None for all."""

    query: str
    file: Path | None
    subscriptions: tuple[str, ...]
    first: int | None
    skip: int

    @property
    def text(self) -> str:
        if self.file is None:
            return self.query
        return sys.stdin.read() if str(self.file) == "-" else self.file.read_text()

    def check(self) -> None:
        """What can be told without the estate is told at once."""
        if bool(self.query) == (self.file is not None):
            raise Invalid(f"give a query, or a file with `--file`: try `{RESOURCES} | take 10`")
        if str(self.file) == "-":
            return  # it can be read once
        now, budget = datetime.now(UTC), Budget(time.monotonic)
        run_query(parse(self.text, TABLES, RESOURCES), self.text, _Nothing(), now, budget)


class _Nothing:
    """The tables, without rows."""

    def columns(self, table: str) -> tuple[str, ...]:
        return COLUMNS

    def rows(self, table: str, wanted: Sought) -> Iterable[Row]:
        return ()


def run(client: Client, wanted: Wanted, output: Format, csv: bool) -> None:
    columns, rows, total = _asked(client, wanted)
    documents = [dict(zip(columns, row, strict=True)) for row in rows]
    if csv:
        _print_csv(columns, rows)
    else:
        show(documents, output, lambda: _text(columns, documents))
    if wanted.skip + len(rows) < total and wanted.first is not None:
        note(f"{len(rows):,} of {total:,}: `--first` shows more, `--all` every one")


def _asked(client: Client, wanted: Wanted) -> tuple[list[str], list[list[Any]], int]:
    columns: list[str] = []
    rows: list[list[Any]] = []
    total = 0
    for page in _pages(client, wanted, wanted.text):
        columns = [column["name"] for column in page["data"]["columns"]]
        rows += page["data"]["rows"]
        total = page["totalRecords"]
        if wanted.first is not None and len(rows) >= wanted.first:
            break
    return columns, rows if wanted.first is None else rows[: wanted.first], total


def _pages(client: Client, wanted: Wanted, query: str) -> Iterator[Document]:
    top = min(wanted.first or _PAGE, _PAGE)
    options: dict[str, Any] = {"$top": top, "$skip": wanted.skip, "resultFormat": "table"}
    body: dict[str, Any] = {"query": query}
    if wanted.subscriptions:
        body["subscriptions"] = list(wanted.subscriptions)
    while True:
        page = client.post(f"{PATH}?api-version={_VERSION}", {**body, "options": options})
        yield page
        if not (token := page.get("$skipToken")):
            return
        options = {**options, "$skipToken": token}


def _text(columns: Sequence[str], rows: Sequence[Document]) -> str:
    if not rows:
        return "nothing was found"
    chosen = _SHOWN if tuple(columns) == COLUMNS else columns
    return table([{name: _cell(row[name]) for name in chosen} for row in rows], chosen)


def _cell(value: Any) -> Any:
    """Tags and the like on one line, for people."""
    if isinstance(value, dict) and all(isinstance(one, str) for one in value.values()):
        return " ".join(f"{key}={one}" for key, one in value.items())
    return value


def _print_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    import csv

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([_plain(column) for column in columns])
    writer.writerows([_plain(cell) for cell in row] for row in rows)


def _plain(cell: Any) -> Any:
    """On one line, and no formula: a text that a spreadsheet would reckon has a `'` before it."""
    if isinstance(cell, list | dict):
        return in_a_line(msgspec.json.encode(cell).decode())
    if isinstance(cell, str):
        return in_a_line(f"'{cell}" if cell.startswith(_FORMULA) else cell)
    return str(cell).lower() if isinstance(cell, bool) else cell


def say_tables(output: Format) -> None:
    rows = [{"table": name, "has": text} for name, text in TABLES.items()]
    found = {"tables": dict(TABLES), "columns": list(COLUMNS)}
    show(
        found,
        output,
        lambda: f"{table(rows, ('table', 'has'))}\n\ncolumns of each: {', '.join(COLUMNS)}",
    )
