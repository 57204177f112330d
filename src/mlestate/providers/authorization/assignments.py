"""Role assignments: what must hold between role, principal and scope, and Azure's limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from ...control.giving import hold_given, principal_of, role_of
from ...control.held import ASSIGNMENTS
from ...core.areas import is_management_group, key_of
from ...core.errors import Conflict
from ...core.ids import ResourceId
from ...core.lifecycle import Lifecycle, Sought, Work
from ...core.resource import Change, Resource
from ...store.resources import Resources
from . import filters
from .principals import Principals

PER_SUBSCRIPTION = 4000
PER_MANAGEMENT_GROUP = 500
_WORDS = ("atScope", "assignedTo", "principalId")


class ForATime(Protocol):
    """What is held for a time, as role assignments."""

    def now(self, work: Work) -> Iterable[Resource]: ...
    def end(self, work: Work, assignment: Resource) -> Iterable[ResourceId]:
        """The ids of what was written for it."""


class RoleAssignments(Lifecycle):
    kind = ASSIGNMENTS

    def __init__(self, principals: Principals, for_a_time: ForATime):
        self.principals, self.for_a_time = principals, for_a_time

    def admit(self, work: Work, change: Change) -> None:
        hold_given(self.principals, work, change)
        if change.old is None:
            self._hold_for_now(work, change)
            _need_room(work, change)

    def admit_removal(self, work: Work, resource: Resource) -> None:
        self.principals.hold_last(work, resource)

    def written(self, work: Work, resource: Resource, old: Resource | None) -> None:
        kind = self.principals.kind_of(work, principal_of(resource))
        work.save(resource.with_properties(scope=str(resource.id.parent), principalType=kind))

    def for_now(self, work: Work) -> Iterable[Resource]:
        return self.for_a_time.now(work)

    def let_go(self, work: Work, resource: Resource) -> Iterable[ResourceId]:
        return self.for_a_time.end(work, resource)

    def sought(self, work: Work, scope: ResourceId, text: str) -> Sought:
        asked = filters.read(text, _WORDS)
        return Sought(below=not asked.has("atScope"), where=tuple(self._about(work, asked)))

    def _hold_for_now(self, work: Work, change: Change) -> None:
        if any(each.id.key == change.id.key for each in self.for_now(work)):
            raise Conflict(
                "what is held for a time changes by a request (`roleAssignmentScheduleRequests`): "
                "to give the role for good, choose another GUID",
                code="RoleAssignmentExists",
            )

    def _about(
        self, work: Work, asked: filters.Filter
    ) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
        path = ("properties", "principalId")
        if asked.has("principalId"):
            yield path, (asked.get("principalId"),)
        if asked.has("assignedTo"):
            principal = asked.get("assignedTo")
            yield path, (principal, *sorted(self.principals.groups_of(work, principal.lower())))


def _need_room(work: Work, change: Change) -> None:
    store, scope = Resources(work.connection), change.id.parent
    own = store.extensions(ASSIGNMENTS, scope.key)
    for other in own:
        if _same(other, change):
            raise Conflict(
                f"the role is assigned to this principal here already: `{other.id}`",
                code="RoleAssignmentExists",
            )
    if is_management_group(scope.key) and len(own) >= PER_MANAGEMENT_GROUP:
        raise _full("management group", PER_MANAGEMENT_GROUP)
    subscription = key_of(f"/subscriptions/{scope.subscription}")
    if scope.subscription and store.count(ASSIGNMENTS, subscription) >= PER_SUBSCRIPTION:
        raise _full("subscription", PER_SUBSCRIPTION)


def _full(where: str, most: int) -> Conflict:
    return Conflict(
        f"the {where} has its {most} role assignments: assign to a group instead of to each of "
        "its members",
        code="RoleAssignmentLimitExceeded",
    )


def _same(other: Resource, change: Change) -> bool:
    return role_of(other) == role_of(change) and principal_of(other) == principal_of(change)
