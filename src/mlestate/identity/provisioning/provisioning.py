"""What a directory elsewhere does with its people and groups here: each change whole or not at
all, and in force at the next request."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import msgspec

from ...core.activity import By
from ...core.errors import Conflict, Invalid, NotFound, Unavailable
from ...core.principals import Kind, Principal
from ...core.provisioned import Provisioned
from ...core.scim.filters import Filter
from ...store import principals, provisioned, sessions
from ...store.activity import record
from ...store.database import Database
from ...store.principals import Connection
from ...store.provisioned_filters import condition
from .. import events, guest_rules
from ..generation import Clock, Generation
from ..guest_rules import GrantsOf
from ..ownership import may_take_over
from ..rings import ring
from .names import name_of, put_aside

COLLECTIONS: dict[Kind, str] = {"User": "users", "Group": "groups"}
_MOST_MEMBERS = 100_000
# How often a change is worked out anew because others were faster.
_TRIES = 5


class Wanted(msgspec.Struct, frozen=True):
    """A person or a group as the directory wants it; `members` are object ids."""

    handle: str
    external_id: str | None
    display_name: str
    enabled: bool
    document: Mapping[str, Any]
    members: tuple[str, ...] = ()


class Seen(msgspec.Struct, frozen=True):
    """As it is. `members` of a group, `groups` of a person: their ids, with
    kinds and names."""

    principal: Principal
    own: Provisioned
    members: list[tuple[str, Kind]] = []
    groups: list[tuple[str, str]] = []


class Provisioning:
    """`gone` is told who was taken away, once that holds."""

    def __init__(
        self,
        database: Database,
        generation: Generation,
        grants: GrantsOf,
        clock: Clock,
        gone: Callable[[str], object] = lambda object_id: None,
    ):
        self._database, self._generation = database, generation
        self._grants, self._clock, self.gone = grants, clock, gone

    def page(
        self, kind: Kind, wanted: Filter | None, offset: int, limit: int, members: bool = True
    ) -> tuple[list[Seen], int]:
        """Some of them, and how many there are."""
        where = condition(wanted, kind) if wanted is not None else None
        with self._database.read() as connection:
            count = provisioned.count(connection, kind, where)
            rows = provisioned.page(connection, kind, where, offset, limit) if limit else []
            return _seen(connection, rows, members), count

    def get(self, kind: Kind, object_id: str) -> Seen:
        with self._database.read() as connection:
            return _one(connection, kind, object_id)

    def create(self, by: By, kind: Kind, wanted: Wanted) -> Seen:
        with self._generation.changing() as connection:
            principal, created = self._made(connection, kind, wanted)
            moved = self._write(connection, principal, created, wanted)
            self._record(connection, by, "write", principal, code=201, **moved)
            return _one(connection, kind, principal.id)

    def change(self, by: By, kind: Kind, object_id: str, edit: Callable[[Seen], Wanted]) -> Seen:
        """`edit` is called with the state that it changes, outside the transaction: what takes long
        keeps nobody waiting. Where somebody else changes that meanwhile, it is called again."""
        for _ in range(_TRIES):
            before = self.get(kind, object_id)
            wanted = edit(before)
            name = before.principal.name
            if wanted.handle != before.own.handle:
                name = name_of(wanted.handle)
            with self._generation.changing() as connection:
                if _one(connection, kind, object_id) == before:
                    return self._changed(connection, by, before, name, wanted)
        raise Unavailable(f"`{name}` is being changed by others: try again")

    def _changed(
        self, connection: Connection, by: By, before: Seen, name: str, wanted: Wanted
    ) -> Seen:
        object_id, kind = before.principal.id, before.principal.kind
        other = principals.by_name(connection, name)
        if other is not None and other.id != object_id:
            raise _taken(name, provisioned.of(connection, other.id) is not None)
        self._hold_external_id(connection, wanted, object_id)
        principal = msgspec.structs.replace(before.principal, name=name)
        moved = self._write(connection, principal, before.own.created, wanted)
        self._record(connection, by, "write", principal, code=200, **moved)
        return _one(connection, kind, object_id)

    def delete(self, by: By, kind: Kind, object_id: str) -> None:
        """Access ends now. What the principal was given is kept for a while, for the case that
        the directory takes it back."""
        with self._generation.changing() as connection:
            seen = _one(connection, kind, object_id)
            one = seen.principal
            principals.change(connection, one.id, one.name, one.display_name, False)
            principals.set_members(connection, one.id, ())
            for group in provisioned.groups_by_source(connection, one.id, "scim"):
                provisioned.leave(connection, group, one.id)
            sessions.end_sessions_of(connection, one.id, self._clock())
            now = self._clock()
            taken = msgspec.structs.replace(seen.own, deleted=now, modified=now)
            provisioned.put(connection, taken)
            self._record(connection, by, "delete", one, code=204)
        self.gone(object_id)

    def release(self, by: By, kind: Kind, name: str) -> None:
        """The estate owns it from now on, just as it is. Raises NotFound."""
        with self._generation.changing() as connection:
            principal = principals.by_name(connection, name)
            own = provisioned.of(connection, principal.id) if principal else None
            if principal is None or principal.kind != kind or own is None or own.deleted:
                raise NotFound(f"no directory owns a {kind} `{name[:128]}`")
            provisioned.release(connection, principal.id)
            self._record(connection, by, "write", principal, code=204)

    def _made(self, connection: Connection, kind: Kind, wanted: Wanted) -> tuple[Principal, float]:
        """Whom a creation is about: somebody new, or somebody who is taken over or back."""
        now, name = self._clock(), name_of(wanted.handle)
        self._hold_external_id(connection, wanted, "")
        known = principals.by_name(connection, name) or self._taken_away(connection, wanted)
        if known is not None:
            own = provisioned.of(connection, known.id)
            if own is not None and own.deleted is not None and known.kind == kind:
                if _same(own, wanted):
                    return msgspec.structs.replace(known, name=name), own.created
                _put_aside(connection, known)
            elif known.kind == kind and own is None and may_take_over(connection, known):
                return known, now
            else:
                raise _taken(name, own is not None)
        object_id = str(uuid.uuid4())
        shown = wanted.display_name
        fresh = Principal(object_id, kind, name, object_id, shown, wanted.enabled, now)
        principals.add(connection, fresh)
        return fresh, now

    def _taken_away(self, connection: Connection, wanted: Wanted) -> Principal | None:
        """The same person as before, under another name."""
        if wanted.external_id is None:
            return None
        for own in provisioned.by_external_id(connection, "scim", wanted.external_id):
            return principals.by_id(connection, own.principal_id)
        return None

    def _hold_external_id(self, connection: Connection, wanted: Wanted, mine: str) -> None:
        if wanted.external_id is None:
            return
        for own in provisioned.by_external_id(connection, "scim", wanted.external_id):
            if own.deleted is None and own.principal_id != mine:
                raise Conflict(
                    f"the externalId `{wanted.external_id}` is that of another", code="uniqueness"
                )

    def _write(
        self, connection: Connection, one: Principal, created: float, wanted: Wanted
    ) -> dict[str, tuple[str, ...]]:
        """Who came into the group and who left it, by name; nothing for a person."""
        now = self._clock()
        shown = wanted.display_name or wanted.handle
        principals.change(connection, one.id, one.name, shown[:256], wanted.enabled)
        if not wanted.enabled:
            sessions.end_sessions_of(connection, one.id, now)
        own = Provisioned(
            one.id, "scim", wanted.handle, wanted.external_id, wanted.document, created, now
        )
        provisioned.put(connection, own)
        if one.kind != "Group":
            return {}
        were = set(principals.names_in(connection, [one.id]).get(one.id, ()))
        self._set_members(connection, one, wanted.members)
        names = set(principals.names_in(connection, [one.id]).get(one.id, ()))
        return {"added": tuple(sorted(names - were)), "removed": tuple(sorted(were - names))}

    def _set_members(
        self, connection: Connection, group: Principal, members: Collection[str]
    ) -> None:
        if len(members) > _MOST_MEMBERS:
            raise Invalid(f"a group has up to {_MOST_MEMBERS} members", code="tooMany")
        known = {id for id, _ in provisioned.member_ids(connection, group.id)}
        new = set(members) - known
        if strangers := new - provisioned.living(connection, new):
            raise Invalid(
                f"`{min(strangers)[:64]}` is nobody whom the directory made here",
                code="invalidValue",
            )
        if text := ring(connection, group, members):
            raise Invalid(text, code="invalidValue")
        before = guest_rules.guests_in(connection, [group.id, *members])
        if principals.set_members(connection, group.id, members):
            guest_rules.hold_group(connection, group, before, self._grants)

    def _record(
        self, connection: Connection, by: By, verb: str, principal: Principal, **known: Any
    ) -> None:
        record(connection, events.of_principal(by, self._clock(), verb, principal, **known))


def _one(connection: Connection, kind: Kind, object_id: str) -> Seen:
    principal = principals.by_id(connection, object_id)
    own = provisioned.of(connection, object_id) if principal else None
    if (
        principal is None
        or principal.kind != kind
        or own is None
        or own.source != "scim"
        or own.deleted is not None
    ):
        raise NotFound(f"there is no {kind} `{object_id[:64]}`", code="")
    return _seen(connection, [(principal, own)], True)[0]


def _seen(
    connection: Connection, rows: Iterable[tuple[Principal, Provisioned]], members: bool
) -> list[Seen]:
    found = list(rows)
    groups = provisioned.groups_of(connection, [p.id for p, _ in found if p.kind == "User"])
    return [
        Seen(
            principal,
            own,
            provisioned.member_ids(connection, principal.id)
            if members and principal.kind == "Group"
            else [],
            groups.get(principal.id, []),
        )
        for principal, own in found
    ]


def _same(own: Provisioned, wanted: Wanted) -> bool:
    """Whether who comes now is who was taken away. A name alone is not enough of a proof where the
    directory has a word of its own for each."""
    return own.external_id == wanted.external_id


def _put_aside(connection: Connection, one: Principal) -> None:
    name = put_aside(one.name, one.id)
    principals.change(connection, one.id, name, one.display_name, False)


def _taken(name: str, owned: bool) -> Conflict:
    if owned:
        return Conflict(f"there is a `{name}` of the directory already", code="uniqueness")
    return Conflict(
        f"`{name}` is taken by one that has another owner: a person with a password or secret of "
        "their own, a guest, or a group with members. Rename or delete it here first.",
        code="uniqueness",
    )
