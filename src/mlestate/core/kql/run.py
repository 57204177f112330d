"""A query over rows: each operator takes rows as they come, and gives rows on."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, Protocol

import msgspec

from . import values
from .aggregates import Tally, aggregate
from .budget import Budget
from .compiled import Scene, test_of, value_of
from .naming import free, names
from .rows import Row, plain
from .tree import (
    Call,
    Column,
    Count,
    Distinct,
    Expand,
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
from .wanted import Wanted, wanted

MOST_COLUMNS = 500


class Tables(Protocol):
    def columns(self, table: str) -> tuple[str, ...]: ...
    def rows(self, table: str, wanted: Wanted) -> Iterable[Row]:
        """Rows nobody else keeps, always in the same order; more than are wanted do no harm."""


class Rows(msgspec.Struct, frozen=True):
    """`each` can be gone through once."""

    columns: tuple[str, ...]
    each: Iterable[Row]


def run(query: Query, text: str, tables: Tables, now: datetime, budget: Budget) -> Rows:
    """Raises BadQuery before any row is read, and TooMuch while they are."""
    return _Run(text, tables, now, budget).query(query)


def run_over(
    rows: Rows, operators: tuple[Operator, ...], text: str, now: datetime, budget: Budget
) -> Rows:
    """The same over rows that are there already."""
    here = _Run(text, _NoTables(), now, budget)
    for operator in operators:
        rows = here.operate(rows, operator)
    return rows


class _NoTables:
    def columns(self, table: str) -> tuple[str, ...]:
        return ()

    def rows(self, table: str, wanted: Wanted) -> Iterable[Row]:
        return ()


class _Run:
    def __init__(self, text: str, tables: Tables, now: datetime, budget: Budget):
        self.text, self.tables, self.now, self.budget = text, tables, now, budget

    def query(self, query: Query) -> Rows:
        table = self.tables.rows(query.table, wanted(query.operators))
        rows = Rows(self.tables.columns(query.table), self.budget.read(table))
        for operator in query.operators:
            rows = self.operate(rows, operator)
        return rows

    def operate(self, rows: Rows, operator: Operator) -> Rows:
        scene = self.scene(rows.columns)
        found = _OPERATE[type(operator)](self, scene, rows.each, operator)
        if len(found.columns) > MOST_COLUMNS:
            raise scene.fault(0, f"it makes over {MOST_COLUMNS} columns")
        return found

    def scene(self, columns: tuple[str, ...]) -> Scene:
        return Scene(columns, self.text, self.now, self.budget)

    def where(self, scene: Scene, rows: Iterable[Row], op: Where) -> Rows:
        return Rows(scene.columns, filter(test_of(scene, op.test), rows))

    def project(self, scene: Scene, rows: Iterable[Row], op: Project) -> Rows:
        columns = names(op.columns)
        made = [value_of(scene, column.of) for column in op.columns]
        pairs = list(zip(columns, made, strict=True))
        unique = tuple(dict.fromkeys(columns))
        return Rows(unique, (plain({name: value(row) for name, value in pairs}) for row in rows))

    def extend(self, scene: Scene, rows: Iterable[Row], op: Extend) -> Rows:
        columns = names(op.columns, scene.columns)
        made = [value_of(scene, column.of) for column in op.columns]
        pairs = list(zip(columns, made, strict=True))

        def each() -> Iterator[Row]:
            for row in rows:
                row.update({name: value(row) for name, value in pairs})
                yield row

        return Rows(tuple(dict.fromkeys((*scene.columns, *columns))), each())

    def keep(self, scene: Scene, rows: Iterable[Row], op: Keep) -> Rows:
        chosen = {column for name in op.names for column in _meant(scene, name)}
        return Rows(tuple(c for c in scene.columns if (c in chosen) != op.away), rows)

    def reorder(self, scene: Scene, rows: Iterable[Row], op: Reorder) -> Rows:
        first: dict[str, None] = {}
        for name, order in op.names:
            found = _meant(scene, name)
            ordered = sorted(found, reverse=order == "desc") if order else found
            first |= dict.fromkeys(each for each in ordered if each not in first)
        return Rows(tuple(dict.fromkeys((*first, *scene.columns))), rows)

    def rename(self, scene: Scene, rows: Iterable[Row], op: Rename) -> Rows:
        new = {scene.column(old): name for name, old in op.pairs}
        for name, old in op.pairs:
            if name in scene.columns and name not in new:
                raise scene.fault(old.at, f"there is a column `{name}` already")
        pairs = [(column, new.get(column, column)) for column in scene.columns]
        each = (plain({name: row[column] for column, name in pairs}) for row in rows)
        return Rows(tuple(name for _, name in pairs), each)

    def summarize(self, scene: Scene, rows: Iterable[Row], op: Summarize) -> Rows:
        by = names(op.by)
        keys = [value_of(scene, column.of) for column in op.by]
        made = [self.aggregate(scene, column) for column in op.columns]
        columns = list(by)
        for own, _ in made:
            columns += [free(name, columns) for name in own]
        begins = [begin for _, begin in made]

        def each() -> Iterator[Row]:
            groups: dict[Any, tuple[list[Any], list[Tally]]] = {}
            for row in rows:
                found = [key(row) for key in keys]
                known = tuple(map(values.same, found))
                group = groups.get(known)
                if group is None:
                    self.budget.hold()
                    group = groups[known] = found, [begin() for begin in begins]
                for tally in group[1]:
                    tally.add(row)
            if not groups and not keys:
                groups[()] = [], [begin() for begin in begins]
            for found, tallies in groups.values():
                results = [one for tally in tallies for one in tally.results()]
                yield plain(dict(zip(columns, [*found, *results], strict=True)))

        return Rows(tuple(columns), each())

    def aggregate(
        self, scene: Scene, column: Column
    ) -> tuple[tuple[str, ...], Callable[[], Tally]]:
        if not isinstance(column.of, Call):
            why = "`summarize` takes functions over rows, such as `count()`; group with `by`"
            raise scene.fault(column.at, why)
        return aggregate(scene, column.of, column.name)

    def sort(self, scene: Scene, rows: Iterable[Row], op: Sort) -> Rows:
        ordered = self.ordered(scene, op.keys)
        return Rows(scene.columns, _later(lambda: ordered(self.held(rows))))

    def top(self, scene: Scene, rows: Iterable[Row], op: Top) -> Rows:
        ordered = self.ordered(scene, op.keys)
        return Rows(scene.columns, _later(lambda: ordered(self.held(rows))[: op.count]))

    def ordered(self, scene: Scene, keys: tuple[Key, ...]) -> Callable[[list[Row]], list[Row]]:
        made = [(value_of(scene, key.of), key) for key in keys]

        def run(held: list[Row]) -> list[Row]:
            for value, key in reversed(made):  # the last first: what is equal stays in order
                held.sort(key=_rank(value, key), reverse=key.descending)
            return held

        return run

    def held(self, rows: Iterable[Row]) -> list[Row]:
        found = []
        for row in rows:
            self.budget.hold()
            found.append(row)
        return found

    def take(self, scene: Scene, rows: Iterable[Row], op: Take) -> Rows:
        return Rows(scene.columns, islice(rows, op.count))

    def distinct(self, scene: Scene, rows: Iterable[Row], op: Distinct) -> Rows:
        columns = op.columns or tuple(Column("", Name(name, 0), 0) for name in scene.columns)
        return self.summarize(scene, rows, Summarize((), columns, 0))

    def count(self, scene: Scene, rows: Iterable[Row], op: Count) -> Rows:
        def each() -> Iterator[Row]:
            yield plain({"Count": sum(1 for _ in rows)})

        return Rows(("Count",), each())

    def expand(self, scene: Scene, rows: Iterable[Row], op: Expand) -> Rows:
        columns = names(op.columns)
        made = [value_of(scene, column.of) for column in op.columns]

        def each() -> Iterator[Row]:
            for row in rows:
                lists = [_elements(value(row)) for value in made]
                for index in range(min(max(map(len, lists)), op.limit or MOST_ELEMENTS)):
                    self.budget.tick()
                    found = [some[index] if index < len(some) else None for some in lists]
                    made_now = dict(zip(columns, found, strict=True))
                    yield row.with_(made_now | ({op.index: index} if op.index else {}))

        index = (op.index,) if op.index else ()
        return Rows(tuple(dict.fromkeys((*scene.columns, *columns, *index))), each())

    def join(self, scene: Scene, rows: Iterable[Row], op: Join) -> Rows:
        right = self.query(op.right)
        other = self.scene(right.columns)
        left_keys = [scene.column(left) for left, _ in op.on]
        right_keys = [other.column(right) for _, right in op.on]
        new: dict[str, str] = {}
        for column in right.columns:
            new[column] = free(column, (*scene.columns, *new.values()))
        each = _joined(self, op.kind, rows, left_keys, right, right_keys, new)
        return Rows((*scene.columns, *new.values()), each)

    def union(self, scene: Scene, rows: Iterable[Row], op: Union) -> Rows:
        parts = [Rows(scene.columns, rows), *map(self.query, op.others)]
        columns = tuple(dict.fromkeys(name for part in parts for name in part.columns))
        return Rows(columns, (row for part in parts for row in _filled(part, columns)))


MOST_ELEMENTS = 2048


def _meant(scene: Scene, name: Name) -> list[str]:
    """The columns that a name, or a pattern, means."""
    if "*" in name.name:
        return fnmatch.filter(scene.columns, name.name)
    return [scene.column(name)]


def _rank(value: Callable[[Row], Any], key: Key) -> Callable[[Row], Any]:
    """Null before or after all else, whichever way it is turned round then."""
    null = (0 if key.nulls_first != key.descending else 2, (0, 0))

    def rank(row: Row) -> Any:
        found = value(row)
        return null if found is None else (1, values.rank(found))

    return rank


def _later(make: Callable[[], list[Row]]) -> Iterator[Row]:
    yield from make()


def _elements(value: Any) -> list[Any]:
    """Of what is no list, or an empty one, one row is left."""
    if isinstance(value, dict):
        return [{name: one} for name, one in value.items()] or [None]
    return (value or [None]) if isinstance(value, list) else [value]


def _filled(part: Rows, columns: tuple[str, ...]) -> Iterator[Row]:
    missing = dict.fromkeys(name for name in columns if name not in part.columns)
    if not missing:
        yield from part.each
        return
    for row in part.each:
        row.update(missing)
        yield row


def _joined(
    here: _Run,
    kind: str,
    rows: Iterable[Row],
    left_keys: list[str],
    right: Rows,
    right_keys: list[str],
    new: dict[str, str],
) -> Iterator[Row]:
    known = _by_key(here, right, right_keys, new)
    nothing = [dict.fromkeys(new.values())] if kind == "leftouter" else []
    seen = set[Any]()
    for row in rows:
        key = _key(row, left_keys)
        if kind == "innerunique":
            if key in seen:
                continue
            seen.add(key)
            here.budget.hold()
        for other in known.get(key, nothing):
            here.budget.tick()
            yield row.with_(other)


def _by_key(
    here: _Run, rows: Rows, keys: list[str], new: dict[str, str]
) -> dict[Any, list[dict[str, Any]]]:
    """Under the names that they have in the joined row. What is null joins nothing."""
    known: dict[Any, list[dict[str, Any]]] = {}
    for row in rows.each:
        key = _key(row, keys)
        if None not in key:
            here.budget.hold()
            known.setdefault(key, []).append({name: row[old] for old, name in new.items()})
    return known


def _key(row: Row, columns: list[str]) -> tuple[Any, ...]:
    return tuple(values.same(row[column]) for column in columns)


_OPERATE: dict[type, Callable[[_Run, Scene, Iterable[Row], Any], Rows]] = {
    Where: _Run.where,
    Project: _Run.project,
    Extend: _Run.extend,
    Keep: _Run.keep,
    Rename: _Run.rename,
    Reorder: _Run.reorder,
    Summarize: _Run.summarize,
    Sort: _Run.sort,
    Take: _Run.take,
    Top: _Run.top,
    Distinct: _Run.distinct,
    Count: _Run.count,
    Expand: _Run.expand,
    Join: _Run.join,
    Union: _Run.union,
}
