"""Who holds which role where, from the role assignments of the estate, kept in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from ..core.access import Grant, Permission, Role
from ..core.ids import ResourceId
from ..core.resource import Resource
from ..store.cells import Cells
from ..store.resources import Condition, Query, Resources

ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
DEFINITIONS = "Microsoft.Authorization/roleDefinitions"


class Grants:
    """`builtin` maps a role's GUID to the role. After every write of assignments `written` is to be
    called, and after all else that alters them, or a definition, `changed`."""

    def __init__(self, cells: Cells, builtin: Mapping[str, Role]):
        self._cells, self._builtin = cells, builtin
        self._lock = threading.Lock()
        self._generation = 0
        self._held: Held | None = None
        self._stale: set[str] = set()

    def generation(self) -> int:
        """Another number whenever the answers may have changed."""
        return self._generation

    def changed(self) -> None:
        """The next question reads all of them anew."""
        with self._lock:
            self._generation += 1
            self._held = None

    def written(self, assignments: Iterable[ResourceId]) -> None:
        """The next question reads these anew; whether they were made, changed or removed."""
        with self._lock:
            self._generation += 1
            self._stale.update(id.key for id in assignments)

    def of(self, principals: frozenset[str]) -> list[Grant]:
        """The grants of any of the object ids."""
        with self._lock:
            held = self._load()
            return [grant for id in principals for grant in held.of(id.lower())]

    def _load(self) -> Held:
        stale, self._stale = self._stale, set()
        try:
            if self._held is None:
                self._held = self._read()
            elif stale:
                self._read_again(self._held, stale)
        except BaseException:
            # The database was away: nothing that may be too old is believed afterwards.
            self._held = None
            raise
        return self._held

    def _read(self) -> Held:
        with self._cells.estate.read() as connection:
            store = Resources(connection)
            held = Held({**self._builtin, **dict(custom_roles(store))})
            for assignment in every(store, ASSIGNMENTS):
                held.put(assignment)
        return held

    def _read_again(self, held: Held, keys: set[str]) -> None:
        with self._cells.estate.read() as connection:
            there = Resources(connection).several(list(keys))
        for key in keys:
            held.drop(key)
            if key in there:
                held.put(there[key])


class Held:
    """The grants by principal, each under the key of its assignment."""

    def __init__(self, roles: Mapping[str, Role]):
        self._roles = roles
        self._grants: dict[str, dict[str, Grant]] = {}
        self._holder: dict[str, str] = {}

    def of(self, principal: str) -> Iterable[Grant]:
        return self._grants.get(principal, {}).values()

    def put(self, assignment: Resource) -> None:
        said = assignment.properties
        role = self._roles.get(role_guid(str(said.get("roleDefinitionId", ""))))
        if role is None:
            return
        key, principal = assignment.id.key, str(said["principalId"]).lower()
        self._holder[key] = principal
        self._grants.setdefault(principal, {})[key] = Grant(assignment.id.parent.key, role)

    def drop(self, key: str) -> None:
        principal = self._holder.pop(key, None)
        if principal is not None:
            del self._grants[principal][key]


def role_guid(definition_id: str) -> str:
    """The last segment of a role definition's id, in lower case."""
    return definition_id.rpartition("/")[2].lower()


def custom_roles(store: Resources) -> Iterator[tuple[str, Role]]:
    """By their GUIDs."""
    for definition in every(store, DEFINITIONS):
        said = definition.properties
        permissions = msgspec.convert(said.get("permissions", []), tuple[Permission, ...])
        guid = definition.name.lower()
        yield guid, Role(guid, str(said.get("roleName", guid)), permissions)


def every(store: Resources, kind: str, where: tuple[Condition, ...] = ()) -> Iterator[Resource]:
    """All of a type, a thousand at a time."""
    after: tuple[float, str] | None = None
    while True:
        rows = store.list(Query(type=kind, where=where, after=after, limit=1000))
        yield from rows
        if len(rows) < 1000:
            return
        after = (rows[-1].created.at, rows[-1].id.key)
