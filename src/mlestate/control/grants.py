"""Who holds which role where, from the role assignments of the estate, kept in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping

import msgspec

from ..core.access import Grant, Permission, Role
from ..core.resource import Resource
from ..store.cells import Cells
from ..store.resources import Query, Resources

ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
DEFINITIONS = "Microsoft.Authorization/roleDefinitions"


class Grants:
    """`builtin` maps a role's GUID to the role. `changed` is to be called after every write of an
    assignment or a definition: the next question then reads them anew."""

    def __init__(self, cells: Cells, builtin: Mapping[str, Role]):
        self._cells, self._builtin = cells, builtin
        self._lock = threading.Lock()
        self._generation = 0
        self._held: dict[str, list[Grant]] | None = None

    def generation(self) -> int:
        """Another number whenever the answers may have changed."""
        return self._generation

    def changed(self) -> None:
        with self._lock:
            self._generation += 1
            self._held = None

    def of(self, principals: frozenset[str]) -> list[Grant]:
        """The grants of any of the object ids."""
        held = self._load()
        return [grant for id in principals for grant in held.get(id.lower(), ())]

    def _load(self) -> dict[str, list[Grant]]:
        with self._lock:
            if self._held is None:
                self._held = self._read()
            return self._held

    def _read(self) -> dict[str, list[Grant]]:
        held: dict[str, list[Grant]] = {}
        with self._cells.estate.read() as connection:
            store = Resources(connection)
            roles = {**self._builtin, **dict(_custom_roles(store))}
            for assignment in _all(store, ASSIGNMENTS):
                said = assignment.properties
                role = roles.get(role_guid(str(said.get("roleDefinitionId", ""))))
                if role is not None:
                    principal = str(said["principalId"]).lower()
                    scope = assignment.id.parent.key
                    held.setdefault(principal, []).append(Grant(scope, role))
        return held


def role_guid(definition_id: str) -> str:
    """The last segment of a role definition's id, in lower case."""
    return definition_id.rpartition("/")[2].lower()


def _custom_roles(store: Resources) -> Iterator[tuple[str, Role]]:
    for definition in _all(store, DEFINITIONS):
        said = definition.properties
        permissions = msgspec.convert(said.get("permissions", []), tuple[Permission, ...])
        guid = definition.name.lower()
        yield guid, Role(guid, str(said.get("roleName", guid)), permissions)


def _all(store: Resources, kind: str) -> Iterator[Resource]:
    after: tuple[float, str] | None = None
    while True:
        rows = store.list(Query(type=kind, after=after, limit=1000))
        yield from rows
        if len(rows) < 1000:
            return
        after = (rows[-1].created.at, rows[-1].id.key)
