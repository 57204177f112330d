"""Rows for the resource graph: all of some types that lie within some scopes, streamed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Text,
    and_,
    cast,
    false,
    func,
    not_,
    or_,
    select,
    type_coerce,
)

from .resources import Resources, array, resources, under

_AT_ONCE = 500


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """Words are in lower case; None is any. `scopes` lie beside each other, none in another;
    what is at or below one that is `taken` is left out, and what is `hidden` itself.
    `within` are subscriptions: what lies in none is found all the same."""

    types: Sequence[str]
    scopes: Sequence[str] | None
    taken: Sequence[str] = ()
    hidden: Sequence[str] = ()
    groups: Sequence[str] | None = None
    subscriptions: Sequence[str] | None = None
    ids: Sequence[str] | None = None
    within: Sequence[str] | None = None
    documents: bool = True


def found(connection: Connection, sought: Sought) -> Iterator[Row[Any]]:
    """In the order of keys. Without `documents` there are key, type and id only."""
    options = {"yield_per": _AT_ONCE}
    rows = connection.execute(_select(connection, sought), execution_options=options)
    yield from (row for row in rows if row.key is not None)


def _select(connection: Connection, sought: Sought) -> Select[Any]:
    c = resources.c
    query = select(*_columns(connection, sought.documents)).order_by(c.key)
    tests = [c.type.in_(sought.types), *_limits(connection, sought)]
    if sought.scopes is None:
        return query.where(*tests)
    each = array(connection, sought.scopes)
    # An outer join, so that SQLite begins with the scopes: it would go over all of a type instead,
    # and hold each to every scope. A scope in which there is nothing gives a row of nulls.
    there = and_(*tests, *_inside(each.c.value))
    return query.select_from(each.outerjoin(resources, there))


def _columns(connection: Connection, documents: bool) -> list[Any]:
    c = resources.c
    some: list[Any] = [c.key, c.type, c.id]
    if not documents:
        return some
    as_text: Any = type_coerce if connection.dialect.name == "sqlite" else cast
    return [
        *some,
        as_text(c.document, Text).label("document"),
        *(c.etag, c.state),
        *(c.created_by, c.created_kind, c.created_at, c.created_id),
        *(c.modified_by, c.modified_kind, c.modified_at, c.modified_id),
    ]


def _inside(scope: ColumnElement[str]) -> Iterator[ColumnElement[bool]]:
    """As a range that an index serves; it takes in siblings such as `ws-2` beside `ws`, which the
    last test drops."""
    key = resources.c.key
    yield key >= scope
    yield key < scope.concat("0")
    yield or_(key == scope, func.substr(key, func.length(scope) + 1, 1) == "/")


def _limits(connection: Connection, sought: Sought) -> Iterator[ColumnElement[bool]]:
    key = resources.c.key
    if sought.taken:
        yield not_(Resources(connection).below(sought.taken))
    if sought.hidden:
        each = array(connection, sought.hidden)
        yield key.not_in(select(each.c.value))
    if sought.ids is not None:
        each = array(connection, sought.ids)
        yield key.in_(select(each.c.value))
    if sought.subscriptions is not None:
        yield _any(under(key, f"/subscriptions/{one}") for one in sought.subscriptions)
    if sought.groups is not None:
        yield _any(
            or_(key.endswith(f"/resourcegroups/{one}", autoescape=True), _in_group(one))
            for one in sought.groups
        )
    if sought.within is not None:
        inside = (under(key, f"/subscriptions/{one}") for one in sought.within)
        yield or_(_any(inside), key < "/subscriptions/", key >= "/subscriptions0")


def _in_group(name: str) -> ColumnElement[bool]:
    inside: ColumnElement[bool] = resources.c.key.contains(
        f"/resourcegroups/{name}/", autoescape=True
    )
    return inside


def _any(tests: Iterator[ColumnElement[bool]]) -> ColumnElement[bool]:
    return or_(false(), *tests)
