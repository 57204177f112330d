"""The directory: people, groups and programs, and the caller that each of them is."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from ..core.access import Caller, Grant, Rights
from ..core.principals import Kind, Principal
from ..store import principals
from ..store.database import Database
from .changes import Changes, get
from .generation import Clock, Generation

_KNOWN_CALLERS = 10_000


class Grants(Protocol):
    """Who holds which role where; kept by another room, as role assignments."""

    def of(self, principal_ids: frozenset[str]) -> list[Grant]:
        """Every grant to one of these principals."""

    def generation(self) -> int:
        """Grows, before a change is answered, with each change of a grant or a role.

        Asked on every request, so it answers from memory.
        """


class Stamp(NamedTuple):
    """What the directory and the grants were when something was worked out from them."""

    directory: int
    grants: int


class Directory:
    def __init__(
        self, database: Database, grants: Grants, clock: Clock, generation: Generation | None = None
    ):
        with database.write() as connection:
            self.tenant = principals.found(connection, str(uuid.uuid4()))
        self.generation = generation or Generation(database, clock)
        self._database, self._grants, self._clock = database, grants, clock
        self._callers: dict[str, tuple[Stamp, Caller]] = {}

    def caller(self, object_id: str) -> Caller | None:
        """The principal with all that it may do now. None if unknown, disabled, or a group."""
        stamp = self.stamp()
        known = self._callers.get(object_id)
        if known is not None and known[0] == stamp:
            return known[1]
        caller = self._work_out(object_id)
        if caller is not None:
            # When full it starts over: cheaper than keeping order, and rare.
            if len(self._callers) >= _KNOWN_CALLERS:
                self._callers.clear()
            self._callers[object_id] = (stamp, caller)
        return caller

    def stamp(self) -> Stamp:
        return Stamp(self.generation.current(), self._grants.generation())

    def peek(self) -> Stamp | None:
        """The stamp, or None when the database has to be asked for it."""
        directory = self.generation.peek()
        return None if directory is None else Stamp(directory, self._grants.generation())

    def put(
        self,
        kind: Kind,
        name: str,
        display_name: str | None = None,
        enabled: bool | None = None,
        object_id: str | None = None,
    ) -> tuple[Principal, bool]:
        """Make the principal or change it; what is None stays. True when it is new.

        `object_id` (a GUID) is what it gets when it is made; Conflict where it has another one.
        """
        with self.changing() as changes:
            return changes.put(kind, name, display_name, enabled, object_id)

    def put_group(
        self,
        name: str,
        display_name: str | None = None,
        members: Collection[str] | None = None,
        object_id: str | None = None,
    ) -> tuple[Principal, bool]:
        """`members` by name: exactly these are in the group afterwards. None leaves them."""
        with self.changing() as changes:
            return changes.put_group(name, display_name, members, object_id)

    @contextmanager
    def changing(self) -> Iterator[Changes]:
        """Many changes in one transaction. One that is refused undoes none of the others."""
        with self.generation.changing() as connection:
            yield Changes(connection, self._clock)

    def get(self, kind: Kind, name: str) -> Principal:
        with self._database.read() as connection:
            return get(connection, kind, name)

    def named(self, kind: Kind, names: Collection[str]) -> list[Principal]:
        """Those of the names that are there, and of the kind."""
        with self._database.read() as connection:
            found = principals.by_names(connection, names)
        return [each for each in found if each.kind == kind]

    def by_id(self, object_id: str) -> Principal | None:
        with self._database.read() as connection:
            return principals.by_id(connection, object_id)

    def page(self, kind: Kind, after: str = "", limit: int = 100) -> list[Principal]:
        """By name, those behind the name `after`."""
        with self._database.read() as connection:
            return principals.page(connection, kind, after, limit)

    def members(self, group: Principal) -> list[Principal]:
        """Those directly in the group."""
        with self._database.read() as connection:
            return principals.members(connection, group.id)

    def names_in(self, *groups: Principal) -> dict[str, list[str]]:
        """By a group's id, the names of those directly in it."""
        ids = [group.id for group in groups if group.kind == "Group"]
        if not ids:
            return {}
        with self._database.read() as connection:
            return principals.names_in(connection, ids)

    def groups_of(self, object_id: str) -> frozenset[str]:
        """The ids of all groups the principal is in, groups in groups included."""
        with self._database.read() as connection:
            return principals.groups_of(connection, object_id)

    def delete(self, kind: Kind, name: str) -> None:
        """With its secrets, its sessions and its memberships."""
        with self.generation.changing() as connection:
            principals.remove(connection, get(connection, kind, name).id)

    def _work_out(self, object_id: str) -> Caller | None:
        with self._database.read() as connection:
            principal = principals.by_id(connection, object_id)
            groups = principals.groups_of(connection, object_id)
        if principal is None or not principal.enabled or principal.kind == "Group":
            return None
        rights = Rights(self._grants.of(frozenset({principal.id, *groups})))
        return Caller(principal.id, principal.name, principal.kind, rights)
