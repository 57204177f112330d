"""Who holds, or may activate, which role for some time: from the requests, kept in memory."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from ..catalog.approvals import STAGE
from ..catalog.break_glass import GLASS
from ..catalog.schedule_requests import ACTIVATIONS, ELIGIBILITIES, Status
from ..core.resource import Resource
from ..core.rights import Role
from ..core.time_boxes import Activation, Boxed, Eligibility, reckon
from ..store.cells import Cells
from ..store.resources import Condition, Resources
from .coming import SAYING
from .giving import role_of
from .grants import every
from .held import DEFINITIONS, custom_role

_PROVISIONED = (Condition(("properties", "status"), (Status.PROVISIONED.value,)),)
_ASSIGNED = (Condition(("properties", "requestType"), ("AdminAssign", "AdminUpdate")),)
_HELD = (Condition(("properties", "requestType"), ("SelfActivate", "AdminAssign")),)
# What this is read from, in lower case; and whether it says who is eligible.
WATCHED = {
    ELIGIBILITIES.lower(): True,
    GLASS.lower(): True,
    ACTIVATIONS.lower(): False,
    STAGE.lower(): False,
}
T = TypeVar("T", Eligibility, Activation)
By = dict[str, list[T]]


class Known(msgspec.Struct, frozen=True):
    """All of it, by principal."""

    eligible: Mapping[str, list[Eligibility]]
    active: Mapping[str, list[Activation]]


class Schedules:
    """`builtin` maps a role's GUID to the role. `changed` is to be called after every write of what
    this is read from."""

    def __init__(self, cells: Cells, builtin: Mapping[str, Role]):
        self._cells, self._builtin = cells, builtin
        self._lock = threading.Lock()
        self._generation = 0
        self._eligible: By[Eligibility] | None = None
        self._active: By[Activation] | None = None

    def generation(self) -> int:
        """Another number whenever the answers may have changed, time aside."""
        return self._generation

    def changed(self, eligible: bool = True) -> None:
        """The next question reads all of it anew; without `eligible`, what is active alone."""
        with self._lock:
            self._generation += 1
            self._active = None
            if eligible:
                self._eligible = None

    def of(self, principal_ids: frozenset[str], now: float) -> Boxed:
        known = self.known()
        return reckon(
            (each for id in principal_ids for each in known.eligible.get(id, ())),
            (each for id in principal_ids for each in known.active.get(id, ())),
            now,
        )

    def known(self) -> Known:
        """What is written, whatever the time is."""
        with self._lock:
            if self._eligible is None or self._active is None:
                self._load()
            assert self._eligible is not None
            assert self._active is not None
            return Known(self._eligible, self._active)

    def terms(self) -> dict[str, Mapping[str, Any]]:
        """What is said about activating roles, by id: read anew, for who asks about everybody."""
        with self._cells.estate.read() as connection:
            store = Resources(connection)
            rows = [row for kind in SAYING for row in every(store, kind)]
        return {row.id.key: row.properties for row in rows}

    def _load(self) -> None:
        with self._cells.estate.read() as connection:
            store = Resources(connection)
            custom = (custom_role(each) for each in every(store, DEFINITIONS))
            roles = {**self._builtin, **{role.id: role for role in custom}}
            if self._eligible is None:
                rows = every(store, ELIGIBILITIES, (*_PROVISIONED, *_ASSIGNED))
                glasses = every(store, GLASS)
                eligible = _by_principal((*rows, *glasses), roles, _eligibility)
            active = _by_principal(
                every(store, ACTIVATIONS, (*_PROVISIONED, *_HELD)), roles, activation
            )
        if self._eligible is None:
            self._eligible = eligible
        self._active = active


def moment(text: object, otherwise: float) -> float:
    """In epoch seconds, as the server wrote it."""
    return datetime.fromisoformat(text).timestamp() if isinstance(text, str) else otherwise


def _by_principal(
    rows: Iterable[Resource], roles: Mapping[str, Role], read: Callable[[Resource, Role], T]
) -> By[T]:
    found: By[T] = {}
    for row in rows:
        role = roles.get(role_of(row))
        if role is not None:
            each = read(row, role)
            found.setdefault(each.principal, []).append(each)
    return found


def _eligibility(row: Resource, role: Role) -> Eligibility:
    """For good, where nothing else is said."""
    return _held(Eligibility, row, role, -math.inf, math.inf, glass=row.type == GLASS)


def activation(row: Resource, role: Role) -> Activation:
    """As a request says it, whatever became of what it rests on: never, where nothing else is
    said."""
    rests_on = str(row.properties.get("restsOn") or "").lower()
    return _held(Activation, row, role, math.inf, -math.inf, rests_on=rests_on)


def _held(kind: type[T], row: Resource, role: Role, begins: float, ends: float, **own: Any) -> T:
    said = row.properties
    return kind(
        id=row.id.key,
        shown=str(row.id),
        principal=str(said["principalId"]).lower(),
        role=role,
        scope=row.id.parent.key,
        place=str(row.id.parent) or "/",
        begins=moment(said.get("activeFrom"), begins),
        ends=moment(said.get("activeUntil"), ends),
        created=row.created.at,
        **own,
    )
