"""A query's text becomes a tree: a table, and operators behind `|`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache

from .expressions import expression
from .fault import near
from .reader import Reader
from .token import Token
from .tree import (
    Column,
    Count,
    Distinct,
    Expand,
    Expression,
    Extend,
    Join,
    Keep,
    Key,
    Name,
    Operator,
    Project,
    Query,
    Rename,
    Reorder,
    Sort,
    Summarize,
    Take,
    Top,
    Union,
    Where,
)

MOST_OPERATORS = 60
MOST_JOINS = 5
# What Kusto has, and is not here: said so, with what to do instead.
_NOT_HERE = {
    "let": "write what it names where it is used",
    "parse": "take texts apart with `split` or `extract`",
    "evaluate": "use `extend` and `summarize`",
    "render": "draw it from the rows",
    "make-series": "use `summarize … by bin(…)`",
    "mv-apply": "use `mv-expand` and `where`",
    "sample": "use `take`",
    "serialize": "rows have no numbers here",
    "search": "use `where … has`",
    "find": "use `union` and `where`",
    "lookup": "use `join kind=leftouter`",
}
_KINDS = ("innerunique", "inner", "leftouter")


def parse(text: str, tables: Collection[str], default: str) -> Query:
    """Raises BadQuery with the place. Tables are found without regard to case."""
    return _parse(text, tuple(tables), default)


@lru_cache(256)
def _parse(text: str, tables: tuple[str, ...], default: str) -> Query:
    return _Parser(text, tables, default).whole()


def parse_operators(text: str) -> tuple[Operator, ...]:
    """What stands behind a table, such as `where … | summarize …`."""
    return _Parser(text, (), "").whole().operators


class _Parser:
    def __init__(self, text: str, tables: tuple[str, ...], default: str):
        self.reader, self.default = Reader(text), default
        self.tables = {table.lower(): table for table in tables}
        self._operators = self._joins = 0

    def whole(self) -> Query:
        reader = self.reader
        if reader.peek.sort == "end":
            raise reader.fault(reader.peek, f"it is empty: write `{self.default} | take 10`")
        found = self.query()
        reader.skip(";")
        if reader.peek.sort != "end":
            raise reader.fault(reader.peek, f"expected `|`, found {reader.peek.shown}")
        return found

    def query(self) -> Query:
        reader = self.reader
        reader.deeper()
        token = reader.peek
        table, operators = self.default, list[Operator]()
        if token.text.lower() in self.tables and token.sort == "name":
            table = self.tables[reader.next().text.lower()]
        elif reader.skip("union"):
            table, operators = self.united()
        elif token.text.lower() in _READ or token.text.lower() in _NOT_HERE:
            operators.append(self.operator())
        elif token.text != "|":
            known = near(token.text, self.tables.values()) if self.tables else ""
            raise reader.fault(token, f"`{token.text[:60]}` is no table{known}", "UnknownTable")
        while reader.skip("|"):
            operators.append(self.operator())
        reader.back()
        return Query(table, tuple(operators))

    def operator(self) -> Operator:
        reader = self.reader
        token = reader.next()
        read = _READ.get(token.text.lower()) if token.sort == "name" else None
        if read is None:
            raise reader.fault(token, _unknown(token), "UnknownOperator")
        self._operators += 1
        if self._operators > MOST_OPERATORS:
            raise reader.fault(token, f"it has over {MOST_OPERATORS} operators")
        return read(self, token)

    def where(self, token: Token) -> Where:
        return Where(expression(self.reader))

    def project(self, token: Token) -> Project:
        return Project(self.columns())

    def extend(self, token: Token) -> Extend:
        return Extend(self.columns())

    def keep(self, token: Token) -> Keep:
        names = [self.pattern()]
        while self.reader.skip(","):
            names.append(self.pattern())
        return Keep(tuple(names), token.text.lower() == "project-away")

    def pattern(self) -> Name:
        """A column, or `*` in place of any part of its name."""
        reader = self.reader
        first = reader.next()
        if first.sort not in ("name", "op") or (first.sort == "op" and first.text != "*"):
            raise reader.fault(first, f"expected a column, found {first.shown}")
        text, end = first.text, first.at + len(first.text)
        while reader.peek.at == end and (reader.peek.sort == "name" or reader.peek.text == "*"):
            more = reader.next()
            text, end = text + more.text, end + len(more.text)
        return Name(text, first.at)

    def reorder(self, token: Token) -> Reorder:
        names = [self.placed()]
        while self.reader.skip(","):
            names.append(self.placed())
        return Reorder(tuple(names))

    def placed(self) -> tuple[Name, str]:
        """Those that a `*` stands for are in the order of the table, or of their names."""
        found, reader = self.pattern(), self.reader
        token = reader.peek
        return (found, token.text.lower()) if reader.skip("asc", "desc") else (found, "")

    def rename(self, token: Token) -> Rename:
        pairs = [self.pair()]
        while self.reader.skip(","):
            pairs.append(self.pair())
        return Rename(tuple(pairs))

    def pair(self) -> tuple[str, Name]:
        new = self.reader.named()
        if not new:
            shown = self.reader.peek.shown
            why = f"expected the new name, as in `new = old`, found {shown}"
            raise self.reader.fault(self.reader.peek, why)
        old = self.reader.name("the column that is renamed")
        return new, Name(old.text, old.at)

    def columns(self) -> tuple[Column, ...]:
        found = [self.column()]
        while self.reader.skip(","):
            found.append(self.column())
        return tuple(found)

    def column(self) -> Column:
        reader = self.reader
        token = reader.peek
        if name := reader.named():
            return Column(name, expression(reader), token.at)
        return Column("", expression(reader), token.at)

    def summarize(self, token: Token) -> Summarize:
        reader = self.reader
        columns = () if reader.peek.text.lower() == "by" else self.columns()
        by = self.columns() if reader.skip("by") else ()
        return Summarize(columns, by, token.at)

    def sort(self, token: Token) -> Sort:
        self.reader.need("by")
        return Sort(self.keys())

    def keys(self) -> tuple[Key, ...]:
        found = [self.key()]
        while self.reader.skip(","):
            found.append(self.key())
        return tuple(found)

    def key(self) -> Key:
        """Descending where nothing is said; nulls are then last, and first the other way round."""
        reader = self.reader
        of: Expression = expression(reader)
        descending = not reader.skip("asc")
        if descending:
            reader.skip("desc")
        nulls_first = not descending
        if reader.skip("nulls"):
            nulls_first = reader.skip("first")
            if not nulls_first:
                reader.need("last")
        return Key(of, descending, nulls_first)

    def take(self, token: Token) -> Take:
        return Take(self.reader.whole("how many rows"))

    def top(self, token: Token) -> Top:
        count = self.reader.whole("how many rows")
        self.reader.need("by")
        return Top(count, self.keys())

    def distinct(self, token: Token) -> Distinct:
        return Distinct(()) if self.reader.skip("*") else Distinct(self.columns())

    def count(self, token: Token) -> Count:
        return Count()

    def expand(self, token: Token) -> Expand:
        reader = self.reader
        index = ""
        if reader.skip("with_itemindex"):
            reader.need("=")
            index = reader.name("the column for the index").text
        columns = [self.expanded()]
        while reader.skip(","):
            columns.append(self.expanded())
        limit = reader.whole("a limit") if reader.skip("limit") else None
        return Expand(tuple(columns), limit, index)

    def expanded(self) -> Column:
        found = self.column()
        if self.reader.skip("to"):
            self.reader.need("typeof")
            self.reader.need("(")
            self.reader.name("a type")
            self.reader.need(")")
        return found

    def join(self, token: Token) -> Join:
        reader = self.reader
        self._joins += 1
        if self._joins > MOST_JOINS:
            raise reader.fault(token, f"it has over {MOST_JOINS} joins")
        kind = self.kind()
        reader.need("(")
        right = self.query()
        reader.need(")")
        reader.need("on")
        pairs = [self.on()]
        while reader.skip(",", "and"):
            pairs.append(self.on())
        return Join(kind, right, tuple(pairs), token.at)  # type: ignore[arg-type]

    def kind(self) -> str:
        reader = self.reader
        if not reader.skip("kind"):
            return "innerunique"
        reader.need("=")
        said = reader.name("a kind of join")
        if said.text.lower() not in _KINDS:
            why = f"`{said.text}` is no kind of join{near(said.text, _KINDS)}"
            raise reader.fault(said, why)
        return said.text.lower()

    def on(self) -> tuple[Name, Name]:
        reader = self.reader
        if reader.peek.text.lower() not in ("$left", "$right"):
            token = reader.name("a column of both sides")
            name = Name(token.text, token.at)
            return name, name
        sides = dict([self.side()])
        reader.need("==")
        sides |= dict([self.side()])
        if len(sides) < 2:
            raise reader.fault(reader.peek, "write `$left.column == $right.column`")
        return sides["$left"], sides["$right"]

    def side(self) -> tuple[str, Name]:
        side = self.reader.name("`$left` or `$right`")
        self.reader.need(".")
        token = self.reader.name("a column")
        return side.text.lower(), Name(token.text, token.at)

    def union(self, token: Token) -> Union:
        others = [self.part()]
        while self.reader.skip(","):
            others.append(self.part())
        return Union(tuple(others))

    def united(self) -> tuple[str, list[Operator]]:
        """A union that stands first: of the tables it names, and no other."""
        first = self.part()
        others = [self.part()] if self.reader.skip(",") else []
        while self.reader.skip(","):
            others.append(self.part())
        return first.table, [*first.operators, Union(tuple(others))]

    def part(self) -> Query:
        reader = self.reader
        if reader.skip("("):
            found = self.query()
            reader.need(")")
            return found
        table = reader.name("a table")
        if table.text.lower() not in self.tables:
            known = near(table.text, self.tables.values())
            raise reader.fault(table, f"`{table.text}` is no table{known}", "UnknownTable")
        return Query(self.tables[table.text.lower()], ())


def _unknown(token: Token) -> str:
    instead = _NOT_HERE.get(token.text.lower())
    if instead:
        return f"`{token.text}` is not offered here: {instead}"
    return f"{token.shown} is no operator{near(token.text, _READ)}"


_READ: dict[str, Callable[[_Parser, Token], Operator]] = {
    "where": _Parser.where,
    "filter": _Parser.where,
    "project": _Parser.project,
    "project-away": _Parser.keep,
    "project-keep": _Parser.keep,
    "project-rename": _Parser.rename,
    "project-reorder": _Parser.reorder,
    "extend": _Parser.extend,
    "summarize": _Parser.summarize,
    "order": _Parser.sort,
    "sort": _Parser.sort,
    "take": _Parser.take,
    "limit": _Parser.take,
    "top": _Parser.top,
    "distinct": _Parser.distinct,
    "count": _Parser.count,
    "mv-expand": _Parser.expand,
    "mvexpand": _Parser.expand,
    "join": _Parser.join,
    "union": _Parser.union,
}
