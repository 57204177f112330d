"""Guests go by themselves: what they were given is taken back, then they leave the directory."""

from __future__ import annotations

from ...control.grants import ASSIGNMENTS
from ...control.plane import Plane
from ...control.work import Work, writing
from ...core.access import Caller, Rights
from ...core.ids import ResourceId
from ...core.principals import Principal
from ...core.resource import View
from ...identity.departures import ITSELF, Departures
from ...store.cells import ESTATE
from ...store.resources import Condition, Query

_MANY = 1000


class Leaving:
    """Cut off anywhere, it is done again: who is still there is still due."""

    def __init__(self, plane: Plane, departures: Departures):
        self._plane, self._departures = plane, departures

    def run(self) -> int:
        """How many left."""
        due = self._departures.due()
        for principal in due:
            self._take_back(principal)
            self._departures.remove(principal)
        return len(due)

    def _take_back(self, principal: Principal) -> None:
        """No lock keeps it: a guest who is gone leaves nothing behind."""
        itself = Caller(ITSELF, ITSELF, "ServicePrincipal", Rights([]))
        with writing(self._plane, ESTATE, itself, View()) as work:
            while found := work.resources.list(_held_by(principal)):
                for assignment in found:
                    _drop(work, assignment.id)
        self._plane.changed(ASSIGNMENTS.lower())


def _held_by(principal: Principal) -> Query:
    theirs = Condition(("properties", "principalId"), (principal.id,))
    return Query(type=ASSIGNMENTS, where=(theirs,), limit=_MANY)


def _drop(work: Work, id: ResourceId) -> None:
    work.record(f"{ASSIGNMENTS}/delete", id)
    work.resources.drop_tree(id.key)
