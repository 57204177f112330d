"""What a PUT of a principal changes, within a transaction of the directory."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from msgspec import UNSET, UnsetType

from ..core.activity import By, Event
from ..core.errors import Conflict, Invalid, NotFound
from ..core.founders import MYSELF
from ..core.guests import Guest
from ..core.principals import LONGEST_DISPLAY_NAME, LONGEST_NAME, Kind, Principal
from ..core.provisioned import Source
from ..core.user_names import misleading
from ..store import guests, principals, provisioned, sessions
from ..store.database import attempt
from ..store.principals import Connection
from . import events, guest_rules, last_owner, ownership
from .generation import Clock
from .guest_rules import GrantsOf, IsThere
from .rings import ring

_NAME = re.compile(rf"[\w][\w.@+-]{{0,{LONGEST_NAME - 1}}}")
_WORDS: dict[Kind, str] = {
    "User": "user",
    "Group": "group",
    "ServicePrincipal": "service-principal",
}


class Changes:
    """Each is done whole or not at all, whatever becomes of the others."""

    def __init__(
        self,
        connection: Connection,
        grants: GrantsOf,
        clock: Clock,
        is_there: IsThere,
        by: By | None = None,
    ):
        self._connection, self._grants, self._clock = connection, grants, clock
        self._is_there = is_there
        self._by = by or By()
        self.events: list[Event] = []

    def put(
        self,
        kind: Kind,
        name: str,
        display_name: str | None = None,
        enabled: bool | None = None,
        object_id: str | None = None,
        guest: Guest | UnsetType | None = UNSET,
    ) -> tuple[Principal, bool]:
        checked(name)
        connection = self._connection
        with attempt(connection):
            made = self._put(connection, kind, name, display_name, enabled, object_id)
            if guest is not UNSET:
                with self._keeping_owner(made[0], guest is not None):
                    self._set_guest(connection, made[0], guest)
        self._say(*made)
        return made

    def put_group(
        self,
        name: str,
        display_name: str | None = None,
        members: Collection[str] | None = None,
        object_id: str | None = None,
        guest: Guest | UnsetType | None = UNSET,
    ) -> tuple[Principal, bool]:
        checked(name)
        connection = self._connection
        with attempt(connection):
            group, is_new = self._put(connection, "Group", name, display_name, None, object_id)
            named = _all_named(connection, members or ())
            ids = [member.id for member in named]
            before = guest_rules.guests_in(connection, [group.id, *ids])
            were = names = set(self.names_in([group]).get(group.id, ()))
            if members is not None and (text := ring(connection, group, ids)):
                raise Conflict(text, code="GroupInItself", target="members")
            with self._keeping_owner(group, bool(guest) or members is not None):
                if guest is not UNSET:
                    self._set_guest(connection, group, guest)
                if members is not None:
                    if principals.set_members(connection, group.id, ids):
                        ownership.hold_members(connection, group)
                    names = {member.name for member in named}
            guest_rules.hold_group(connection, group, before, self._grants)
        changed = {"added": tuple(sorted(names - were)), "removed": tuple(sorted(were - names))}
        self._say(group, is_new, **changed)
        return group, is_new

    def names_in(self, groups: Iterable[Principal]) -> dict[str, list[str]]:
        """By a group's id, the names of those directly in it now."""
        return principals.names_in(self._connection, [group.id for group in groups])

    def guests(self, some: Iterable[Principal]) -> dict[str, Guest]:
        """What makes those of them guests now who are so by themselves; by object id."""
        found = guests.among(self._connection, {principal.id for principal in some})
        return {known.id: known.guest for known in found}

    def _say(self, principal: Principal, is_new: bool, **known: Any) -> None:
        code = 201 if is_new else 200
        at = self._clock()
        said = events.of_principal(self._by, at, "write", principal, code=code, **known)
        self.events.append(said)

    def owners(self, some: Iterable[Principal]) -> dict[str, Source]:
        """Who elsewhere owns those of them that are not owned here; by object id."""
        return provisioned.among(self._connection, {principal.id for principal in some})

    def _keeping_owner(self, principal: Principal, at_stake: bool) -> AbstractContextManager[None]:
        """Raises Conflict where what is done within leaves nobody who may give rights."""
        if not at_stake:
            return nullcontext()
        return last_owner.removing(self._connection, principal, self._grants)

    def _set_guest(
        self, connection: Connection, principal: Principal, wanted: Guest | None
    ) -> None:
        sponsor = principal
        if wanted is not None:
            ownership.hold(connection, principal, "stay")
            wanted, sponsor = guest_rules.checked(
                connection, principal, wanted, self._clock(), self._is_there
            )
            guest_rules.hold_no_sponsor(principal, guests.sponsors(connection))
        # Scopes that fit nothing that it holds, or is in, are taken: a file changes step by step,
        # and meanwhile there is just less to do.
        guests.put(connection, principal.id, wanted, sponsor.id)

    def _put(
        self,
        connection: Connection,
        kind: Kind,
        name: str,
        display_name: str | None,
        enabled: bool | None,
        object_id: str | None,
    ) -> tuple[Principal, bool]:
        if display_name is not None and len(display_name) > LONGEST_DISPLAY_NAME:
            raise Invalid(
                f"`displayName` has up to {LONGEST_DISPLAY_NAME} characters: this one has "
                f"{len(display_name):,}",
                target="displayName",
            )
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
        if display_name != known.display_name:
            ownership.hold(connection, known, "displayName")
        if enabled != known.enabled:
            ownership.hold(connection, known, "active")
        with self._keeping_owner(known, known.enabled and not enabled):
            principals.change(connection, known.id, name, display_name, enabled)
        if known.enabled and not enabled:
            # Or who is enabled again would find the old ones good.
            sessions.end_sessions_of(connection, known.id, self._clock())
        return get(connection, kind, name), False

    def _add(
        self,
        connection: Connection,
        kind: Kind,
        name: str,
        display_name: str | None,
        enabled: bool | None,
        wanted_id: str | None,
    ) -> Principal:
        if why := misleading(name):
            raise Invalid(f"`{name}` cannot be a name: {why}.", target="name")
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
            f"`{name}` cannot be a name: up to {LONGEST_NAME} letters, digits, `.`, `_`, `@`, `+` "
            "and `-`, and no mark first.",
            target="name",
        )
    if name.lower() == MYSELF:
        raise Invalid(
            f"`{name}` cannot be a name: it is what everybody calls themselves.", target="name"
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


def get(connection: Connection, kind: Kind, name: str) -> Principal:
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
