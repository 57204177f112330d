"""The directory: people, groups and programs, and the caller that each of them is."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from msgspec import UNSET, UnsetType

from ..core.access import Caller, Grant, Rights
from ..core.errors import Unauthenticated
from ..core.guests import GUEST, Guest
from ..core.principals import Kind, Principal
from ..core.provisioned import Source
from ..store import guests, principals, provisioned
from ..store.database import Database
from . import guest_rules, ownership
from .changes import Changes, get
from .generation import Clock, Generation
from .stays import Stay, among, stay_of

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
        self._known_guests: tuple[int, frozenset[str]] = (0, frozenset())

    def caller(self, object_id: str) -> Caller | None:
        """The principal with all that it may do now. None if unknown, disabled, a group, or a
        guest whose stay is over."""
        try:
            return self.admitted(object_id)
        except Unauthenticated:
            return None

    def admitted(self, object_id: str) -> Caller:
        """The same; raises Unauthenticated, which says why."""
        stamp = self.stamp()
        known = self._callers.get(object_id)
        if known is not None and known[0] == stamp and self._clock() < known[1].ends:
            return known[1]
        caller = self._work_out(object_id)
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
        guest: Guest | UnsetType | None = UNSET,
    ) -> tuple[Principal, bool]:
        """Make the principal or change it; what is None stays. True when it is new.

        `object_id` (a GUID) is what it gets when it is made; Conflict where it has another one.
        `guest` unset stays as it is; None makes it one of the house.
        """
        with self.changing() as changes:
            return changes.put(kind, name, display_name, enabled, object_id, guest)

    def put_group(
        self,
        name: str,
        display_name: str | None = None,
        members: Collection[str] | None = None,
        object_id: str | None = None,
        guest: Guest | UnsetType | None = UNSET,
    ) -> tuple[Principal, bool]:
        """`members` by name: exactly these are in the group afterwards. None leaves them."""
        with self.changing() as changes:
            return changes.put_group(name, display_name, members, object_id, guest)

    @contextmanager
    def changing(self) -> Iterator[Changes]:
        """Many changes in one transaction. One that is refused undoes none of the others."""
        with self.generation.changing() as connection:
            yield Changes(connection, self._grants.of, self._clock)

    def get(self, kind: Kind, name: str) -> Principal:
        with self._database.read() as connection:
            return get(connection, kind, name)

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

    def names_in(self, groups: Iterable[Principal]) -> dict[str, list[str]]:
        """By a group's id, the names of those directly in it."""
        with self._database.read() as connection:
            return principals.names_in(connection, [group.id for group in groups])

    def named(self, kind: Kind, names: Collection[str]) -> list[Principal]:
        """Those of the names that are there, and of the kind."""
        with self._database.read() as connection:
            found = principals.by_names(connection, names)
        return [each for each in found if each.kind == kind]

    def groups_of(self, object_id: str) -> frozenset[str]:
        """The ids of all groups the principal is in, groups in groups included."""
        with self._database.read() as connection:
            return principals.groups_of(connection, object_id)

    def delete(self, kind: Kind, name: str) -> None:
        """With its secrets, its sessions and its memberships."""
        with self.generation.changing() as connection:
            principal = get(connection, kind, name)
            ownership.hold(connection, principal, "existence")
            principals.remove(connection, principal.id)

    def guests(self, among: Iterable[Principal]) -> dict[str, Guest]:
        """What makes those of them guests who are so by themselves; by object id."""
        with self._database.read() as connection:
            found = guests.among(connection, {principal.id for principal in among})
        return {known.id: known.guest for known in found}

    def owners(self, among: Iterable[Principal]) -> dict[str, Source]:
        """Who elsewhere owns those of them that are not owned here; by object id."""
        with self._database.read() as connection:
            return provisioned.among(connection, {principal.id for principal in among})

    def stay(self, object_id: str) -> Stay | None:
        """What being a guest comes to, groups included. None for who is no guest."""
        with self._database.read() as connection:
            return stay_of(connection, object_id)

    def hold_grant(self, object_id: str, scope: str) -> None:
        """Raises Conflict where a role for the principal would reach beyond a guest's scopes."""
        if not self._all_guests():
            return
        with self._database.read() as connection:
            principal = principals.by_id(connection, object_id)
            if principal is not None:
                guest_rules.hold_grant(connection, principal, scope)

    def _all_guests(self) -> frozenset[str]:
        """The ids of all who are guests; from memory while the directory stays as it is."""
        now = self.generation.current()
        if self._known_guests[0] != now:
            with self._database.read() as connection:
                self._known_guests = (now, guests.everyone(connection))
        return self._known_guests[1]

    def _work_out(self, object_id: str) -> Caller:
        with self._database.read() as connection:
            principal = principals.by_id(connection, object_id)
            held = frozenset({object_id, *principals.groups_of(connection, object_id)})
            stay = among(connection, held)
        if principal is None or not principal.enabled or principal.kind == "Group":
            raise Unauthenticated(
                f"The principal `{object_id}` of the access token does not exist or is disabled."
            )
        rights = Rights(self._grants.of(held))
        if stay is None:
            return Caller(principal.id, principal.name, principal.kind, rights)
        stay.hold(self._clock())
        # Whatever was given, by whatever way: a guest has it in their scopes alone.
        bounded = rights.within_any(stay.scopes, GUEST)
        return Caller(principal.id, principal.name, principal.kind, bounded, ends=stay.ends)
