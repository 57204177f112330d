"""Role definitions and assignments: what must hold between them, and the limits of Azure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Protocol

import msgspec

from ..catalog.break_glass import GLASS
from ..catalog.schedule_requests import ELIGIBILITIES
from ..core import roles
from ..core.errors import Conflict, Invalid
from ..core.ids import ResourceId
from ..core.lifecycle import Lifecycle, Work
from ..core.resource import Change, Resource, Stamp
from ..core.rights import Role
from ..store.resources import Condition, Query, Resources

DEFINITIONS = "Microsoft.Authorization/roleDefinitions"
ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
ASSIGNMENTS_PER_SUBSCRIPTION = 4000
CUSTOM_ROLES = 5000


class Principals(Protocol):
    def kind_of(self, work: Work, object_id: str) -> str | None:
        """User, Group or ServicePrincipal; None where nobody has the object id."""

    def hold_grant(self, object_id: str, scope: str) -> None:
        """Raise Conflict where a role there would reach beyond what a guest may have."""


class RoleDefinitions(Lifecycle):
    kind = DEFINITIONS

    def built_in(self) -> Iterable[Resource]:
        return _azures_own()

    def admit(self, work: Work, change: Change) -> None:
        store = Resources(work.connection)
        if change.id.name.lower() in roles.builtin():
            raise Conflict("a built-in role cannot be changed", code="RoleDefinitionIsBuiltIn")
        self._own_name(store, change)
        if change.old is None and store.count(DEFINITIONS, "") >= CUSTOM_ROLES:
            raise Conflict(
                f"the estate has its {CUSTOM_ROLES} custom roles: delete one first",
                code="RoleDefinitionLimitExceeded",
            )
        for scope in change.properties.get("assignableScopes", ()):
            work.caller.need(f"{DEFINITIONS}/write", scope)

    def _own_name(self, store: Resources, change: Change) -> None:
        name = str(change.properties.get("roleName", ""))
        same = Query(
            type=DEFINITIONS, where=(Condition(("properties", "roleName"), (name,)),), limit=2
        )
        others = [role for role in store.list(same) if role.id.key != change.id.key]
        if others or roles.by_name(name) is not None:
            raise Conflict(
                f"a role is called `{name}` already: choose another name",
                code="RoleDefinitionWithSameNameExists",
                target="$.properties.roleName",
            )

    def removed(self, work: Work, resource: Resource) -> None:
        for assignment in _assignments(work):
            if _role(assignment) == resource.name.lower():
                raise Conflict(
                    f"the role is assigned at `{assignment.id.parent}`: delete that first",
                    code="RoleDefinitionHasAssignments",
                )
        for each in _within_reach(work):
            if _role(each) == resource.name.lower():
                raise Conflict(
                    f"the role can be activated at `{each.id.parent}`: delete `{each.id}` first",
                    code="RoleDefinitionHasAssignments",
                )


class RoleAssignments(Lifecycle):
    kind = ASSIGNMENTS

    def __init__(self, principals: Principals):
        self.principals = principals

    def admit(self, work: Work, change: Change) -> None:
        self._need_role(work, change)
        self._need_principal(work, change)
        self.principals.hold_grant(str(change.properties["principalId"]), str(change.id.parent))
        if change.old is None:
            self._need_room(work, change)

    def written(self, work: Work, resource: Resource, old: Resource | None) -> None:
        kind = self.principals.kind_of(work, str(resource.properties["principalId"]))
        work.save(resource.with_properties(scope=str(resource.id.parent), principalType=kind))

    def _need_role(self, work: Work, change: Change) -> None:
        guid = _role(change)
        if guid not in roles.builtin() and not Resources(work.connection).named(DEFINITIONS, guid):
            raise Invalid(
                f"there is no role `{change.properties.get('roleDefinitionId')}`",
                code="RoleDefinitionDoesNotExist",
                target="$.properties.roleDefinitionId",
            )

    def _need_principal(self, work: Work, change: Change) -> None:
        said = change.properties
        kind = self.principals.kind_of(work, str(said["principalId"]))
        if kind is None:
            raise Invalid(
                f"there is nobody with the object id `{said['principalId']}`",
                code="PrincipalNotFound",
                target="$.properties.principalId",
            )
        if said.get("principalType") not in (None, "", kind):
            raise Invalid(
                f"`{said['principalId']}` is a {kind}, not a {said['principalType']}",
                code="UnmatchedPrincipalType",
                target="$.properties.principalType",
            )

    def _need_room(self, work: Work, change: Change) -> None:
        scope = change.id.parent
        for other in Resources(work.connection).extensions(ASSIGNMENTS, scope.key):
            if _same(other, change):
                raise Conflict(
                    f"the role is assigned to this principal here already: `{other.id}`",
                    code="RoleAssignmentExists",
                )
        subscription = f"/subscriptions/{scope.subscription}".lower()
        if not scope.subscription:
            return
        count = Resources(work.connection).count(ASSIGNMENTS, subscription)
        if count >= ASSIGNMENTS_PER_SUBSCRIPTION:
            raise Conflict(
                f"the subscription has its {ASSIGNMENTS_PER_SUBSCRIPTION} role assignments: "
                "assign to a group instead of to each of its members",
                code="RoleAssignmentLimitExceeded",
            )


@cache
def _azures_own() -> tuple[Resource, ...]:
    return tuple(_definition(role) for role in roles.builtin().values())


def _definition(role: Role) -> Resource:
    namespace, _, kind = DEFINITIONS.partition("/")
    properties = {
        "roleName": role.name,
        "type": "BuiltInRole",
        "assignableScopes": ["/"],
        "permissions": msgspec.to_builtins(role.permissions),
    }
    stamp = Stamp("Microsoft", "Application", 0.0)
    return Resource(
        id=ResourceId().child(kind, role.id, namespace),
        document={"properties": properties},
        created=stamp,
        modified=stamp,
    )


def _assignments(work: Work) -> list[Resource]:
    return Resources(work.connection).list(Query(type=ASSIGNMENTS, limit=100_000))


def _within_reach(work: Work) -> Iterator[Resource]:
    """What makes somebody eligible for a role."""
    alive = (Condition(("properties", "status"), ("Provisioned",)),)
    for kind, where in ((ELIGIBILITIES, alive), (GLASS, ())):
        yield from Resources(work.connection).list(Query(type=kind, where=where, limit=100_000))


def _role(found: Change | Resource) -> str:
    return str(found.properties.get("roleDefinitionId", "")).rpartition("/")[2].lower()


def _same(other: Resource, change: Change) -> bool:
    mine, theirs = change.properties, other.properties
    return (
        _role(other) == _role(change)
        and str(theirs["principalId"]).lower() == str(mine["principalId"]).lower()
    )
