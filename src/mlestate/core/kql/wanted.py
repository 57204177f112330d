"""Which rows of a table a query can want at most: what its first conditions say of the columns
that a database finds rows by. All conditions are held to again, row by row."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from .tree import (
    Among,
    Binary,
    Call,
    Constant,
    Distinct,
    Expression,
    Extend,
    Keep,
    Name,
    Operator,
    Project,
    Rename,
    Reorder,
    Sort,
    Summarize,
    Where,
    parts,
)

# Columns of which equality alone says much.
_KNOWN = ("type", "resourceGroup", "subscriptionId", "location", "id")
Words = frozenset[str]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Words in lower case; None is any. `documents`: more is asked of rows than their ids say."""

    type: Words | None = None
    resourceGroup: Words | None = None
    subscriptionId: Words | None = None
    location: Words | None = None
    id: Words | None = None
    documents: bool = True


def wanted(operators: tuple[Operator, ...]) -> Wanted:
    found: dict[str, Words] = {}
    hidden = set[str]()
    for operator in operators:
        if isinstance(operator, Where):
            for column, words in _equalities(operator.test):
                if column not in hidden:
                    found[column] = found[column] & words if column in found else words
        elif isinstance(operator, Extend):
            hidden |= {column.name for column in operator.columns}
        elif not isinstance(operator, Sort):
            break
    return Wanted(**found, documents=_documents(operators))


_OF_THE_ID = {"id", "type", "resourceGroup", "subscriptionId", "name", "tenantId"}


def _documents(operators: tuple[Operator, ...]) -> bool:
    """Whether anything but what the id says is looked at. The answer is yes where that is not
    plain to see."""
    for operator in operators:
        named = _columns(operator)
        if named is None or not named <= _OF_THE_ID:
            return True
        if isinstance(operator, Project | Summarize | Distinct):
            return isinstance(operator, Distinct) and not operator.columns
    return True


def _columns(operator: Operator) -> set[str] | None:
    """The columns that an operator looks at, of the simple ones."""
    match operator:
        case Where(test):
            return set(_names(test))
        case Extend(columns) | Project(columns) | Distinct(columns):
            return {name for column in columns for name in _names(column.of)}
        case Summarize(columns, by):
            if any(isinstance(c.of, Call) and c.of.star for c in columns):
                return None
            return {name for column in (*columns, *by) for name in _names(column.of)}
        case Keep() | Rename() | Reorder():
            return None
        case Sort(keys):
            return {name for key in keys for name in _names(key.of)}
    return None


def _names(node: Expression) -> Iterator[str]:
    if isinstance(node, Name):
        yield node.name
    for part in parts(node):
        yield from _names(part)


def _equalities(node: Expression) -> Iterator[tuple[str, Words]]:
    """The tests of a condition that all must hold."""
    if isinstance(node, Binary) and node.op == "and":
        yield from _equalities(node.left)
        yield from _equalities(node.right)
    elif isinstance(node, Binary) and node.op in ("==", "=~"):
        for one, other in ((node.left, node.right), (node.right, node.left)):
            column = _column(one)
            if column and isinstance(other, Constant) and isinstance(other.value, str):
                yield column, frozenset([other.value.lower()])
    elif isinstance(node, Among) and node.op in ("in", "in~"):
        column = _column(node.value)
        options = [o.value for o in node.options if isinstance(o, Constant)]
        texts = [option.lower() for option in options if isinstance(option, str)]
        if column and len(texts) == len(node.options):
            yield column, frozenset(texts)


def _column(node: Expression) -> str:
    if isinstance(node, Call) and node.name == "tolower" and len(node.arguments) == 1:
        node = node.arguments[0]
    return node.name if isinstance(node, Name) and node.name in _KNOWN else ""
