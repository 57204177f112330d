"""Resources in SQL: a document per row, with the columns that we look things up by."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Float,
    Index,
    Integer,
    Row,
    Select,
    TableValuedAlias,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy import Column as C
from sqlalchemy import Table as T
from sqlalchemy.dialects import postgresql, sqlite

from ..core import ids
from ..core.errors import Stale
from ..core.resource import Resource, Stamp
from .columns import Key
from .document_path import at
from .queries import Condition as Condition
from .queries import Query as Query
from .search.filing import Filing
from .search.tables import metadata

resources = T(
    "resources",
    metadata,
    C("key", Key, primary_key=True),  # the id in lower case: ids are case-insensitive
    C("type", Key, nullable=False),  # in lower case
    C("id", Text, nullable=False),
    C("etag", Text, nullable=False),
    C("state", Text, nullable=False),
    C("document", JSON, nullable=False),
    C("created_by", Text, nullable=False),
    C("created_kind", Text, nullable=False),
    C("created_at", Float, nullable=False),
    C("created_id", Text, nullable=False),
    C("modified_by", Text, nullable=False),
    C("modified_kind", Text, nullable=False),
    C("modified_at", Float, nullable=False),
    C("modified_id", Text, nullable=False),
    Index("resources_by_type", "type", "key"),
    Index("resources_by_age", "type", "created_at", "key"),
)
secrets = T(
    "resource_secrets",
    metadata,
    C("key", Key, primary_key=True),
    C("value", JSON, nullable=False),
)


def _upsert(name: str, table: T) -> Any:
    dialect = sqlite if name == "sqlite" else postgresql
    insert = dialect.insert(table)
    changed = {column.name: insert.excluded[column.name] for column in table.c}
    return insert.on_conflict_do_update(index_elements=["key"], set_=changed)


# Made once: to put a statement together takes longer than to run it.
_BY_KEY = select(resources).where(resources.c.key == bindparam("sought"))
_SAVE = {name: _upsert(name, resources) for name in ("sqlite", "postgresql")}
_SAVE_SECRET = {name: _upsert(name, secrets) for name in ("sqlite", "postgresql")}
# A scope's own resources of a type, or all below a scope: as a range of keys.
_WITHIN = and_(
    resources.c.type == bindparam("kind"),
    resources.c.key >= bindparam("low"),
    resources.c.key < bindparam("high"),
)
_LIST = select(resources).where(_WITHIN).order_by(resources.c.key)
_COUNT = select(func.count()).select_from(resources).where(_WITHIN)
_NAMED = (
    select(func.count())
    .select_from(resources)
    .where(
        resources.c.type == bindparam("kind"),
        func.substr(
            resources.c.key, func.length(resources.c.key) - bindparam("length", type_=Integer) + 1
        )
        == bindparam("tail"),
    )
)
_IF_MATCH = update(resources).where(
    resources.c.key == bindparam("sought"), resources.c.etag == bindparam("held")
)
# Rows name the same resources again and again, and an id is worth keeping: it knows its own key.
_parsed = lru_cache(4096)(ids.parse)


class Resources:
    """Speaks within the caller's transaction; opens and commits nothing."""

    def __init__(self, connection: Connection):
        self.connection = connection
        self._filing = Filing(connection)

    def load(self, key: str) -> Resource | None:
        row = self.connection.execute(_BY_KEY, {"sought": key}).first()
        return _resource(row) if row else None

    def save(self, resource: Resource, etag: str, if_match: str | None = None) -> Resource:
        """Write with a new etag. With `if_match`, only over the row that still has that etag."""
        saved = msgspec.structs.replace(resource, etag=etag)
        row = _row(saved)
        if if_match is None:
            self.connection.execute(_SAVE[self.connection.dialect.name], row)
        else:
            mine = {"sought": row["key"], "held": if_match}
            if not self.connection.execute(_IF_MATCH, row | mine).rowcount:
                raise Stale(f"`{saved.id}` was changed by someone else: read it again")
        self._filing.file(saved)
        return saved

    def drop_tree(self, key: str) -> int:
        """Remove the resource and all below it, with their secrets; how many there were."""
        self._filing.drop(key)
        self.connection.execute(delete(secrets).where(under(secrets.c.key, key)))
        return self.connection.execute(
            delete(resources).where(under(resources.c.key, key))
        ).rowcount

    def tree(self, key: str) -> list[Resource]:
        """The resource and all below it, parents before children."""
        found = select(resources).where(under(resources.c.key, key)).order_by(resources.c.key)
        return [_resource(row) for row in self.connection.execute(found)]

    def list(self, query: Query) -> list[Resource]:
        return [_resource(row) for row in self.connection.execute(_select(self, query))]

    def matching(
        self, where: ColumnElement[bool], after: str = "", limit: int | None = None
    ) -> Sequence[Resource]:
        """Those that a condition of SQL holds for, in the order of keys, behind the key `after`."""
        key = resources.c.key
        found = select(resources).where(where, key > after).order_by(key).limit(limit)
        return [_resource(row) for row in self.connection.execute(found)]

    def below(self, scopes: Sequence[str]) -> ColumnElement[bool]:
        """The condition of being at or below any of the keys."""
        return _within(self.connection, scopes)

    def several(self, keys: Sequence[str]) -> dict[str, Resource]:
        """Those of the keys that are there."""
        each = array(self.connection, keys)
        found = select(resources).where(resources.c.key.in_(select(each.c.value)))
        return {row.key: _resource(row) for row in self.connection.execute(found)}

    def present(self, keys: Sequence[str]) -> set[str]:
        """Those of the keys that are there."""
        each = array(self.connection, keys)
        found = select(resources.c.key).where(resources.c.key.in_(select(each.c.value)))
        return set(self.connection.execute(found).scalars())

    def every_id(self) -> tuple[str, ...]:
        return tuple(self.connection.execute(select(resources.c.id)).scalars())

    def count(self, kind: str, key: str) -> int:
        """How many of a type are below a scope; an empty one is everything."""
        return self.connection.execute(_COUNT, _range(kind, key)).scalar_one()

    def extensions(self, kind: str, key: str) -> Sequence[Resource]:
        """Those of an extension type that sit on a resource, and not on something below it."""
        own = f"{key}/providers/{kind.lower()}"
        rows = self.connection.execute(_LIST, _range(kind, own))
        return [_resource(row) for row in rows]

    def named(self, kind: str, name: str) -> bool:
        """Whether there is one of that type and name at all."""
        tail = f"/{name.lower()}"
        sought = {"kind": kind.lower(), "length": len(tail), "tail": tail}
        return bool(self.connection.execute(_NAMED, sought).scalar_one())

    def counts(self, key: str) -> dict[str, int]:
        """How many there are of each type, in lower case, below the key."""
        below = and_(under(resources.c.key, key), resources.c.key != key)
        found = select(resources.c.type, func.count()).where(below).group_by(resources.c.type)
        return {kind: count for kind, count in self.connection.execute(found)}

    def ids_of(self, key: str, types: Sequence[str]) -> tuple[str, ...]:
        """The ids of the types, in lower case, at and below the key."""
        each = array(self.connection, types)
        wanted = and_(under(resources.c.key, key), resources.c.type.in_(select(each.c.value)))
        found = select(resources.c.id).where(wanted).order_by(resources.c.key)
        return tuple(self.connection.execute(found).scalars())

    def secret(self, key: str) -> dict[str, Any] | None:
        found = select(secrets.c.value).where(secrets.c.key == key)
        return self.connection.execute(found).scalar_one_or_none()

    def save_secret(self, key: str, value: dict[str, Any]) -> None:
        save = _SAVE_SECRET[self.connection.dialect.name]
        self.connection.execute(save, {"key": key, "value": value})

    def drop_secret(self, key: str) -> None:
        self.connection.execute(delete(secrets).where(secrets.c.key == key))


