"""Resources of many types at once, in the order of their ids, filtered as Azure's clients ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    cast,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from ..core import odata
from ..core.areas import Area, ancestors, outermost, within
from ..core.resource import Resource
from .resources import Resources, array, resources, under

KNOWN = (
    "`resourceType`, `name`, `location`, `resourceGroup`, `tagName` and `tagValue` with `eq` or "
    "`ne`, `startswith(tagName, '…')`, and `substringof('…', name)`"
)


class Readable(msgspec.Struct, frozen=True):
    """Some types, in lower case, and the areas in each of which they may be read."""

    types: tuple[str, ...]
    areas: tuple[Area, ...]


class Sought(msgspec.Struct, frozen=True):
    """`under` is a lower-case key; `after` the key of the last row of the page before."""

    under: str
    readable: tuple[Readable, ...]
    where: odata.Node | None = None
    after: str = ""
    limit: int = 1000


def find(connection: Connection, sought: Sought) -> Sequence[Resource]:
    """Raises Invalid where the filter asks what is not kept."""
    where = and_(_readable(connection, sought), condition(connection, sought.where, sought.under))
    return Resources(connection).matching(where, sought.after, sought.limit)


def tags(connection: Connection, sought: Sought) -> list[tuple[str, str, int]]:
    """Every tag that is on them, with its value, and on how many it is."""
    pair = _pairs(connection)
    found = (
        select(pair.c.key, pair.c.value, func.count())
        .select_from(resources.join(pair, true()))
        .where(_readable(connection, sought))
        .group_by(pair.c.key, pair.c.value)
    )
    return [(str(name), str(value), count) for name, value, count in connection.execute(found)]


def counts(connection: Connection, sought: Sought) -> dict[str, int]:
    """How many there are of each type, in lower case, below the key."""
    where = and_(_readable(connection, sought), resources.c.key != sought.under)
    found = select(resources.c.type, func.count()).where(where).group_by(resources.c.type)
    return {kind: count for kind, count in connection.execute(found)}


def ids(connection: Connection, sought: Sought) -> tuple[str, ...]:
    """In the order of their keys, as they are written."""
    found = select(resources.c.id).where(_readable(connection, sought)).order_by(resources.c.key)
    return tuple(connection.execute(found).scalars())


def condition(connection: Connection, where: odata.Node | None, scope: str) -> ColumnElement[bool]:
    return _Filter(connection, scope).all(where)


def _readable(connection: Connection, sought: Sought) -> ColumnElement[bool]:
    below = under(resources.c.key, sought.under)
    found = (_of(connection, each, sought.under) for each in sought.readable)
    return and_(below, or_(false(), *found))


def _of(connection: Connection, each: Readable, key: str) -> ColumnElement[bool]:
    words = array(connection, each.types)
    areas = (and_(true(), *_in(connection, area, key)) for area in each.areas)
    return and_(resources.c.type.in_(select(words.c.value)), or_(false(), *areas))


def _in(connection: Connection, area: Area, key: str) -> Iterator[ColumnElement[bool]]:
    """Of what is below the key."""
    rows = Resources(connection)
    if area.given.isdisjoint(ancestors(key)):
        yield rows.below(outermost(each for each in area.given if within(each, key)))
    if area.taken:
        yield not_(rows.below(sorted(area.taken)))
    if area.hidden:
        hidden = array(connection, sorted(area.hidden))
        yield resources.c.key.not_in(select(hidden.c.value))


class _Filter:
    """From a filter's tree to SQL. `scope` is the key of the subscription that is asked."""

    def __init__(self, connection: Connection, scope: str):
        self._connection, self._scope = connection, scope
        self._compared: dict[str, Callable[[str], ColumnElement[bool]]] = {
            "resourcetype": lambda text: resources.c.type == text.lower(),
            "name": _named,
            "location": _located,
            "resourcegroup": self._grouped,
            "tagname": lambda text: self._tagged(name=text),
            "tagvalue": lambda text: self._tagged(value=text),
        }

    def all(self, where: odata.Node | None) -> ColumnElement[bool]:
        """A tag's name and a value that must hold together are one tag's."""
        parts = list(odata.every(where))
        names, values = _wanted(parts, "tagname"), _wanted(parts, "tagvalue")
        pairs = list(zip(names, values, strict=False))
        paired = {id(part) for pair in pairs for part in pair}
        found = [self._tagged(name.value, value.value) for name, value in pairs]
        found += [self._one(part) for part in parts if id(part) not in paired]
        return and_(true(), *found)

    def _one(self, node: odata.Node) -> ColumnElement[bool]:
        match node:
            case odata.Either(left, right):
                return or_(self.all(left), self.all(right))
            case odata.Not(inner):
                return not_(self.all(inner))
            case odata.Compare(name, "eq" | "ne" as operator, value) if name in self._compared:
                found = self._compared[name](value)
                return found if operator == "eq" else not_(found)
            case odata.Call("startswith", ("tagname",), (start,)):
                return self._tagged(start=start)
            case odata.Call("substringof", ("name",), (part,)):
                return _holding(part)
        raise odata.unsupported(node, KNOWN)

    def _grouped(self, group: str) -> ColumnElement[bool]:
        scope = "/".join(self._scope.split("/")[:3])
        return under(resources.c.key, f"{scope}/resourcegroups/{group.lower()}")

    def _tagged(
        self, name: str | None = None, value: str | None = None, start: str | None = None
    ) -> ColumnElement[bool]:
        """Whether there is a tag like that. The case of names does not count, that of values
        does."""
        pair = _pairs(self._connection)
        wanted: list[ColumnElement[bool]] = []
        if name is not None:
            wanted.append(func.lower(pair.c.key) == name.lower())
        if value is not None:
            wanted.append(pair.c.value == value)
        if start is not None:
            wanted.append(func.lower(pair.c.key).startswith(start.lower(), autoescape=True))
        return select(literal(1)).select_from(pair).where(*wanted).exists()


def _pairs(connection: Connection) -> Any:
    """The tags of a row, as a table of `key` and `value`."""
    columns = ("key", "value")
    if connection.dialect.name == "sqlite":
        return func.json_each(resources.c.document, "$.tags").table_valued(*columns, name="tag")
    tags = cast(resources.c.document, JSONB).op("->")("tags")
    some = func.nullif(tags, cast(literal("null"), JSONB))
    there = func.coalesce(some, func.jsonb_build_object())
    return func.jsonb_each_text(there).table_valued(*columns, name="tag")


def _wanted(parts: Sequence[odata.Node], name: str) -> list[odata.Compare]:
    found = [part for part in parts if isinstance(part, odata.Compare)]
    return [part for part in found if (part.name, part.operator) == (name, "eq")]


def _named(text: str) -> ColumnElement[bool]:
    tail = f"/{text.lower()}"
    key = resources.c.key
    found: ColumnElement[bool] = func.substr(key, func.length(key) - len(tail) + 1) == tail
    return found


def _located(text: str) -> ColumnElement[bool]:
    location = resources.c.document["location"].as_string()
    found: ColumnElement[bool] = location == text.replace(" ", "").lower()
    return found


def _holding(part: str) -> ColumnElement[bool]:
    """A name is all that stands behind the type's last word."""
    mark = "\\"
    escaped = part.lower().replace(mark, mark * 2).replace("%", "\\%").replace("_", "\\_")
    start = literal("%/providers/").concat(resources.c.type)
    return resources.c.key.like(start.concat(f"/%{escaped}%"), escape=mark)
