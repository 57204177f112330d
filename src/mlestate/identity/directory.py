"""The directory: people, groups and programs, and the caller that each of them is."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterable
from typing import NamedTuple, Protocol

from msgspec import UNSET, UnsetType

from ..core.access import Caller, Grant, Rights
from ..core.errors import Conflict, Invalid, NotFound, Unauthenticated
from ..core.guests import GUEST, Guest
from ..core.principals import Kind, Principal
from ..store import guests, principals
from ..store.database import Database
from ..store.principals import Connection
from . import guest_rules
from .generation import Clock, Generation
from .stays import Stay, among, stay_of

_NAME = re.compile(r"[\w][\w.@+-]{0,127}")
_KNOWN_CALLERS = 10_000


class Grants(Protocol):
    """Who holds which role where; kept by another room, as role assignments."""

    def of(self, principal_ids: frozenset[str]) -> list[Grant]:
        """Every grant to one of these principals."""

    def generation(self) -> int:
        """Grows, before a change is answered, with each change of a grant or a role.

        Asked on every request, so it answers from memory.
        """


_WORDS: dict[Kind, str] = {
    "User": "user",
    "Group": "group",
    "ServicePrincipal": "service-principal",
}


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
        checked(name)
        with self.generation.changing() as connection:
            made = self._put(connection, kind, name, display_name, enabled, object_id)
            if guest is not UNSET:
                self._set_guest(connection, made[0], guest)
            return made

    def put_group(
        self,
        name: str,
        display_name: str | None = None,
        members: Collection[str] | None = None,
        object_id: str | None = None,
        guest: Guest | UnsetType | None = UNSET,
    ) -> tuple[Principal, bool]:
        """`members` by name: exactly these are in the group afterwards. None leaves them."""
        checked(name)
        with self.generation.changing() as connection:
            before = guests.everyone(connection)
            group, is_new = self._put(connection, "Group", name, display_name, None, object_id)
            if guest is not UNSET:
                self._set_guest(connection, group, guest)
            if members is not None:
                ids = [member.id for member in _all_named(connection, members)]
                principals.set_members(connection, group.id, ids)
            guest_rules.hold_group(connection, group, before, self._grants.of)
            return group, is_new

    def get(self, kind: Kind, name: str) -> Principal:
        with self._database.read() as connection:
            return _get(connection, kind, name)

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

    def groups_of(self, object_id: str) -> frozenset[str]:
        """The ids of all groups the principal is in, groups in groups included."""
        with self._database.read() as connection:
            return principals.groups_of(connection, object_id)

    def delete(self, kind: Kind, name: str) -> None:
        """With its secrets, its sessions and its memberships."""
        with self.generation.changing() as connection:
            principals.remove(connection, _get(connection, kind, name).id)

    def guests(self, among: Iterable[Principal]) -> dict[str, Guest]:
        """What makes those of them guests who are so by themselves; by object id."""
        with self._database.read() as connection:
            found = guests.among(connection, {principal.id for principal in among})
        return {known.id: known.guest for known in found}

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

    def _set_guest(
        self, connection: Connection, principal: Principal, wanted: Guest | None
    ) -> None:
        sponsor = principal
        if wanted is not None:
            wanted, sponsor = guest_rules.checked(connection, principal, wanted, self._clock())
            guest_rules.hold_no_sponsor(principal, guests.sponsors(connection))
        # Scopes that fit nothing that it holds, or is in, are taken: a file changes step by step,
        # and meanwhile there is just less to do.
        guests.put(connection, principal.id, wanted, sponsor.id)

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

    def _put(
        self,
        connection: Connection,
        kind: Kind,
        name: str,
        display_name: str | None,
        enabled: bool | None,
        object_id: str | None,
    ) -> tuple[Principal, bool]:
        known = principals.by_name(connection, name)
        if known is None:
            return self._add(connection, kind, name, display_name, enabled, object_id), True
        if known.kind != kind:
            raise Conflict(f"`{name}` is already the name of a {known.kind}. Choose another name.")
        if object_id is not None and object_id.lower() != known.id:
            raise Conflict(
                f"`{name}` has the object id `{known.id}` already. Choose another name, or delete "
                f"this one first: `mlestate delete {_WORDS[kind]} {name}`."
            )
        display_name = known.display_name if display_name is None else display_name
        enabled = known.enabled if enabled is None else enabled
        principals.change(connection, known.id, name, display_name, enabled)
        return _get(connection, kind, name), False

    def _add(
        self,
        connection: Connection,
        kind: Kind,
        name: str,
        display_name: str | None,
        enabled: bool | None,
        wanted_id: str | None,
    ) -> Principal:
        object_id = _free_id(connection, wanted_id)
        principal = Principal(
            id=object_id,
            kind=kind,
            name=name,
            # A program is registered apart from its principal, as in Entra; a person is not.
            client_id=str(uuid.uuid4()) if kind == "ServicePrincipal" else object_id,
            display_name=name if display_name is None else display_name,
            enabled=enabled is not False,
            created=self._clock(),
        )
        principals.add(connection, principal)
        return principal


def _free_id(connection: Connection, wanted: str | None) -> str:
    """The wanted object id, if it is a GUID that nobody has; a fresh one where none is wanted."""
    if wanted is None:
        return str(uuid.uuid4())
    if not _is_guid(wanted):
        raise Invalid(f"`{wanted}` is no object id: it must be a GUID.", target="objectId")
    object_id = str(uuid.UUID(wanted))
    if principals.by_id(connection, object_id) is not None:
        raise Conflict(f"The object id `{object_id}` is taken.")
    return object_id


def checked(name: str) -> str:
    """The name, if it can be one."""
    if not _NAME.fullmatch(name):
        raise Invalid(
            f"`{name}` cannot be a name: up to 128 letters, digits, `.`, `_`, `@`, `+` and `-`, "
            "and no mark first.",
            target="name",
        )
    if _is_guid(name):
        raise Invalid(f"`{name}` cannot be a name: it looks like an object id.", target="name")
    return name


def _is_guid(name: str) -> bool:
    try:
        uuid.UUID(name)
    except ValueError:
        return False
    return True


def _get(connection: Connection, kind: Kind, name: str) -> Principal:
    principal = principals.by_name(connection, name)
    if principal is None or principal.kind != kind:
        raise NotFound(f"There is no {kind} `{name}`.")
    return principal


def _all_named(connection: Connection, names: Collection[str]) -> list[Principal]:
    found = principals.by_names(connection, names)
    known = {principals.key(principal.name) for principal in found}
    missing = [name for name in names if principals.key(name) not in known]
    if missing:
        raise Invalid(
            "These members are not in the directory: "
            + ", ".join(f"`{name}`" for name in missing)
            + ". Make them first.",
            target="members",
        )
    return found
