"""What names a principal goes with it: what it was given and asked for, its places in denials and
among those who decide, its own views. What it did stays said: who made a thing, and the record."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from ...catalog.approvals import STAGE
from ...catalog.break_glass import GLASS
from ...catalog.denials import DENIAL, deny_assignment
from ...catalog.schedule_requests import ACTIVATIONS, ELIGIBILITIES, Status
from ...catalog.views import ORGANIZATION
from ...control.grants import Grants
from ...control.held import ASSIGNMENTS
from ...core import activity
from ...core.activity import By
from ...core.ids import ResourceId
from ...core.resource import Resource
from ...core.times import iso
from ...store.activity import record
from ...store.database import Connection, take_turn
from ...store.resources import Condition, Query, Resources
from .deciders import leave_policies, leave_requests

_MANY = 100_000
_EXCLUDED = "excludePrincipals"
# Types of which each names one principal, as `properties.principalId`.
_ABOUT_ONE = (ASSIGNMENTS, ELIGIBILITIES, ACTIVATIONS, GLASS)


class Belongings:
    """Implements `identity.belongings.Belongings`. No lock keeps any of it."""

    def __init__(
        self,
        grants: Grants,
        clock: Callable[[], float],
        changed: Callable[[], None] = lambda: None,
    ):
        """`changed` is told where what is held for a time may have changed."""
        self._grants, self._clock, self._changed = grants, clock, changed

    def remove(self, connection: Connection, principal_id: str) -> Sequence[ResourceId]:
        # Nobody gives the principal anything meanwhile: who comes next finds it gone.
        take_turn(connection)
        store = Resources(connection)
        gone = list(_about(store, principal_id))
        for found in gone:
            store.drop_tree(found.id.key)
            if approval := found.properties.get("approvalId"):
                store.drop_tree(str(approval).lower())
            self._record(connection, f"{found.type}/delete", found.id)
        changed = [
            *self._end(store, [found.id.key for found in gone]),
            *self._leave_denials(store, principal_id),
            *self._written(store, leave_policies(store, principal_id)),
            *self._written(store, leave_requests(store, principal_id)),
        ]
        store.drop_tree(f"/providers/{ORGANIZATION}/people/{principal_id}".lower())
        return [*(found.id for found in gone), *changed]

    def removed(self, ids: Sequence[ResourceId]) -> None:
        if ids:
            self._grants.written(ids)
            self._changed()

    def _end(self, store: Resources, gone: Sequence[str]) -> Iterator[ResourceId]:
        """What others had activated by what was a group's."""
        rested = Condition(("properties", "restsOn"), tuple(gone))
        open_ = Condition(("properties", "status"), (Status.PROVISIONED, Status.PENDING))
        if not gone:
            return
        for row in store.list(Query(type=ACTIVATIONS, where=(rested, open_), limit=_MANY)):
            said = {"status": Status.REVOKED.value}
            if row.properties["status"] == Status.PROVISIONED.value:
                said["activeUntil"] = iso(self._clock())
            elif approval := row.properties.get("approvalId"):
                store.drop_tree(str(approval).lower())
            yield from self._written(store, [row.with_properties(**said)])

    def _written(self, store: Resources, changed: Iterable[Resource]) -> Iterator[ResourceId]:
        for each in changed:
            store.save(each, str(uuid.uuid4()))
            if each.type != STAGE:
                self._record(store.connection, f"{each.type}/write", each.id)
            yield each.id

    def _leave_denials(self, store: Resources, principal_id: str) -> Iterator[ResourceId]:
        for denial in store.list(Query(type=DENIAL, limit=_MANY)):
            shown = store.load(deny_assignment(denial.id).key)
            if shown is None or not _names(shown, principal_id):
                continue
            yield shown.id
            for one in (denial, shown):
                left = _without(one, principal_id)
                if left.properties["principals"]:
                    store.save(left, str(uuid.uuid4()))
                else:
                    store.drop_tree(one.id.key)  # it was about nobody else
            verb = "write" if _without(denial, principal_id).properties["principals"] else "delete"
            self._record(store.connection, f"{DENIAL}/{verb}", denial.id)

    def _record(self, connection: Connection, action: str, id: ResourceId) -> None:
        record(connection, activity.event(By(), self._clock(), action, str(id)))


def _about(store: Resources, principal_id: str) -> Iterator[Resource]:
    theirs = Condition(("properties", "principalId"), (principal_id,))
    for kind in _ABOUT_ONE:
        yield from store.list(Query(type=kind, where=(theirs,), limit=_MANY))


def _names(denial: Resource, principal_id: str) -> bool:
    said = denial.properties
    return any(one["id"] == principal_id for one in [*said["principals"], *said[_EXCLUDED]])


def _without(denial: Resource, principal_id: str) -> Resource:
    left: dict[str, Any] = {
        field: [one for one in denial.properties[field] if one["id"] != principal_id]
        for field in ("principals", _EXCLUDED)
    }
    return denial.with_properties(**left)
