"""Role definitions: Azure's own, and custom ones, which are known wherever they are assignable."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import msgspec

from ...catalog.break_glass import GLASS
from ...catalog.schedule_requests import ELIGIBILITIES
from ...core import roles
from ...core.areas import key_of
from ...core.errors import Conflict
from ...core.ids import ResourceId
from ...core.lifecycle import Lifecycle, Sought, Work
from ...core.resource import Change, Resource, Stamp
from ...core.rights import Role
from ...store.resources import Condition, Query, Resources
from . import filters
from .assignments import ASSIGNMENTS, DEFINITIONS, assignable, definition, role_of

CUSTOM_ROLES = 5000
_MANY = 100_000
_WORDS = ("atScopeAndBelow", "atScope", "roleName", "type")


class RoleDefinitions(Lifecycle):
    kind = DEFINITIONS

    def built_in(self) -> Iterable[Resource]:
        return _azures_own()

    def admit(self, work: Work, change: Change) -> None:
        store = Resources(work.connection)
        _hold_custom(change.id.name, "changed")
        before = change.old.properties.get("assignableScopes", ()) if change.old else ()
        # Of those before, too: what is assigned there changes with it.
        for scope in dict.fromkeys((*change.properties.get("assignableScopes", ()), *before)):
            work.caller.need(f"{DEFINITIONS}/write", scope)
        self._own_name(store, change)
        if change.old is not None:
            self._stay_assignable(work, change)
            return
        if definition(work, change.id.name.lower()) is not None:
            raise Conflict(
                f"another role has the id `{change.id.name}`: choose another GUID",
                code="RoleDefinitionExists",
            )
        if store.count(DEFINITIONS, "") >= CUSTOM_ROLES:
            raise Conflict(
                f"the estate has its {CUSTOM_ROLES} custom roles: delete one first",
                code="RoleDefinitionLimitExceeded",
            )

    def admit_removal(self, work: Work, resource: Resource) -> None:
        _hold_custom(resource.name, "deleted")
        for assignment in _assignments(work, resource.name):
            raise _assigned(work, assignment)
        for each in _within_reach(work, resource.name):
            raise Conflict(
                f"the role can be activated at `{each.id.parent}`: delete `{each.id}` first",
                code="RoleDefinitionHasAssignments",
            )

    def removed(self, work: Work, resource: Resource) -> None:
        """What is left of its assignments elsewhere, when it goes with its subscription, goes."""
        for assignment in _assignments(work, resource.name):
            work.drop(assignment.id)
        for each in _within_reach(work, resource.name):
            work.drop(each.id)

    def sought(self, work: Work, scope: ResourceId, text: str) -> Sought:
        asked = filters.read(text, _WORDS)
        where = [
            (("properties", word), (asked.get(word),))
            for word in ("roleName", "type")
            if asked.has(word)
        ]
        store = Resources(work.connection)
        custom = store.list(Query(type=DEFINITIONS, limit=CUSTOM_ROLES))
        also = tuple(role.id.key for role in custom if assignable(role, scope.key))
        return Sought(above=False, where=tuple(where), also=also)

    def standing_in(self, work: Work, id: ResourceId) -> Resource | None:
        role = definition(work, id.name.lower())
        known = role is not None and (not id.parent.steps or assignable(role, id.parent.key))
        return role if known else None

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

    def _stay_assignable(self, work: Work, change: Change) -> None:
        """Where it is assigned, it stays assignable."""
        assert change.old is not None
        before = change.old.properties.get("assignableScopes") or ()
        wanted = {key_of(scope) for scope in change.properties.get("assignableScopes") or ()}
        if wanted.issuperset(key_of(scope) for scope in before):
            return
        anew = msgspec.structs.replace(change.old, document=change.document)
        for assignment in _assignments(work, change.id.name):
            if not assignable(anew, assignment.id.parent.key):
                raise _assigned(work, assignment)


def _hold_custom(guid: str, verb: str) -> None:
    if guid.lower() in roles.builtin():
        raise Conflict(f"a built-in role cannot be {verb}", code="RoleDefinitionIsBuiltIn")


def _assignments(work: Work, guid: str) -> list[Resource]:
    found = Resources(work.connection).list(Query(type=ASSIGNMENTS, limit=_MANY))
    return [assignment for assignment in found if role_of(assignment) == guid.lower()]


def _assigned(work: Work, assignment: Resource) -> Conflict:
    """Where, is told to those alone who may read it."""
    seen = work.caller.rights.allows(f"{ASSIGNMENTS}/read", str(assignment.id))
    where = f" at `{assignment.id.parent}`" if seen else ""
    return Conflict(
        f"the role is assigned{where}: delete that first", code="RoleDefinitionHasAssignments"
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


def _within_reach(work: Work, role: str) -> list[Resource]:
    """What makes somebody eligible for a role."""
    alive = (Condition(("properties", "status"), ("Provisioned",)),)
    return [
        each
        for kind, where in ((ELIGIBILITIES, alive), (GLASS, ()))
        for each in Resources(work.connection).list(Query(type=kind, where=where, limit=100_000))
        if str(each.properties["roleDefinitionId"]).rpartition("/")[2].lower() == role.lower()
    ]
