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
from ...core.provisioned import SOURCES, Provisioned
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
    """A person or a group as the directory wants it; `members` are object ids. `enabled` is None
    where it does not say: then that stays as it is."""

    handle: str
    external_id: str | None
    display_name: str
    enabled: bool | None
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
        self._free_name(connection, name, object_id)
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
        if back := self._taken_away(connection, kind, name, wanted):
            self._free_name(connection, name, back[0].id)
            return back
        known = principals.by_name(connection, name)
        if known is not None and known.kind == kind and _may_own(connection, known):
            return known, now
        self._free_name(connection, name, "")
        object_id = str(uuid.uuid4())
        fresh = Principal(object_id, kind, name, object_id, wanted.display_name, True, now)
        principals.add(connection, fresh)
        return fresh, now

    def _taken_away(
        self, connection: Connection, kind: Kind, name: str, wanted: Wanted
    ) -> tuple[Principal, float] | None:
        """Who comes back: by the directory's own word for them, whatever they are called now; by
        the name alone where it has no such word, and had none."""
        if wanted.external_id is not None:
            known = provisioned.by_external_id(connection, "scim", wanted.external_id)
        else:
            named = principals.by_name(connection, name)
            own = provisioned.of(connection, named.id) if named else None
            known = [own] if own and own.external_id is None else []
        for own in sorted(known, key=lambda each: each.deleted or 0.0, reverse=True):
            one = principals.by_id(connection, own.principal_id)
            if one is not None and one.kind == kind and own.deleted is not None:
                # Who was taken away is disabled by that; who comes back is not.
                return msgspec.structs.replace(one, name=name, enabled=True), own.created
        return None

    def _free_name(self, connection: Connection, name: str, mine: str) -> None:
        """Whom the directory took away gives a name up for who has it now. Raises Conflict where
        it is that of somebody else who is here."""
        other = principals.by_name(connection, name)
        if other is None or other.id == mine:
            return
        own = provisioned.of(connection, other.id)
        if own is None or own.deleted is None:
            raise _taken(other, own)
        aside = put_aside(other.name, other.id)
        while principals.by_name(connection, aside):
            aside = put_aside(other.name, str(uuid.uuid4()))
        principals.change(connection, other.id, aside, other.display_name, False)

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
        enabled = one.enabled if wanted.enabled is None else wanted.enabled
        principals.change(connection, one.id, one.name, shown[:256], enabled)
        if not enabled:
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


def _may_own(connection: Connection, known: Principal) -> bool:
    """Whether it is nobody's yet."""
    return provisioned.of(connection, known.id) is None and may_take_over(connection, known)


def _taken(other: Principal, own: Provisioned | None) -> Conflict:
    if own is not None and own.source == "scim":
        said = f"there is a {other.kind} `{other.name}` of the directory already"
        return Conflict(said, code="uniqueness")
    owner = SOURCES[own.source] if own else "this estate"
    return Conflict(
        f"`{other.name}` is taken by a {other.kind} that has another owner, {owner}: rename or "
        "delete it here first. A directory takes over, by making one of the name, only a person "
        "without a password, secret or guest's stay, and a group without members.",
        code="uniqueness",
    )
