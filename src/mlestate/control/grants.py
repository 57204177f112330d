"""Who holds which role where, and who is denied what: from the estate's database, in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping

from ..catalog.denials import deny_assignment
from ..core.access import Denial, Grant, Role
from ..core.denials import DENIAL
from ..core.ids import ResourceId
from ..core.resource import Resource
from ..core.rights import EVERYONE
from ..store.cells import Cells
from ..store.resources import Condition, Query, Resources
from .held import ASSIGNMENTS, DEFINITIONS, DENIALS, Everything, Held

# Whoever writes one of these tells it here.
HELD = frozenset(kind.lower() for kind in (DEFINITIONS, ASSIGNMENTS, DENIALS, DENIAL))


class Grants:
    """`builtin` maps a role's GUID to the role. After every write of one of `HELD` `written` is to
    be called, and after all else that alters them `changed`.

    Each change has a number, and so has each principal: the last change that was about them.
    """

    def __init__(self, cells: Cells, builtin: Mapping[str, Role]):
        self._cells, self._builtin = cells, builtin
        self._lock = threading.Lock()
        self._generation = 0
        self._held: Held | None = None
        self._stale: set[str] = set()
        self._touched: dict[str, int] = {}

    def generation(self) -> int:
        """Another number whenever the answers may have changed."""
        return self._generation

    def changed(self) -> None:
        """The next question reads all of them anew."""
        with self._lock:
            self._generation += 1
            self._held = None

    def written(self, ids: Iterable[ResourceId]) -> None:
        """The next question reads these anew; whether they were made, changed or removed."""
        keys = [_held_as(id).key for id in ids]
        with self._lock:
            self._generation += 1
            self._stale.update(keys)

    def of(self, principals: frozenset[str]) -> list[Grant]:
        """The grants of any of the object ids."""
        with self._lock:
            return list(self._load().grants(principals))

    def denials(self, principals: frozenset[str]) -> list[Denial]:
        """What is denied to somebody who has these object ids."""
        with self._lock:
            return list(self._load().denials(principals))

    def everything(self) -> Everything:
        """All that there is, for who asks about everybody."""
        with self._lock:
            return self._load().everything()

    def same_since(self, generation: int, principals: Iterable[str]) -> bool:
        """Whether nothing about any of the object ids changed after that generation."""
        with self._lock:
            self._load()
            touched = self._touched
            if touched.get(EVERYONE, 0) > generation:
                return False
            return all(touched.get(id.lower(), 0) <= generation for id in principals)

    def _load(self) -> Held:
        stale, self._stale = self._stale, set()
        try:
            if self._held is None:
                self._held = self._read()
                self._touch({EVERYONE})
            elif stale:
                self._touch(self._read_again(self._held, stale))
        except BaseException:
            # The database was away: nothing that may be too old is believed afterwards.
            self._held = None
            raise
        return self._held

    def _touch(self, principals: Iterable[str]) -> None:
        self._touched.update(dict.fromkeys(principals, self._generation))

    def _read(self) -> Held:
        held = Held(self._builtin)
        with self._cells.estate.read() as connection:
            store = Resources(connection)
            for kind in (DEFINITIONS, ASSIGNMENTS, DENIALS):
                for resource in every(store, kind):
                    held.put(resource)
        return held

    def _read_again(self, held: Held, keys: set[str]) -> set[str]:
        """Those whom it is about."""
        with self._cells.estate.read() as connection:
            there = Resources(connection).several(list(keys))
        touched: set[str] = set()
        for key in keys:
            touched |= held.put(there[key]) if key in there else held.drop(key)
        return touched


def _held_as(id: ResourceId) -> ResourceId:
    """A denial is held as the deny assignment that stands beside it."""
    return deny_assignment(id) if id.type.lower() == DENIAL.lower() else id


def every(store: Resources, kind: str, where: tuple[Condition, ...] = ()) -> Iterator[Resource]:
    """All of a type, a thousand at a time."""
    after: tuple[float, str] | None = None
    while True:
        rows = store.list(Query(type=kind, where=where, after=after, limit=1000))
        yield from rows
        if len(rows) < 1000:
            return
        after = (rows[-1].created.at, rows[-1].id.key)