def refile(connection: Connection) -> None:
    """Put all that was there before it in the search index: places first, then children before
    their parents, as a container follows its versions."""
    filing = Filing(connection)
    for some in _every(connection, backwards=False):
        for resource in some:
            filing.file_place(resource)
    for some in _every(connection, backwards=True):
        filing.file_all(some)


def _every(connection: Connection, backwards: bool) -> Iterator[list[Resource]]:
    """In the order of keys, a thousand at a time."""
    key = resources.c.key
    found = select(resources).order_by(key.desc() if backwards else key).limit(1000)
    rows = connection.execute(found).all()
    while rows:
        yield [_resource(row) for row in rows]
        last = rows[-1].key
        rows = connection.execute(found.where(key < last if backwards else key > last)).all()


def under(column: ColumnElement[str], scope: str) -> ColumnElement[bool]:
    """The scope itself and all below it, as a key range: an index serves it, LIKE would not."""
    if not scope:
        return column >= ""
    return or_(column == scope, and_(column >= scope + "/", column < scope + "0"))


def _range(kind: str, scope: str) -> dict[str, str]:
    """The keys below a scope: `/` is followed by `0`."""
    low, high = (f"{scope}/", f"{scope}0") if scope else ("", "\U0010ffff")
    return {"kind": kind.lower(), "low": low, "high": high}


