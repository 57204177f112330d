"""The world that questions about access are answered from: everybody, and all that was given."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping

import msgspec

from ...control.grants import ASSIGNMENTS, DEFINITIONS, role_guid
from ...control.plane import Plane
from ...core.answers.world import Assignment, Bound, World
from ...core.resource import Resource
from ...core.rights import Permission, Role
from ...identity.directory import Directory, Everybody, Stamp
from ...store.resources import Query, Resources

_PAGE = 1000


class Worlds:
    """Implements the port of `control.answering`. Kept while nobody and nothing given changes."""

    def __init__(
        self,
        plane: Plane,
        directory: Directory,
        builtin: Mapping[str, Role],
        clock: Callable[[], float],
    ):
        self._plane, self._directory = plane, directory
        self._builtin, self._clock = builtin, clock
        self._lock = threading.Lock()
        self._kept: tuple[Stamp, World] | None = None

    def now(self) -> World:
        stamp = self._directory.stamp()
        with self._lock:
            if self._kept is None or self._kept[0] != stamp:
                self._kept = (stamp, self._read())
            return self._kept[1].at(self._clock())

    def _read(self) -> World:
        everybody = self._directory.everybody()
        roles = {**self._builtin, **dict(self._custom())}
        return World(
            everybody.principals,
            everybody.members,
            self._assignments(roles),
            _bounds(everybody),
            self._clock(),
            roles,
        )

    def _custom(self) -> Iterator[tuple[str, Role]]:
        for definition in self._all(DEFINITIONS):
            said = definition.properties
            permissions = msgspec.convert(said.get("permissions", []), tuple[Permission, ...])
            guid = definition.name.lower()
            yield guid, Role(guid, str(said.get("roleName", guid)), permissions)

    def _assignments(self, roles: Mapping[str, Role]) -> Iterator[Assignment]:
        for each in self._all(ASSIGNMENTS):
            said = each.properties
            role = roles.get(role_guid(str(said.get("roleDefinitionId", ""))))
            if role is not None:
                principal = str(said["principalId"]).lower()
                yield Assignment(str(each.id), principal, str(each.id.parent), role)

    def _all(self, kind: str) -> Iterator[Resource]:
        after: tuple[float, str] | None = None
        while True:
            with self._plane.cells.estate.read() as connection:
                rows = Resources(connection).list(Query(type=kind, after=after, limit=_PAGE))
            yield from rows
            if len(rows) < _PAGE:
                return
            after = (rows[-1].created.at, rows[-1].id.key)


def _bounds(everybody: Everybody) -> dict[str, Bound]:
    return {
        each.id: Bound(each.guest.scopes, each.guest.ends, each.sponsored)
        for each in everybody.guests
    }
