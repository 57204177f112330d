"""MLflow's search language: a filter or an order clause becomes plain values.

filter := comparison { AND comparison }
comparison := name op value | name [NOT] IN (text, …) | name IS [NOT] NULL
name := [kind "."] key          e.g. metrics.loss, params.`learning rate`, start_time
"""

from __future__ import annotations

import fnmatch
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from .errors import Invalid

# Each is a table for the database to join.
MOST = 100
LONGEST_LIST = 10_000
MOST_ORDERS = 20

Value = str | float | int | tuple[str, ...] | None

ORDERED = frozenset({"=", "!=", "<", "<=", ">", ">="})
TEXTUAL = frozenset({"=", "!=", "LIKE", "ILIKE"})
LISTED = TEXTUAL | {"IN", "NOT IN"}
NULLED = frozenset({"IS NULL", "IS NOT NULL"})


class Comparison(msgspec.Struct, frozen=True):
    """`kind` is metric, param, tag, attribute or dataset; `value` has the type the kind needs."""

    kind: str
    key: str
    op: str
    value: Value = None


class Order(msgspec.Struct, frozen=True):
    kind: str
    key: str
    ascending: bool = True


class Grammar(msgspec.Struct, frozen=True):
    """What may be asked of one sort of thing: its kinds, its attributes and their operators."""

    kinds: Mapping[str, str]
    attributes: Mapping[str, str]
    numeric: frozenset[str] = frozenset()
    listed: frozenset[str] = frozenset()
    nullable: frozenset[str] = frozenset()
    orderable: frozenset[str] = frozenset()

    def operators(self, kind: str, key: str) -> frozenset[str]:
        if kind == "metric" or (kind == "attribute" and key in self.numeric):
            return ORDERED
        if kind == "dataset" or (kind == "attribute" and key in self.listed):
            return LISTED
        return TEXTUAL | NULLED if kind in self.nullable else TEXTUAL


class _Token(NamedTuple):
    sort: str
    text: str


_TOKENS = re.compile(
    r"""\s*(?:
      (?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
    | (?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
    | (?P<name>(?:[A-Za-z_]\w*\.)?(?:`[^`]+`|"[^"]+"|'[^']+'|[A-Za-z_][\w.\-/:]*))
    | (?P<op><=|>=|!=|<>|=|<|>)
    | (?P<mark>[(),])
    )""",
    re.VERBOSE,
)
_END = _Token("end", "the end")
_WORDS = {"AND", "LIKE", "ILIKE", "IN", "NOT", "IS", "NULL"}


def parse_filter(text: str, grammar: Grammar) -> tuple[Comparison, ...]:
    """Every comparison must hold. An empty text asks for nothing and yields no comparison."""
    reader = _Reader(text)
    if reader.peek is _END:
        return ()
    found = [_comparison(reader, grammar)]
    while reader.peek is not _END:
        if len(found) == MOST:
            raise _wrong(text, f"it has over {MOST} comparisons")
        if not reader.skip("AND"):
            raise _wrong(text, f"expected `AND`, found `{reader.peek.text}`")
        found.append(_comparison(reader, grammar))
    return tuple(found)


def hold_orders(given: Sequence[object]) -> None:
    """Raises Invalid where results are to be ordered by more than a database is asked for."""
    if len(given) > MOST_ORDERS:
        raise Invalid(f"Results are ordered by {MOST_ORDERS} things at most, not {len(given)}.")


def parse_orders(texts: Sequence[str], grammar: Grammar) -> list[Order]:
    hold_orders(texts)
    return [parse_order(text, grammar) for text in texts]


def parse_order(text: str, grammar: Grammar) -> Order:
    """`metrics.loss DESC`, `start_time`; ascending unless it says otherwise."""
    body, ascending = text.strip(), True
    if match := re.search(r"\s+(asc|desc)$", body, re.IGNORECASE):
        ascending, body = match[1].lower() == "asc", body[: match.start()].rstrip()
    kind, key = _name(body, grammar, text)
    if kind == "dataset" or (kind == "attribute" and key not in grammar.orderable):
        known = ", ".join(sorted(grammar.orderable))
        raise _wrong(text, f"`{key}` cannot be ordered by; these can: {known}")
    return Order(kind, key, ascending)


class _Reader:
    """The tokens of one text, with one token of foresight."""

    def __init__(self, text: str):
        self.text, self._tokens, self._at = text, _tokens(text), 0

    @property
    def peek(self) -> _Token:
        return self._tokens[self._at]

    def next(self) -> _Token:
        token = self.peek
        if token is not _END:
            self._at += 1
        return token

    def skip(self, word: str) -> bool:
        if self.peek.sort not in ("word", "mark") or self.peek.text.upper() != word:
            return False
        self._at += 1
        return True


def _tokens(text: str) -> list[_Token]:
    found, at, end = [], 0, len(text.rstrip())
    if "\0" in text:
        raise _wrong(text.replace("\0", "␀"), "a NUL character is no part of any text")
    while at < end:
        match = _TOKENS.match(text, at, end)
        if match is None or match.lastgroup is None:
            raise _wrong(text, f"cannot read `{text[at:end].strip()[:40]}`")
        sort, word = match.lastgroup, match[match.lastgroup]
        if sort == "name" and word.upper() in _WORDS:
            sort = "word"
        found.append(_Token(sort, word))
        at = match.end()
    return [*found, _END]


