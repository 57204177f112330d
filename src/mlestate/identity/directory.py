"""The directory: people, groups and programs, and the caller that each of them is."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

import msgspec
from msgspec import UNSET, UnsetType

from ..core.access import Caller, Denial, Grant, Rights
from ..core.activity import By
from ..core.errors import Unauthenticated
from ..core.guests import GUEST, Guest
from ..core.principals import Kind, Principal
from ..core.provisioned import Source
from ..core.time_boxes import NOTHING, Boxed
from ..store import guests, principal_search, principals, provisioned
from ..store.activity import record
from ..store.database import Database
from . import events, guest_rules, last_owner, ownership
from .belongings import Belongings, NoBelongings
from .changes import Changes, get
from .generation import Clock, Generation
from .guest_rules import IsThere
from .stays import Stay, among, stay_of

ITSELF = By()
# A caller in memory takes a few kilobytes.
_KNOWN_CALLERS = 50_000


class Grants(Protocol):
    """Who holds which role where; kept by another room, as role assignments."""

    def of(self, principal_ids: frozenset[str]) -> list[Grant]:
        """Every grant to one of these principals."""

    def denials(self, principal_ids: frozenset[str]) -> list[Denial]:
        """What is denied to somebody who is all of these principals."""

    def same_since(self, generation: int, principal_ids: frozenset[str]) -> bool:
        """Whether nothing about any of these changed after that generation."""

    def generation(self) -> int:
        """Grows, before a change is answered, with each change of a grant or a role.

        Asked on every request, so it answers from memory.
        """


class Boxes(Protocol):
    """Who holds, or could hold, which role for some time; kept by another room."""

    def of(self, principal_ids: frozenset[str], now: float) -> Boxed:
        """What it comes to for somebody with these ids, in lower case."""

    def generation(self) -> int:
        """As of `Grants`."""


class NoBoxes:
    """Where nothing is held for a time."""

    def of(self, principal_ids: frozenset[str], now: float) -> Boxed:
        return NOTHING

    def generation(self) -> int:
        return 0


class Stamp(NamedTuple):
    """What the directory and the grants were when something was worked out from them."""

    directory: int
    grants: int
    boxes: int = 0


class Everybody(NamedTuple):
    """The whole directory at one moment: `members` has the ids of each group's direct members."""

    principals: list[Principal]
    members: dict[str, list[str]]
    guests: list[guests.Known]


class _Known(NamedTuple):
    """Somebody as they were at a stamp: who they are, groups included, and what follows from it."""

    stamp: Stamp
    standing: Standing
    caller: Caller


class Standing(NamedTuple):
    """What the directory says of somebody: all their ids, their own and those of their groups."""

    principal: Principal
    held: frozenset[str]
    stay: Stay | None


