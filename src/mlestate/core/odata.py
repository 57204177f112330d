"""The part of OData's `$filter` that Azure's clients send, read into a tree.

    resourceType eq 'Microsoft.Storage/storageAccounts' and substringof('dev', name)
    servicePrincipalNames/any(c:c eq 'release-bot')
    atScope() and assignedTo('…')

What a name means is for whoever asks; here is the grammar alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NoReturn

import msgspec

from .errors import Invalid

LONGEST = 4000
_DEEPEST = 20
_MOST = 50
_COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<mark>[(),:])|(?P<word>[^\s'(),:]+))")


class Compare(msgspec.Struct, frozen=True):
    """`name` is in lower case, its parts apart by `/`."""

    name: str
    operator: str
    value: str


class Call(msgspec.Struct, frozen=True):
    """`name` and those arguments that are names are in lower case; `values` are the texts."""

    name: str
    names: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


class AnyOf(msgspec.Struct, frozen=True):
    """`names/any(x:x eq 'value')`."""

    name: str
    value: str


class Both(msgspec.Struct, frozen=True):
    left: Node
    right: Node


class Either(msgspec.Struct, frozen=True):
    left: Node
    right: Node


class Not(msgspec.Struct, frozen=True):
    inner: Node


Node = Compare | Call | AnyOf | Both | Either | Not


def parse(text: str) -> Node | None:
    """None where nothing is asked. Raises Invalid."""
    if len(text) > LONGEST:
        raise _refusal(f"is {len(text)} characters long: at most {LONGEST}")
    if _CONTROL.search(text):
        raise _refusal("has a control character")
    reader = _Reader(text)
    return reader.whole() if reader.rest else None


def every(node: Node | None) -> Iterator[Node]:
    """What must hold, each for itself: the parts of a chain of `and`."""
    if isinstance(node, Both):
        yield from every(node.left)
        yield from every(node.right)
    elif node is not None:
        yield node


def unsupported(node: Node, known: str) -> Invalid:
    """The refusal of what is right, and means nothing here."""
    name = f"{node.name}" if isinstance(node, Compare | Call | AnyOf) else type(node).__name__
    return _refusal(f"has `{name[:80]}` in a place where it means nothing: there is {known}")


class _Reader:
    def __init__(self, text: str):
        self.rest = list(reversed(list(_tokens(text))))
        if sum(token.lower() in ("and", "or", "not") for token in self.rest) > _MOST:
            raise _refusal(f"has over {_MOST} of `and`, `or` and `not`")

    def whole(self) -> Node:
        found = self.either(0)
        if self.rest:
            self.fail()
        return found

    def either(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise _refusal(f"is nested deeper than {_DEEPEST}")
        found = self.both(depth)
        while self.took("or"):
            found = Either(found, self.both(depth))
        return found

    def both(self, depth: int) -> Node:
        found = self.single(depth)
        while self.took("and"):
            found = Both(found, self.single(depth))
        return found

    def single(self, depth: int) -> Node:
        if self.took("not"):
            return Not(self.single(depth + 1) if depth < _DEEPEST else self.fail())
        if self.took("("):
            found = self.either(depth + 1)
            self.need(")")
            return found
        name = self.word().lower()
        if self.took("("):
            return self.any(name) if name.endswith("/any") else self.call(name)
        operator = self.word().lower()
        if operator not in _COMPARISONS:
            self.fail(operator)
        return Compare(name, operator, self.value())

    def call(self, name: str) -> Call:
        names: list[str] = []
        values: list[str] = []
        while not self.took(")"):
            if names or values:
                self.need(",")
            token = self.next()
            if token.startswith("'"):
                values.append(_plain(token))
            else:
                names.append(token.lower())
        return Call(name, tuple(names), tuple(values))

    def any(self, name: str) -> AnyOf:
        variable = self.word()
        self.need(":")
        if self.word() != variable or self.word().lower() != "eq":
            self.fail(variable)
        found = AnyOf(name.removesuffix("/any"), self.value())
        self.need(")")
        return found

    def value(self) -> str:
        """Times and numbers stand bare, and may have colons in them."""
        token = self.next()
        if token.startswith("'"):
            return _plain(token)
        while self.rest and self.rest[-1] == ":":
            token += self.rest.pop() + self.word()
        return token

    def word(self) -> str:
        token = self.next()
        if token[0] in "'(),:":
            self.fail(token)
        return token

    def took(self, wanted: str) -> bool:
        if not self.rest or self.rest[-1].lower() != wanted:
            return False
        self.rest.pop()
        return True

    def need(self, wanted: str) -> None:
        if not self.took(wanted):
            self.fail()

    def next(self) -> str:
        return self.rest.pop() if self.rest else self.fail()

    def fail(self, at: str = "") -> NoReturn:
        place = at or (self.rest[-1] if self.rest else "")
        where = f"at `{place[:80]}`" if place else "at its end"
        raise _refusal(f"cannot be read {where}: write it like `name eq 'value'`")


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _refusal("has a quotation mark that is not closed")
        yield found[0].strip()
        at = found.end()


def _plain(token: str) -> str:
    return token[1:-1].replace("''", "'")


def _refusal(text: str) -> Invalid:
    return Invalid(f"`$filter` {text}", code="InvalidFilterInQueryString", target="$filter")