def _comparison(reader: _Reader, grammar: Grammar) -> Comparison:
    token = reader.next()
    if token.sort not in ("name", "text"):
        raise _wrong(reader.text, f"expected a name, found `{token.text}`")
    kind, key = _name(token.text, grammar, reader.text)
    op = _operator(reader)
    allowed = grammar.operators(kind, key)
    if op not in allowed:
        known = ", ".join(sorted(allowed))
        raise _wrong(reader.text, f"`{op}` does not apply to `{token.text}`; these do: {known}")
    if op in NULLED:
        return Comparison(kind, key, op)
    return Comparison(kind, key, op, _value(reader, grammar, kind, key, op))


def _operator(reader: _Reader) -> str:
    if reader.skip("IS"):
        negated = reader.skip("NOT")
        if not reader.skip("NULL"):
            raise _wrong(reader.text, "`IS` is followed by `NULL` or `NOT NULL`")
        return "IS NOT NULL" if negated else "IS NULL"
    if reader.skip("NOT"):
        if not reader.skip("IN"):
            raise _wrong(reader.text, "`NOT` is followed by `IN`")
        return "NOT IN"
    token = reader.next()
    if token.sort not in ("op", "word"):
        raise _wrong(reader.text, f"expected an operator, found `{token.text}`")
    return "!=" if token.text == "<>" else token.text.upper()


def _value(reader: _Reader, grammar: Grammar, kind: str, key: str, op: str) -> Value:
    if op in ("IN", "NOT IN"):
        return _list(reader)
    token = reader.next()
    if kind == "metric" or (kind == "attribute" and key in grammar.numeric):
        if token.sort != "number":
            raise _wrong(reader.text, f"`{key}` is compared with a number, not `{token.text}`")
        return _number(token.text, reader.text)
    if token.sort != "text":
        raise _wrong(reader.text, f"`{key}` is compared with a quoted text, not `{token.text}`")
    return _unquote(token.text)


def _number(text: str, whole: str) -> float | int:
    if not re.fullmatch(r"[+-]?\d+", text):
        return float(text)
    # Databases have 64 bits; beyond them only the order of magnitude can matter.
    return int(text) if len(text) < 19 else float(text)


def _list(reader: _Reader) -> tuple[str, ...]:
    found: list[str] = []
    if not reader.skip("("):
        raise _wrong(reader.text, "`IN` is followed by a list in parentheses")
    while True:
        token = reader.next()
        if token.sort != "text":
            raise _wrong(reader.text, f"a list holds quoted texts, not `{token.text}`")
        found.append(_unquote(token.text))
        if len(found) > LONGEST_LIST:
            raise _wrong(reader.text, f"a list has over {LONGEST_LIST} texts")
        if reader.skip(")"):
            return tuple(found)
        if not reader.skip(","):
            raise _wrong(reader.text, f"expected `,` or `)`, found `{reader.peek.text}`")


def _name(text: str, grammar: Grammar, whole: str) -> tuple[str, str]:
    head, dot, tail = text.partition(".")
    if not dot or text[0] in "`\"'":
        kind, key = "attribute", _unquote(text)
    elif (found := grammar.kinds.get(head)) is not None:
        kind, key = found, _unquote(tail)
    else:
        known = ", ".join(sorted(set(grammar.kinds)))
        raise _wrong(whole, f"`{head}` is no kind of thing here; these are: {known}")
    if kind == "attribute":
        if key not in grammar.attributes:
            known = ", ".join(sorted(grammar.attributes))
            raise _wrong(whole, f"`{key}` is no attribute here; these are: {known}")
        key = grammar.attributes[key]
    if kind == "dataset" and key not in ("name", "digest", "context"):
        raise _wrong(whole, f"a dataset has a name, a digest and a context, not `{key}`")
    if not key:
        raise _wrong(whole, f"`{text}` lacks a key")
    return kind, key


def _unquote(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "`\"'":
        quote = text[0]
        return text[1:-1].replace(quote * 2, quote)
    return text


def _wrong(text: str, why: str) -> Invalid:
    return Invalid(f"Invalid search expression `{text[:500]}`: {why}.")


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "IN": lambda value, options: value in options,
    "NOT IN": lambda value, options: value not in options,
    "LIKE": lambda value, pattern: _like(value, pattern),
    "ILIKE": lambda value, pattern: _like(value.lower(), pattern.lower()),
}


def holds(comparison: Comparison, value: Any) -> bool:
    """The same meaning in memory: what is absent matches nothing but `IS NULL`."""
    if comparison.op in NULLED:
        return (value is None) == (comparison.op == "IS NULL")
    return value is not None and _COMPARE[comparison.op](value, comparison.value)


def _like(value: str, pattern: str) -> bool:
    quoted = "".join(f"[{c}]" if c in "*?[" else c for c in pattern)
    return fnmatch.fnmatchcase(value, quoted.replace("%", "*").replace("_", "?"))
