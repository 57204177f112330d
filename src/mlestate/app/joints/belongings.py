"""What names a principal goes with it: role assignments, its places in denials, its own views."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ...catalog.break_glass import GLASS
from ...catalog.denials import deny_assignment
from ...catalog.schedule_requests import ELIGIBILITIES
from ...catalog.views import ORGANIZATION
from ...control.grants import Grants
from ...control.held import ASSIGNMENTS
from ...core.activity import ITSELF
from ...core.denials import DENIAL
from ...core.ids import ResourceId
from ...core.resource import Resource
from ...store.activity import Event, record
from ...store.database import Connection, take_turn
from ...store.resources import Condition, Query, Resources

_MANY = 100_000
_EXCLUDED = "excludePrincipals"
# Types of which each names one principal, as `properties.principalId`.
_ABOUT_ONE = (ASSIGNMENTS, ELIGIBILITIES, GLASS)


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
        gone = [found.id for found in _about(store, principal_id)]
        for id in gone:
            store.drop_tree(id.key)
            self._record(connection, f"{id.type}/delete", id)
        changed = list(self._leave_denials(store, principal_id))
        store.drop_tree(f"/providers/{ORGANIZATION}/people/{principal_id}".lower())
        return [*gone, *changed]

    def removed(self, ids: Sequence[ResourceId]) -> None:
        if ids:
            self._grants.written(ids)
            self._changed()

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
        at = self._clock()
        done = Event(at=at, principal=ITSELF, name=ITSELF, action=action, resource=id.key)
        record(connection, done)


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
