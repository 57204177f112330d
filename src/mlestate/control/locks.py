"""What is locked: asked in one place, before every write, removal and action of the engine."""

from __future__ import annotations

import threading

from ..core import ids
from ..core.access import ancestors
from ..core.errors import Conflict
from ..core.ids import ResourceId
from ..core.resource import Resource
from ..store.cells import Cells
from ..store.resources import Query, Resources

LOCKS = "Microsoft.Authorization/locks"
READ_ONLY = "ReadOnly"
_MANY = 1_000_000


class Locks:
    """All locks of the estate, kept in memory: their ids by what they stand on.

    Memory may know more than there is, never less: before anything is refused it is looked up.
    """

    def __init__(self, cells: Cells):
        self._cells, self._guard = cells, threading.Lock()
        self._noted: set[ResourceId] = set()
        self._held: dict[str, dict[ResourceId, str]] | None = None
        self._changes = 0

    def note(self, lock: ResourceId) -> None:
        """It is written or removed in a transaction that is under way."""
        with self._guard:
            self._noted.add(lock)

    def changed(self) -> None:
        """To be called after each commit of a lock; what was noted holds from here on."""
        with self._guard:
            self._changes += 1
            noted, self._noted = self._noted, set()
            if not noted:
                self._held = None
            if self._held is not None:
                for lock in noted:
                    # As the strictest that it may be, until somebody runs into it.
                    _remember(self._held, lock, READ_ONLY)

    def hold(self, id: ResourceId, verb: str) -> None:
        """Raise Conflict where a lock stands against it. `verb` is write, delete or action.

        A lock holds for what it stands on and for all below; and no removal takes away what stands
        above a lock. Locks themselves come and go: whoever may write them, may.
        """
        if id.type.lower() == LOCKS.lower():
            return
        against = [lock for lock in self._about(id.key, verb) if self._forbids(lock, verb)]
        if against:
            scopes = ", ".join(dict.fromkeys(f"'{lock.parent}'" for lock in against))
            raise Conflict(
                f"The scope '{id}' cannot perform {verb} operation because following scope(s) are "
                f"locked: {scopes}. Please remove the lock and try again.",
                code="ScopeLocked",
                target=str(id),
            )

    def _about(self, key: str, verb: str) -> list[ResourceId]:
        """Those that would forbid it, as far as memory goes."""
        with self._guard:
            if self._held is None:
                self._held = self._read()
            held = self._held
            near = [held[scope] for scope in ancestors(key) if scope in held]
            if verb == "delete" and held:
                near += [held[scope] for scope in held if scope.startswith(f"{key}/")]
            return [lock for each in near for lock in each if _stands(each[lock], verb)]

    def _forbids(self, lock: ResourceId, verb: str) -> bool:
        before = self._changes
        with self._cells.estate.read() as connection:
            found = Resources(connection).load(lock.key)
        level = _level(found) if found else ""
        with self._guard:
            if self._held is not None and self._changes == before:
                _remember(self._held, lock, level)
        return _stands(level, verb)

    def _read(self) -> dict[str, dict[ResourceId, str]]:
        held: dict[str, dict[ResourceId, str]] = {}
        with self._cells.estate.read() as connection:
            for lock in Resources(connection).list(Query(type=LOCKS, limit=_MANY)):
                _remember(held, ids.parse(str(lock.id)), _level(lock))
        return held


def _remember(held: dict[str, dict[ResourceId, str]], lock: ResourceId, level: str) -> None:
    here = held.setdefault(lock.parent.key, {})
    here.pop(lock, None)
    if level:
        here[lock] = level
    if not here:
        del held[lock.parent.key]


def _level(lock: Resource) -> str:
    return str(lock.properties.get("level"))


def _stands(level: str, verb: str) -> bool:
    return level == READ_ONLY or (bool(level) and verb == "delete")