class Directory:
    """`gone` is told who was deleted, once that holds."""

    def __init__(
        self,
        database: Database,
        grants: Grants,
        clock: Clock,
        generation: Generation | None = None,
        belongings: Belongings | None = None,
        boxes: Boxes | None = None,
        is_there: IsThere = lambda scope: True,
    ):
        with database.write() as connection:
            self.tenant = principals.found(connection, str(uuid.uuid4()))
        self.generation = generation or Generation(database, clock)
        self._database, self._grants, self._clock = database, grants, clock
        self._belongings = belongings or NoBelongings()
        self._boxes = boxes or NoBoxes()
        self._is_there = is_there
        self.gone: Callable[[str], object] = lambda object_id: None
        self._callers: dict[str, _Known] = {}
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
        now = self._clock()
        if known is not None and known.stamp == stamp and now < _good_until(known.caller):
            return known.caller
        if known is None or known.stamp.directory != stamp.directory:
            standing = self._standing(object_id)
        else:
            standing = known.standing
        if known is not None and known.standing == standing and self._as_it_was(known, now):
            caller = known.caller
        else:
            caller = self._caller(standing)
        # When full it starts over: cheaper than keeping order, and rare.
        if len(self._callers) >= _KNOWN_CALLERS:
            self._callers.clear()
        self._callers[object_id] = _Known(stamp, standing, caller)
        return caller

    def stamp(self) -> Stamp:
        grants, boxes = self._grants.generation(), self._boxes.generation()
        return Stamp(self.generation.current(), grants, boxes)

    def peek(self) -> Stamp | None:
        """The stamp, or None when the database has to be asked for it."""
        directory = self.generation.peek()
        if directory is None:
            return None
        return Stamp(directory, self._grants.generation(), self._boxes.generation())

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
    def changing(self, by: By = ITSELF) -> Iterator[Changes]:
        """Many changes in one transaction. One that is refused undoes none of the others. What was
        done is recorded as done `by` them."""
        with self.generation.changing() as connection:
            changes = Changes(connection, self._grants.of, self._clock, self._is_there, by)
            yield changes
            record(connection, *changes.events)

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

    def called(self, names: Collection[str]) -> list[str]:
        """The object ids of those who are there, of whatever kind, by name or by object id."""
        ids = [name.lower() for name in names]
        with self._database.read() as connection:
            found = principals.by_names(connection, names)
            return [each.id for each in [*found, *principal_search.by_ids(connection, ids)]]

    def by_ids(self, object_ids: Collection[str]) -> list[Principal]:
        """Those of them that are there, of whatever kind."""
        with self._database.read() as connection:
            return principal_search.by_ids(connection, list(object_ids))

    def search(self, sought: principal_search.Sought) -> list[Principal]:
        """Those of a kind that a filter holds for."""
        with self._database.read() as connection:
            return principal_search.find(connection, sought)

    def groups_of(self, object_id: str) -> frozenset[str]:
        """The ids of all groups the principal is in, groups in groups included."""
        with self._database.read() as connection:
            return principals.groups_of(connection, object_id)

    def delete(self, kind: Kind, name: str, by: By = ITSELF) -> None:
        """With its secrets, its sessions, its memberships, and all else that names it. Raises
        Conflict for the last who may give rights."""
        with self.generation.changing() as connection:
            going = get(connection, kind, name)
            ownership.hold(connection, going, ownership.EXISTENCE)
            with last_owner.removing(connection, going, self._grants.of):
                gone = self._belongings.remove(connection, going.id)
                principals.remove(connection, going.id)
            record(connection, events.of_principal(by, self._clock(), "delete", going))
        self._belongings.removed(gone)
        self.gone(going.id)

    def everybody(self) -> Everybody:
        with self._database.read() as connection:
            return Everybody(
                principals.everyone(connection),
                principals.all_members(connection),
                guests.every(connection),
            )

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

    def _standing(self, object_id: str) -> Standing:
        is_guest = object_id in self._all_guests()
        with self._database.read() as connection:
            principal = principals.by_id(connection, object_id)
            held = frozenset({object_id, *principals.groups_of(connection, object_id)})
            stay = among(connection, held) if is_guest else None
        if principal is None or not principal.enabled or principal.kind == "Group":
            raise Unauthenticated(
                f"The principal `{object_id}` of the access token does not exist or is disabled."
            )
        return Standing(principal, held, stay)

    def _is_here(self, standing: Standing) -> bool:
        return standing.stay is None or self._clock() < standing.stay.ends

    def _as_it_was(self, known: _Known, now: float) -> bool:
        """Whether nothing that they were given has changed, begun or ended since."""
        held, stamp = known.standing.held, known.stamp
        return (
            self._grants.same_since(stamp.grants, held)
            and self._boxes.generation() == stamp.boxes
            and now < known.caller.until
            and self._is_here(known.standing)
        )

    def _caller(self, standing: Standing) -> Caller:
        principal, held, stay = standing
        boxed = self._boxes.of(frozenset(id.lower() for id in held), self._clock())
        caller = Caller(
            principal.id,
            principal.name,
            principal.kind,
            Rights([*self._grants.of(held), *boxed.grants], denials=self._grants.denials(held)),
            until=boxed.until,
            eligible=boxed.eligible,
            groups=frozenset(id.lower() for id in held - {principal.id}),
            since=principal.created,
        )
        if stay is None:
            return caller
        stay.hold(self._clock())
        # Whatever was given, by whatever way: a guest has it in their scopes alone.
        bounded = caller.rights.within_any(stay.scopes, GUEST)
        return msgspec.structs.replace(caller, rights=bounded, ends=stay.ends)


def _good_until(caller: Caller) -> float:
    return min(caller.ends, caller.until)
