"""A query as a tree. Every node knows where in the text it began."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class Name(msgspec.Struct, frozen=True):
    """A column."""

    name: str
    at: int


class Constant(msgspec.Struct, frozen=True):
    value: Any
    at: int


class Path(msgspec.Struct, frozen=True):
    """`of.step` and `of[step]`."""

    of: Expression
    step: Expression
    at: int


class Call(msgspec.Struct, frozen=True):
    """`star` is set where the last argument is `*`."""

    name: str
    arguments: tuple[Expression, ...]
    at: int
    star: bool = False


class Binary(msgspec.Struct, frozen=True):
    op: str
    left: Expression
    right: Expression
    at: int


class Negative(msgspec.Struct, frozen=True):
    of: Expression
    at: int


class Among(msgspec.Struct, frozen=True):
    """`in`, `in~`, `has_any`, `has_all`, and with `!` before them."""

    op: str
    value: Expression
    options: tuple[Expression, ...]
    at: int


class Between(msgspec.Struct, frozen=True):
    value: Expression
    low: Expression
    high: Expression
    negated: bool
    at: int


Expression = Name | Constant | Path | Call | Binary | Negative | Among | Between


def parts(node: Expression) -> list[Expression]:
    """Those that lie right in it."""
    match node:
        case Path(of, step):
            return [of, step]
        case Call(_, arguments):
            return [*arguments]
        case Binary(_, left, right):
            return [left, right]
        case Negative(of):
            return [of]
        case Among(_, value, options):
            return [value, *options]
        case Between(value, low, high):
            return [value, low, high]
    return []


def height(node: Expression) -> int:
    """How many lie in one another. Goes no deeper itself, however many there are."""
    level, found = [node], 0
    while level:
        level, found = [part for one in level for part in parts(one)], found + 1
    return found


class Column(msgspec.Struct, frozen=True):
    """`name = of`; without a name, one is made."""

    name: str
    of: Expression
    at: int


class Where(msgspec.Struct, frozen=True):
    test: Expression


class Project(msgspec.Struct, frozen=True):
    columns: tuple[Column, ...]


class Extend(msgspec.Struct, frozen=True):
    columns: tuple[Column, ...]


class Keep(msgspec.Struct, frozen=True):
    """`project-keep`, and with `away` `project-away`; `*` in a name is any text."""

    names: tuple[Name, ...]
    away: bool


class Reorder(msgspec.Struct, frozen=True):
    """Patterns as of `Keep`, each with `asc`, `desc` or nothing: they come first."""

    names: tuple[tuple[Name, str], ...]


class Rename(msgspec.Struct, frozen=True):
    """New name, old name."""

    pairs: tuple[tuple[str, Name], ...]


class Summarize(msgspec.Struct, frozen=True):
    columns: tuple[Column, ...]
    by: tuple[Column, ...]
    at: int


class Key(msgspec.Struct, frozen=True):
    of: Expression
    descending: bool
    nulls_first: bool


class Sort(msgspec.Struct, frozen=True):
    keys: tuple[Key, ...]


class Take(msgspec.Struct, frozen=True):
    count: int


class Top(msgspec.Struct, frozen=True):
    count: int
    keys: tuple[Key, ...]


class Distinct(msgspec.Struct, frozen=True):
    """No columns: all of them."""

    columns: tuple[Column, ...]


class Count(msgspec.Struct, frozen=True):
    pass


class Expand(msgspec.Struct, frozen=True):
    """`mv-expand`: a row for each element; `index` is the column for its number, where one is."""

    columns: tuple[Column, ...]
    limit: int | None
    index: str = ""


class Join(msgspec.Struct, frozen=True):
    """`on` pairs a column of the left with one of the right."""

    kind: Literal["innerunique", "inner", "leftouter"]
    right: Query
    on: tuple[tuple[Name, Name], ...]
    at: int


class Union(msgspec.Struct, frozen=True):
    others: tuple[Query, ...]


Operator = (
    Where
    | Project
    | Extend
    | Keep
    | Rename
    | Reorder
    | Summarize
    | Sort
    | Take
    | Top
    | Distinct
    | Count
    | Expand
    | Join
    | Union
)


class Query(msgspec.Struct, frozen=True):
    """`table` is in its proper spelling; empty where it runs over rows that are there already."""

    table: str
    operators: tuple[Operator, ...]
