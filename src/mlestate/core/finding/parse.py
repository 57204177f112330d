"""The filter language: text becomes a tree.

filter := and { OR and }            and := not { AND not }
not := [NOT] ( test | "(" filter ")" )
test := field op value | field [NOT] IN (text, …) | field [NOT] LIKE text | field ILIKE text
      | map.key IS [NOT] NULL       e.g. kind = 'model' and tags.stage = 'qa' and created > -7d
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ..errors import Invalid
from . import instant
from .fields import FIELDS, Field, Sort, find, near
from .tree import ANYTHING, Every, Not, Some, Test, Tree, Value

LONGEST = 8000
_DEEPEST = 40
# Each is a table for the database to look into.
MOST = 100
_ORDERED = ("=", "!=", "<", "<=", ">", ">=")
_TEXTUAL = (*_ORDERED, "LIKE", "NOT LIKE", "ILIKE", "IN", "NOT IN")
_OPERATORS = {
    Sort.TEXT: _TEXTUAL,
    Sort.TIME: _ORDERED,
    Sort.NUMBER: _ORDERED,
    Sort.FLAG: ("=", "!="),
}
_NULL = ("IS NULL", "IS NOT NULL")
_WORDS = {"AND", "OR", "NOT", "IN", "LIKE", "ILIKE", "IS", "NULL", "TRUE", "FALSE"}
_TESTS = ("IN", "LIKE", "ILIKE", "IS")
_TOKENS = re.compile(
    r"""\s*(?:
      (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
    | (?P<time>\d{4}-\d\d-\d\d(?:[T][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?|-\d+[smhdw]\b)
    | (?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
    | (?P<name>[A-Za-z_]\w*(?:\.(?:`[^`]+`|[\w.\-/:]+))?)
    | (?P<op><=|>=|!=|<>|==|=|<|>)
    | (?P<mark>[(),])
    )""",
    re.VERBOSE,
)

_SPAN = re.compile(r"\d+[smhdw]\b")


class _Token(NamedTuple):
    sort: str
    text: str
    at: int

    @property
    def shown(self) -> str:
        return self.text if self.sort == "end" else f"`{self.text}`"

    @property
    def word(self) -> str:
        """A keyword or mark in upper case; empty for all else."""
        upper = self.text.upper()
        return upper if self.sort == "mark" or (self.sort == "name" and upper in _WORDS) else ""


def parse(text: str, now: float) -> Tree:
    """The tree of a filter; an empty text lets everything pass. Raises Invalid with the place."""
    if len(text) > LONGEST:
        raise Invalid(f"the filter is {len(text)} characters long: at most {LONGEST}")
    reader = _Reader(text, now)
    if sum(token.sort == "op" or token.word in _TESTS for token in reader.tokens) > MOST:
        raise Invalid(
            f"the filter has over {MOST} tests: write lists of values with `in`",
            code="InvalidFilter",
            target="filter",
        )
    if reader.peek.sort == "end":
        return ANYTHING
    tree = _some(reader, 0)
    if reader.peek.sort != "end":
        raise reader.fault(reader.peek, f"expected `and` or `or`, found {reader.peek.shown}")
    return tree


class _Reader:
    def __init__(self, text: str, now: float):
        self.text, self.now = text, now
        self.tokens, self._at = _tokens(text), 0

    @property
    def peek(self) -> _Token:
        return self.tokens[self._at]

    def next(self) -> _Token:
        token = self.peek
        self._at += token.sort != "end"
        return token

    def skip(self, word: str) -> bool:
        found = self.peek.word == word
        self._at += found
        return found

    def fault(self, token: _Token, why: str) -> Invalid:
        return fault(self.text, token.at, why)


def fault(text: str, at: int, why: str) -> Invalid:
    """Where in the text, counted from 1, with what stands there."""
    shown = text[at : at + 30].split("\n")[0] or text[max(0, at - 30) : at] + "…"
    return Invalid(
        f"the filter, at character {at + 1} (`{shown}`): {why}",
        code="InvalidFilter",
        target="filter",
    )


def _tokens(text: str) -> list[_Token]:
    found, at, end = [], 0, len(text.rstrip())
    if "\0" in text:
        raise fault(text.replace("\0", "␀"), text.index("\0"), "a NUL is no part of any text")
    while at < end:
        match = _TOKENS.match(text, at, end)
        if match is None or match.lastgroup is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise fault(text, at, _unread(text, at))
        found.append(_Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)))
        at = match.end()
    return [*found, _Token("end", "the end", end)]


def _unread(text: str, at: int) -> str:
    if text[at] in "'\"":
        return "the quote is not closed"
    if span := _SPAN.match(text, at):
        return f"how long ago is written with a `-`: write `-{span[0]}`"
    return "cannot be read"


def _some(reader: _Reader, depth: int) -> Tree:
    parts = [_every(reader, depth)]
    while reader.skip("OR"):
        parts.append(_every(reader, depth))
    return parts[0] if len(parts) == 1 else Some(tuple(parts))


def _every(reader: _Reader, depth: int) -> Tree:
    parts = [_one(reader, depth)]
    while reader.skip("AND"):
        parts.append(_one(reader, depth))
    return parts[0] if len(parts) == 1 else Every(tuple(parts))


def _one(reader: _Reader, depth: int) -> Tree:
    if depth > _DEEPEST:
        raise reader.fault(reader.peek, "there are too many parentheses in each other")
    if reader.skip("NOT"):
        return Not(_one(reader, depth + 1))
    if reader.skip("("):
        tree = _some(reader, depth + 1)
        if not reader.skip(")"):
            raise reader.fault(reader.peek, f"expected `)`, found {reader.peek.shown}")
        return tree
    return _test(reader)


def _test(reader: _Reader) -> Test:
    token = reader.next()
    if token.sort != "name" or token.word:
        raise reader.fault(token, f"expected a field such as `name`, found {token.shown}")
    field, key = _named(reader, token)
    op = _operator(reader, field)
    if op in _NULL:
        return Test(field.name, op, key=key)
    return Test(field.name, op, _value(reader, field, op), key)


def _named(reader: _Reader, token: _Token) -> tuple[Field, str]:
    head, dot, key = token.text.partition(".")
    field = find(head)
    if field is None:
        raise reader.fault(token, f"`{head}` is no field{near(head, FIELDS)}")
    if field.is_map != bool(dot):
        how = f"`{field.name}` takes a key" if field.is_map else f"`{field.name}` has no keys"
        example = f"`{field.name}.stage`" if field.is_map else f"`{field.name}`"
        raise reader.fault(token, f"{how}: write {example}")
    return field, key[1:-1] if key.startswith("`") else key


def _operator(reader: _Reader, field: Field) -> str:
    token = reader.next()
    op = {"<>": "!=", "==": "="}.get(token.text, token.text) if token.sort == "op" else token.word
    if op == "NOT":
        op = f"NOT {reader.next().word}"
    elif op == "IS":
        op = "IS NOT " if reader.skip("NOT") else "IS "
        op += reader.next().word
    allowed = (*_OPERATORS[field.sort], *(_NULL if field.is_map else ()))
    if op not in allowed:
        said = op.strip() or token.text
        raise reader.fault(
            token, f"`{said}` is not used with `{field.name}`; these are: {', '.join(allowed)}"
        )
    return op


def _value(reader: _Reader, field: Field, op: str) -> Value:
    if op in ("IN", "NOT IN"):
        return _list(reader)
    token = reader.next()
    value = _read(token, field.sort, reader.now)
    if value is None:
        raise reader.fault(
            token, f"`{field.name}` is compared with {field.sort.value}, not {token.shown}"
        )
    return value


def _read(token: _Token, sort: Sort, now: float) -> Value:
    """None where the token is not of the sort."""
    if sort is Sort.TIME:
        if token.sort == "number":
            return float(token.text)
        if token.sort in ("time", "text"):
            return instant.read(_unquoted(token.text), now)
        return None
    if sort is Sort.NUMBER:
        return float(token.text) if token.sort == "number" else None
    if sort is Sort.FLAG:
        return {"TRUE": True, "FALSE": False}.get(token.word)
    return _unquoted(token.text) if token.sort == "text" else None


def _list(reader: _Reader) -> tuple[str, ...]:
    found: list[str] = []
    if not reader.skip("("):
        raise reader.fault(reader.peek, "`in` is followed by a list in parentheses")
    while True:
        token = reader.next()
        if token.sort != "text":
            raise reader.fault(token, f"a list holds quoted texts, not {token.shown}")
        found.append(_unquoted(token.text))
        if reader.skip(")"):
            return tuple(found)
        if not reader.skip(","):
            raise reader.fault(reader.peek, f"expected `,` or `)`, found {reader.peek.shown}")


def _unquoted(text: str) -> str:
    if text[0] not in "'\"":
        return text
    return text[1:-1].replace(text[0] * 2, text[0])
