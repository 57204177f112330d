"""What is wrong with a query: where, what stands there, and what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from ..errors import Invalid

_FEW = 20


class BadQuery(Invalid):
    """`kind` is Azure's word for it: ParserFailure, UnknownOperator, … `line` counts from 1 and
    `column` from 0, as Azure's do."""

    def __init__(self, why: str, kind: str, line: int, column: int, token: str):
        super().__init__(
            f"the query, in line {line} at character {column + 1} (`{token}`): {why}",
            code="BadRequest",
            target="query",
        )
        self.why, self.kind, self.line, self.column, self.token = why, kind, line, column, token


class TooMuch(Invalid):
    """A query that would take more rows, time or text than one may."""

    def __init__(self, why: str):
        super().__init__(why, code="BadRequest", target="query")


def fault(text: str, at: int, why: str, kind: str = "ParserFailure", token: str = "") -> BadQuery:
    """`at` is where in the text it is, in characters from its start."""
    before = text[:at]
    line = before.count("\n") + 1
    column = at - (before.rfind("\n") + 1)
    shown = token or text[at : at + 30].split("\n")[0] or "the end"
    return BadQuery(why, kind, line, column, shown)


def near(word: str, known: Iterable[str]) -> str:
    """`; did you mean …?`, or which there are where they are few."""
    by_word = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), list(by_word), n=1)
    if found:
        return f"; did you mean `{by_word[found[0]]}`?"
    return f"; these are: {', '.join(by_word.values())}" if len(by_word) <= _FEW else ""
