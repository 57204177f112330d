"""Filters and paths of SCIM: read from text, and held against a document."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import msgspec

from ..errors import Invalid

Operator = Literal["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"]
Value: TypeAlias = str | bool | float | None
LONGEST, _DEEPEST = 4000, 16
_OPERATORS = frozenset({"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"})
_CONSTANTS: dict[str, Value] = {"true": True, "false": False, "null": None}
# Their colons and dots are part of the name.
_URN = re.compile(
    r"urn:ietf:params:scim:(?:schemas:core:2\.0:\w+|schemas:extension:[^:]+:2\.0:\w+)"
)
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<mark>[()\[\]])|(?P<word>[^\s()\[\]"]+))"""
)


class Compare(msgspec.Struct, frozen=True):
    """`path` in lower case and without a schema's name, such as `emails.value`."""

    path: str
    operator: Operator
    value: Value = None


class Both(msgspec.Struct, frozen=True):
    parts: tuple[Filter, ...]


class Either(msgspec.Struct, frozen=True):
    parts: tuple[Filter, ...]


class Not(msgspec.Struct, frozen=True):
    part: Filter


class Within(msgspec.Struct, frozen=True):
    """Some element of a list fits: `emails[type eq "work"]`."""

    path: str
    part: Filter


Filter: TypeAlias = Compare | Both | Either | Not | Within


class Path(msgspec.Struct, frozen=True):
    """What a PATCH is about: an attribute, of some of its elements, or a part of these."""

    attribute: str
    where: Filter | None = None
    part: str = ""


def parse(text: str) -> Filter:
    """Raises Invalid."""
    reader = _Reader(text)
    found = reader.either(0)
    reader.end()
    return found


def parse_path(text: str) -> Path:
    """Raises Invalid."""
    head, mark, rest = text.partition("[")
    attribute, _, part = _plain(head).partition(".")
    if not mark:
        return Path(_word(attribute, text), part=part)
    inner, closed, tail = rest.rpartition("]")
    if not closed or (tail and not tail.startswith(".")):
        raise _wrong(f"`{text[:200]}` is no path: `]` is missing", "invalidPath")
    return Path(_word(attribute, text), parse(inner), tail[1:].lower())


def matches(wanted: Filter, element: Mapping[str, Any]) -> bool:
    """Whether an element of a list fits. Texts compare without their case."""
    match wanted:
        case Both(parts):
            return all(matches(part, element) for part in parts)
        case Either(parts):
            return any(matches(part, element) for part in parts)
        case Not(part):
            return not matches(part, element)
        case Compare(path, operator, value):
            found = {key.lower(): each for key, each in element.items()}.get(path)
            return _holds(operator, found, value)
    raise _wrong("a filter within a filter is not known here")


def _holds(operator: Operator, found: Any, value: Value) -> bool:
    if operator == "pr":
        return found not in (None, "", [])
    one = found.casefold() if isinstance(found, str) else found
    other = value.casefold() if isinstance(value, str) else value
    if operator in ("eq", "ne"):
        return bool(one == other) == (operator == "eq")
    if not isinstance(one, str) or not isinstance(other, str):
        return False
    tests = {"co": other in one, "sw": one.startswith(other), "ew": one.endswith(other)}
    return tests.get(operator, False)


class _Reader:
    def __init__(self, text: str):
        if len(text) > LONGEST:
            raise _wrong(f"the filter is over {LONGEST} characters")
        self._text, self._tokens, at = text, list[str](), 0
        while at < len(text.rstrip()):
            found = _TOKEN.match(text, at)
            if found is None:
                raise _wrong(f"`{text[at : at + 40]}` is not understood")
            self._tokens.append(found[0].strip())
            at = found.end()
        self._at = 0

    def either(self, depth: int) -> Filter:
        if depth > _DEEPEST:
            raise _wrong("the filter is nested too deep")
        parts = [self._both(depth)]
        while self._peek().lower() == "or":
            self._next()
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def end(self) -> None:
        if self._peek():
            raise _wrong(f"`{self._peek()[:40]}` is too much")

    def _both(self, depth: int) -> Filter:
        parts = [self._one(depth)]
        while self._peek().lower() == "and":
            self._next()
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _one(self, depth: int) -> Filter:
        word = self._next()
        if word.lower() == "not" and self._peek() == "(":
            self._next()
            return Not(self._closed(depth, ")"))
        if word == "(":
            return self._closed(depth, ")")
        path = _word(_plain(word), word)
        if self._peek() == "[":
            self._next()
            return Within(path, self._closed(depth, "]"))
        return self._compare(path)

    def _closed(self, depth: int, mark: str) -> Filter:
        found = self.either(depth + 1)
        if self._next() != mark:
            raise _wrong(f"`{mark}` is missing")
        return found

    def _compare(self, path: str) -> Compare:
        operator = self._next().lower()
        if operator not in _OPERATORS:
            raise _wrong(f"`{operator[:40]}` is no operator: use {', '.join(sorted(_OPERATORS))}")
        known = msgspec.convert(operator, Operator)
        return Compare(path, known) if known == "pr" else Compare(path, known, self._value())

    def _value(self) -> Value:
        token = self._next()
        if token.lower() in _CONSTANTS:
            return _CONSTANTS[token.lower()]
        try:
            found: Value = msgspec.json.decode(token.encode(), type=str | float)
        except (msgspec.DecodeError, UnicodeEncodeError):
            raise _wrong(f"`{token[:40]}` is no value: write texts in double quotes") from None
        return found

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise _wrong(f"`{self._text[:200]}` ends too early")
        self._at += 1
        return token


def _plain(name: str) -> str:
    """Without the name of a schema, in lower case."""
    found = _URN.match(name)
    return (name[found.end() :].lstrip(":") if found else name).lower()


def _word(name: str, whole: str) -> str:
    if not re.fullmatch(r"[a-z$][\w$-]*(\.[\w$-]+)?", name):
        raise _wrong(f"`{whole[:200]}` names no attribute", "invalidPath")
    return name


def _wrong(message: str, code: str = "invalidFilter") -> Invalid:
    return Invalid(message, code=code)


def elements(value: Any) -> Sequence[Any]:
    """A list, or the one value as if it were one."""
    return value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