def _select(store: Resources, query: Query) -> Select[Any]:
    found = select(resources).where(resources.c.type == query.type.lower())
    placed = _placed(store.connection, query)
    if query.also:
        each = array(store.connection, query.also)
        found = found.where(or_(resources.c.key.in_(select(each.c.value)), and_(true(), *placed)))
    elif query.concerning:
        theirs = _names(store.connection, query.concerning)
        # Wherever it is below the address: no denial of a scope takes away what is their own.
        inside = under(resources.c.key, query.under)
        found = found.where(or_(and_(inside, theirs), and_(true(), *placed)))
    else:
        found = found.where(*placed)
    if query.only is not None:
        each = array(store.connection, query.only)
        found = found.where(resources.c.key.in_(select(each.c.value)))
    for condition in query.where:
        found = found.where(_holds(store.connection, condition))
    return _page(found, query)


def _placed(connection: Connection, query: Query) -> list[ColumnElement[bool]]:
    key = resources.c.key
    parts: list[ColumnElement[bool]] = []
    if query.places is not None:
        parts.append(_within(connection, query.places))
    elif query.under:
        parts.append(under(key, query.under))
    if query.scopes is not None:
        parts.append(_within(connection, query.scopes))
    if query.taken:
        parts.append(not_(_within(connection, query.taken)))
    if query.hidden:
        each = array(connection, query.hidden)
        parts.append(key.not_in(select(each.c.value)))
    return parts


def _within(connection: Connection, scopes: Sequence[str]) -> ColumnElement[bool]:
    """Under any of the scopes."""
    each = array(connection, scopes)
    scope = each.c.value
    key = resources.c.key
    return (
        select(1)
        .select_from(each)
        .where(
            # The range takes in siblings such as `ws-2` beside `ws`; the last test drops them.
            key >= scope,
            key < scope.concat("0"),
            or_(key == scope, func.substr(key, func.length(scope) + 1, 1) == "/"),
        )
        .exists()
    )


def _names(connection: Connection, ids: Collection[str]) -> ColumnElement[bool]:
    """Any of the ids is among the row's parties."""
    wanted = array(connection, sorted(ids))
    if connection.dialect.name == "sqlite":
        parties = func.json_each(resources.c.document, "$.properties.parties")
    else:
        parties = func.json_array_elements_text(resources.c.document["properties"]["parties"])
    party = parties.table_valued("value", name="parties").c.value
    return select(1).where(party.in_(select(wanted.c.value))).exists()


def array(connection: Connection, words: Sequence[str]) -> TableValuedAlias:
    """Words as a table of one column, `value`. They travel as one JSON array: SQLite refuses an
    expression of hundreds of parts, and one array is one prepared statement."""
    array = msgspec.json.encode(list(words)).decode()
    if connection.dialect.name == "sqlite":
        return func.json_each(array).table_valued("value", name="words")
    rows = func.json_array_elements_text(cast(literal(array), JSON))
    return rows.table_valued("value", name="words")


def _holds(connection: Connection, condition: Condition) -> ColumnElement[bool]:
    if not condition.path:
        tails = [f"/{str(value).lower()}" for value in condition.values]
        key = resources.c.key
        named: ColumnElement[bool] = or_(
            *(func.substr(key, func.length(key) - len(t) + 1) == t for t in tails)
        )
        return named
    found = at(connection, resources.c.document, condition.path)
    if not condition.values:
        present: ColumnElement[bool] = found.as_string().is_not(None)
        return present
    texts = [value.lower() for value in condition.values if isinstance(value, str)]
    flags = [value for value in condition.values if isinstance(value, bool)]
    among: ColumnElement[bool] = or_(
        func.lower(found.as_string()).in_(texts), *(found.as_boolean() == flag for flag in flags)
    )
    return among


def _page(found: Select[Any], query: Query) -> Select[Any]:
    c = resources.c
    if query.newest_first:
        if query.after:
            found = found.where(tuple_(c.created_at, c.key) < tuple_(*query.after))
        return found.order_by(c.created_at.desc(), c.key.desc()).limit(query.limit)
    if query.after:
        found = found.where(c.key > query.after[1])
    return found.order_by(c.key).limit(query.limit)


def _row(resource: Resource) -> dict[str, Any]:
    return {
        "key": resource.id.key,
        "type": resource.type.lower(),
        "id": str(resource.id),
        "etag": resource.etag,
        "state": resource.state,
        "document": resource.document,
        "created_by": resource.created.by,
        "created_kind": resource.created.kind,
        "created_at": resource.created.at,
        "created_id": resource.created.id,
        "modified_by": resource.modified.by,
        "modified_kind": resource.modified.kind,
        "modified_at": resource.modified.at,
        "modified_id": resource.modified.id,
    }


def _resource(row: Row[Any]) -> Resource:
    return Resource(
        id=_parsed(row.id),
        document=row.document,
        created=Stamp(row.created_by, row.created_kind, row.created_at, row.created_id),
        modified=Stamp(row.modified_by, row.modified_kind, row.modified_at, row.modified_id),
        etag=row.etag,
        state=row.state,
    )
