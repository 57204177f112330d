"""The databases of an estate: one for what is global, one per region, and the directory between.

No transaction spans two databases. A name is reserved in the directory first, then the resource is
written in its cell; what a crash left in between is put right by `settle` at start.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

import msgspec
from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError

from ..core.errors import Conflict, Invalid
from . import resources, schema
from .database import Database
from .directory_tables import directory, names
from .prepare import prepare
from .resources import under

ESTATE = ""  # the region word of the estate's own database
# Made once: to put a statement together takes longer than to run it.
_REGION = select(directory.c.region).where(directory.c.key == bindparam("sought"))
_OWNER = select(names.c.key).where(
    names.c.word == bindparam("of"), names.c.name == bindparam("sought")
)
_PLACE = insert(directory)
_NAME = insert(names)


class Place(msgspec.Struct, frozen=True):
    """Of a top-level resource: its key, its region, and its name where names of a `word` are
    unique."""

    key: str
    region: str
    word: str = ""
    name: str = ""


class Cells:
    """`regions` maps a region's name, such as `westeurope`, to its database."""

    def __init__(self, estate: Database, regions: Mapping[str, Database]):
        self.estate, self.regions = estate, dict(regions)
        self._known: dict[str, str] = {}
        # Held by whoever makes or removes a top-level resource, from its place in the directory to
        # its row in the cell: nobody else finds the one without the other.
        self.placing = threading.RLock()

    def create(self) -> None:
        """Make or migrate the tables. Raises Unavailable where a newer program made them."""
        prepare(self.estate, schema.ESTATE)
        for database in self.regions.values():
            prepare(database, schema.REGION)

    def open(self, region: str, database: Database) -> None:
        """One more region, from now on. The mapping is a new one: others read the old meanwhile."""
        prepare(database, schema.REGION)
        self.regions = {**self.regions, region: database}

    def all(self) -> list[Database]:
        return [self.estate, *self.regions.values()]

    def named(self, region: str) -> Database:
        """The database of a region; the estate's own for the empty word."""
        if region == ESTATE:
            return self.estate
        found = self.regions.get(region)
        if found is None:
            known = ", ".join(sorted(self.regions)) or "none"
            raise Invalid(
                f"this estate has no region `{region}`; it has: {known}."
                " Allow it in `regions` of the estate's file",
                code="LocationNotAvailableForResourceType",
                target="$.location",
            )
        return found

    def region_of(self, key: str) -> str | None:
        """The region that holds a top-level resource, by the key of its id."""
        region = self._known.get(key)
        if region is None:
            with self.estate.read() as connection:
                region = connection.execute(_REGION, {"sought": key}).scalar_one_or_none()
            if region is not None:
                self._known[key] = region
        return region

    def regions_of(self, keys: Collection[str]) -> dict[str, str]:
        """The regions of many at once, of those that have one."""
        unknown = [key for key in set(keys) if key not in self._known]
        if unknown:
            with self.estate.read() as connection:
                self._known |= _regions(connection, unknown)
        return {key: self._known[key] for key in keys if key in self._known}

    def regions_under(self, scope: str) -> set[str]:
        """The regions that hold anything at or below a scope."""
        with self.estate.read() as connection:
            found = select(directory.c.region).where(under(directory.c.key, scope)).distinct()
            return set(connection.execute(found).scalars())

    def owner(self, word: str, name: str) -> str | None:
        """The key of the resource that has taken a name."""
        with self.estate.read() as connection:
            sought = {"of": word, "sought": name.lower()}
            return connection.execute(_OWNER, sought).scalar_one_or_none()

    @contextmanager
    def reserved(self, key: str, region: str, word: str, name: str, now: float) -> Iterator[None]:
        """A top-level resource's place, given back when what is done in it fails."""
        self.reserve(key, region, word, name, now)
        try:
            yield
        except BaseException:
            self.release(key)
            raise

    def reserve(self, key: str, region: str, word: str, name: str, now: float) -> None:
        """Take the place of a top-level resource, and its name where names are unique.

        Again is harmless. Raises Conflict where another resource has the name.
        """
        try:
            with self.estate.turn() as connection:
                if not _place(connection, key, region, now) or not word:
                    return
                taken = {"word": word, "name": name.lower(), "key": key}
                connection.execute(_NAME, taken)
        except IntegrityError:
            raise Conflict(
                f"the name `{name}` is taken: choose another one",
                code="StorageAccountAlreadyTaken" if word == "storage" else "NameAlreadyTaken",
                target="name",
            ) from None

    def reserve_all(self, places: Sequence[Place], now: float) -> set[str]:
        """Take many places at once; the keys of those that are not, because the name is taken."""
        if not places:
            return set()
        with self.estate.turn() as connection:
            there = _regions(connection, [place.key for place in places])
            new = [place for place in places if place.key not in there]
            taken = _take_names(connection, new)
            rows = [
                {"key": place.key, "region": place.region, "reserved_at": now}
                for place in new
                if place.key not in taken
            ]
            if rows:
                connection.execute(_PLACE, rows)
        return taken

    def release(self, *scopes: str) -> None:
        """Give back the places and names of everything at or below these scopes."""
        if not scopes:
            return
        with self.estate.turn() as connection:
            for scope in scopes:
                _drop(connection, scope)
        for scope in scopes:
            self._unknow(scope)

    def _unknow(self, scope: str) -> None:
        self._known = {k: v for k, v in self._known.items() if not _covers(scope, k)}

    def settle(self, regions: Collection[str]) -> list[str]:
        """Give back the places in these regions that hold nothing, with all that the estate's own
        cell has there; the keys. Only while nobody writes: a place is taken before it is filled."""
        with self.estate.read() as connection:
            rows = connection.execute(select(directory)).all()
        placed: dict[str, list[str]] = {}
        for row in rows:
            if row.region in regions:
                placed.setdefault(row.region, []).append(row.key)
        lost = [key for region, keys in placed.items() for key in self._empty(region, keys)]
        for key in lost:
            self.forget(key)
        return lost

    def forget(self, key: str) -> None:
        """What the directory and the estate's own cell know of a resource that is gone."""
        with self.estate.turn() as connection:
            resources.Resources(connection).drop_tree(key)
            _drop(connection, key)
        self._unknow(key)

    def _empty(self, region: str, keys: list[str]) -> list[str]:
        """Of these places of a region, those where nothing is."""
        with self.named(region).read() as connection:
            there = resources.Resources(connection).present(keys)
        return [key for key in keys if key not in there]

    def close(self) -> None:
        for database in self.all():
            database.close()


