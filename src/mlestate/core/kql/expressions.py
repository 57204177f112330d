"""Expressions: what stands behind `where`, `extend` and the others.

or := and {or and} · and := compare {and compare} · compare := sum [op sum] · sum := product
{+|- product} · product := unary {*|/|% unary} · unary := [-] postfix · postfix := atom {.name |
[expression]}
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from ..nesting import may_be_deep, too_deep
from ..numbers import LARGEST, whole
from . import values
from .reader import Reader
from .token import Token
from .tree import (
    Among,
    Between,
    Binary,
    Call,
    Constant,
    Expression,
    Name,
    Negative,
    Path,
    height,
)

_TEXTUAL = ("has", "contains", "startswith", "endswith", "hasprefix", "hassuffix")
TEXT_OPERATORS = frozenset(
    f"{mark}{word}{case}" for mark in ("", "!") for word in _TEXTUAL for case in ("", "_cs")
)
_EQUALITY = {"==", "!=", "=~", "!~", "<", "<=", ">", ">=", "<>"}
_AMONG = {"in", "!in", "in~", "!in~", "has_any", "has_all"}
_WORDS = {"and", "or", "by"}
_TYPED = {"datetime", "date", "timespan", "time", "dynamic", "bool", "boolean", "int", "long"}
_TYPED |= {"real", "double", "guid", "decimal"}
# Each step takes some calls in one another, to compile it and to reckon it.
DEEPEST = 120
_NOT_TOGETHER = "they are not chained: put parentheses around one of them"


def expression(reader: Reader) -> Expression:
    """Raises BadQuery, also where so much lies in one another that nobody could reckon it."""
    begin = reader.peek
    found = _inner(reader)
    if height(found) > DEEPEST:
        why = f"over {DEEPEST} steps lie in one another: write it in parts, each in an `extend`"
        raise reader.fault(begin, why)
    return found


def _inner(reader: Reader) -> Expression:
    reader.deeper()
    found = _any_order(reader, "or", lambda: _any_order(reader, "and", lambda: _compare(reader)))
    reader.back()
    return found


def _any_order(reader: Reader, word: str, part: Callable[[], Expression]) -> Expression:
    """Of hundreds of conditions none lies deep: it does not matter which are taken together."""
    parts, places = [part()], [0]
    while True:
        token = reader.peek
        if not reader.skip(word):
            return _halved(word, parts, places)
        parts.append(part())
        places.append(token.at)


def _halved(word: str, parts: list[Expression], places: list[int]) -> Expression:
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    left, right = (
        _halved(word, parts[:half], places[:half]),
        _halved(word, parts[half:], places[half:]),
    )
    return Binary(word, left, right, places[half])


def _chain(reader: Reader, words: tuple[str, ...], part: Callable[[], Expression]) -> Expression:
    found = part()
    while True:
        token = reader.peek
        if not reader.skip(*words):
            return found
        found = Binary(token.text.lower(), found, part(), token.at)


def _compare(reader: Reader) -> Expression:
    left = _sum(reader)
    token = reader.peek
    op = token.text.lower() if token.sort in ("op", "name") else ""
    if op in _EQUALITY or op in TEXT_OPERATORS:
        reader.next()
        found: Expression = Binary({"<>": "!="}.get(op, op), left, _sum(reader), token.at)
    elif op == "matches":
        reader.next()
        reader.need("regex")
        found = Binary("matches regex", left, _sum(reader), token.at)
    elif op in _AMONG:
        reader.next()
        found = Among(op, left, _options(reader), token.at)
    elif op in ("between", "!between"):
        reader.next()
        found = _between(reader, left, op, token.at)
    elif op == "=":
        raise reader.fault(token, "values are compared with `==`, or `=~` without regard to case")
    else:
        return left
    if reader.peek.text in _EQUALITY:
        raise reader.fault(reader.peek, _NOT_TOGETHER)
    return found


def _options(reader: Reader) -> tuple[Expression, ...]:
    reader.need("(")
    found = [_inner(reader)]
    while reader.skip(","):
        found.append(_inner(reader))
    reader.need(")")
    return tuple(found)


def _between(reader: Reader, value: Expression, op: str, at: int) -> Between:
    reader.need("(")
    low = _sum(reader)
    reader.need("..")
    high = _sum(reader)
    reader.need(")")
    return Between(value, low, high, op.startswith("!"), at)


def _sum(reader: Reader) -> Expression:
    return _chain(
        reader, ("+", "-"), lambda: _chain(reader, ("*", "/", "%"), lambda: _unary(reader))
    )


def _unary(reader: Reader) -> Expression:
    token = reader.peek
    if reader.skip("-"):
        reader.deeper()
        found = Negative(_unary(reader), token.at)
        reader.back()
        return found
    reader.skip("+")
    return _postfix(reader)


def _postfix(reader: Reader) -> Expression:
    found = _atom(reader)
    while True:
        token = reader.peek
        if reader.skip("."):
            step = reader.next()
            if step.sort != "name":
                raise reader.fault(step, "expected a name; other keys are written `['key']`")
            found = Path(found, Constant(step.text, step.at), token.at)
        elif reader.skip("["):
            found = Path(found, _inner(reader), token.at)
            reader.need("]")
        else:
            return found


def _atom(reader: Reader) -> Expression:
    token = reader.next()
    if token.sort in ("text", "number", "span"):
        return Constant(token.value, token.at)
    if token.text == "(":
        found = _inner(reader)
        reader.need(")")
        return found
    if token.text == "[" and reader.peek.sort == "text":
        name = reader.next()
        reader.need("]")
        return Name(str(name.value), token.at)
    if token.sort != "name" or token.text.lower() in _WORDS:
        raise reader.fault(token, f"expected a column, a value or a function, found {token.shown}")
    if token.text.lower() in ("true", "false"):
        return Constant(token.text.lower() == "true", token.at)
    if reader.peek.text == "(" and reader.peek.sort == "mark":
        return _typed(reader, token) if token.text.lower() in _TYPED else _call(reader, token)
    return Name(token.text, token.at)


def _call(reader: Reader, token: Token) -> Call:
    reader.need("(")
    found: list[Expression] = []
    star = False
    while not reader.skip(")"):
        if found or star:
            reader.need(",")
        if reader.skip("*"):
            star = True
        else:
            found.append(_inner(reader))
    return Call(token.text.lower(), tuple(found), token.at, star)


def _typed(reader: Reader, token: Token) -> Expression:
    """`datetime(2024-01-01)`, `dynamic([…])`, `int(null)`: what is in it is no expression."""
    opened = reader.next()
    depth, last = 1, opened
    while depth:
        last = reader.next()
        if last.sort == "end":
            raise reader.fault(last, f"expected `)` after `{token.text}(`, found the end")
        depth += {"(": 1, ")": -1}.get(last.text, 0) if last.sort == "mark" else 0
    said = reader.text[opened.at + 1 : last.at].strip()
    word = token.text.lower()
    if said.lower() == "null":
        return Constant(None, token.at)
    try:
        return Constant(_read(word, said), token.at)
    except (ValueError, KeyError, msgspec.DecodeError, RecursionError):
        raise reader.fault(token, f"`{said[:60]}` is no {word}") from None


def _read(word: str, said: str) -> object:
    if word in ("datetime", "date"):
        return _instant(said)
    if word in ("timespan", "time"):
        return _timespan(said)
    if word == "dynamic":
        return _dynamic(said.replace("'", '"') if '"' not in said else said)
    plain = said.strip("'\"")
    if word in ("bool", "boolean"):
        return {"true": True, "false": False, "1": True, "0": False}[plain.lower()]
    if word == "guid":
        return plain.lower()
    return _long(plain) if word in ("int", "long") else float(plain)


def _dynamic(said: str) -> object:
    found: object = msgspec.json.decode(said)
    if may_be_deep(said) and too_deep(found):
        raise ValueError(said)
    return found


def _long(said: str) -> int:
    found = whole(said, -LARGEST)
    if found is None:
        raise ValueError(said)
    return found


def _instant(said: str) -> datetime:
    found = values.instant(said.strip("'\""))
    if found is None:
        raise ValueError(said)
    return found


def _timespan(said: str) -> timedelta:
    from .token import tokens

    found = tokens(said.strip("'\""))[0]
    if found.sort != "span":
        raise ValueError(said)
    span: timedelta = found.value
    return span
