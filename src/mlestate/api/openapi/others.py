"""The addresses beside Azure Resource Manager's, from their table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from ..addresses import Address
from . import said
from .shapes import Shapes

Document = dict[str, Any]
_TYPED = re.compile(r"\{(\w+):\w+\}")
_BINARY: Document = {"content": {"application/octet-stream": {"schema": {}}}}
_FORM: Document = {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}}
_BODIES: dict[str, Document] = {"blob": _BINARY, "login": _FORM}
_READS = ("GET", "HEAD", "DELETE")


def paths(table: Iterable[Address], shapes: Shapes) -> Iterator[tuple[str, str, Document]]:
    """Each as path, method in lower case, operation. Rows that differ by their query alone are one
    operation: a path and a method name no more than that."""
    rows = sorted(table, key=_place)
    for (path, method), some in groupby(rows, _place):
        yield path, method, _operation(list(some), shapes)


def _place(row: Address) -> tuple[str, str]:
    return _TYPED.sub(r"{\1}", row.path.partition("?")[0]), row.method.lower()


def _operation(rows: list[Address], shapes: Shapes) -> Document:
    first = rows[0]
    found: Document = {
        "tags": [first.part],
        "summary": "; ".join(dict.fromkeys(_right(row) for row in rows)),
        "parameters": [*_queries(rows), *_keys(first)],
        "responses": said.responses({"2XX": {}}, first.answers),
    }
    if first.method not in _READS:
        found["requestBody"] = _BODIES.get(first.part) or said.json(shapes.body(first.body))
    if first.anonymous:
        found["security"] = []
    return found


def _right(row: Address) -> str:
    if row.anonymous:
        return "anonymous"
    return row.action or "any known caller"


def _keys(row: Address) -> Iterator[Document]:
    return (said.query(name, "", needed=name in row.needed) for name in row.query)


def _queries(rows: list[Address]) -> list[Document]:
    """The words of the query that tell rows apart."""
    words: dict[str, list[str]] = {}
    for row in rows:
        for pair in filter(None, row.path.partition("?")[2].split("&")):
            name, _, word = pair.partition("=")
            words.setdefault(name, []).append(word)
    return [
        said.query(name, "Which of the operations.", sorted(set(some)))
        for name, some in words.items()
    ]