def _place(connection: Connection, key: str, region: str, now: float) -> bool:
    """True when the place was free until now."""
    if connection.execute(_REGION, {"sought": key}).first() is not None:
        return False
    connection.execute(_PLACE, {"key": key, "region": region, "reserved_at": now})
    return True


def _regions(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    """Of those that have a place."""
    each = resources.array(connection, keys)
    found = select(directory.c.key, directory.c.region).where(
        directory.c.key.in_(select(each.c.value))
    )
    return {row.key: row.region for row in connection.execute(found)}


def _take_names(connection: Connection, places: Sequence[Place]) -> set[str]:
    """The keys of those whose name somebody else has."""
    named = [place for place in places if place.word]
    each = resources.array(connection, [place.name.lower() for place in named])
    found = select(names.c.word, names.c.name).where(names.c.name.in_(select(each.c.value)))
    taken = {(row.word, row.name) for row in connection.execute(found)}
    refused = set[str]()
    rows = []
    for place in named:
        one = (place.word, place.name.lower())
        if one in taken:
            refused.add(place.key)
            continue
        taken.add(one)
        rows.append({"word": place.word, "name": place.name.lower(), "key": place.key})
    if rows:
        connection.execute(_NAME, rows)
    return refused


def _drop(connection: Connection, scope: str) -> None:
    for table in (names, directory):
        connection.execute(delete(table).where(under(table.c.key, scope)))


def _covers(scope: str, key: str) -> bool:
    return key == scope or key.startswith(scope + "/")
