"""Role definitions: Azure's own, and custom ones, which are known wherever they are assignable."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import msgspec

from ...catalog.break_glass import GLASS
from ...catalog.role_policies import ASSIGNMENTS as TERMS
from ...catalog.schedule_requests import ACTIVATIONS, ELIGIBILITIES
from ...control.giving import assignable, definition, role_of
from ...control.held import ASSIGNMENTS, DEFINITIONS
from ...core import ids, roles
from ...core.areas import key_of, within
from ...core.errors import Conflict
from ...core.ids import ResourceId
from ...core.lifecycle import Lifecycle, Sought, Work
from ...core.resource import Change, Resource, Stamp
from ...core.rights import Role
from ...core.times import iso
from ...store.resources import Condition, Query, Resources
from . import filters

CUSTOM_ROLES = 5000
_MANY = 100_000
_ALIVE = (Condition(("properties", "status"), ("Provisioned",)),)
_WORDS = ("atScopeAndBelow", "atScope", "roleName", "type")


class RoleDefinitions(Lifecycle):
    kind = DEFINITIONS

    def built_in(self) -> Iterable[Resource]:
        return _built_in()

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
        for scope in resource.properties.get("assignableScopes") or ():
            work.caller.need(f"{DEFINITIONS}/delete", scope)
        for assignment in _assignments(work, resource.name):
            raise _given(work, assignment, "is assigned")
        for each in _within_reach(work, resource.name):
            raise _given(work, each, "is given, or may be activated,")

    def removed(self, work: Work, resource: Resource) -> None:
        """With all that names it: requests that are over, the terms on which it was activated; and,
        when it goes with its subscription, what is left of its assignments elsewhere."""
        for kind in (ASSIGNMENTS, ELIGIBILITIES, ACTIVATIONS, GLASS):
            for each in _naming(work, kind, resource.name):
                _drop(work, each.id, each.properties.get("approvalId"))
        for each in _naming(work, TERMS, resource.name):
            policy = str(each.properties["policyId"])
            work.drop(each.id)
            if not _applied(work, policy):
                work.drop(ids.parse(policy))

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
        return role if role is not None and _known(role, id.parent.key) else None

    def _own_name(self, store: Resources, change: Change) -> None:
        name = str(change.properties.get("roleName", ""))
        same = Query(
            type=DEFINITIONS, where=(Condition(("properties", "roleName"), (name,)),), limit=2
        )
        others = [role for role in store.list(same) if role.id.key != change.id.key]
        own = name.casefold() == roles.AGENT.name.casefold()
        if others or own or roles.by_name(name) is not None:
            raise Conflict(
                f"a role is called `{name}` already: choose another name",
                code="RoleDefinitionWithSameNameExists",
                target="$.properties.roleName",
            )

    def _stay_assignable(self, work: Work, change: Change) -> None:
        """Where it is assigned, or given in another way, it stays assignable."""
        assert change.old is not None
        before = change.old.properties.get("assignableScopes") or ()
        wanted = {key_of(scope) for scope in change.properties.get("assignableScopes") or ()}
        if wanted.issuperset(key_of(scope) for scope in before):
            return
        anew = msgspec.structs.replace(change.old, document=change.document)
        name = change.id.name
        for each in (*_assignments(work, name), *_within_reach(work, name)):
            if not assignable(anew, each.id.parent.key):
                raise _given(work, each, "is assigned, or may be activated,")


def _hold_custom(guid: str, verb: str) -> None:
    if guid.lower() in roles.builtin() or guid.lower() == roles.AGENT.id:
        raise Conflict(f"a built-in role cannot be {verb}", code="RoleDefinitionExists")


def _known(role: Resource, scope: str) -> bool:
    """There: where it is assignable, and above that."""
    said = role.properties.get("assignableScopes") or ()
    places = (role.id.key, *(key_of(str(one)) for one in said))
    return not scope or assignable(role, scope) or any(within(one, scope) for one in places)


def _assignments(work: Work, guid: str) -> list[Resource]:
    return _naming(work, ASSIGNMENTS, guid)


def _given(work: Work, each: Resource, how: str) -> Conflict:
    """Where, is told to those alone who may read it."""
    seen = work.caller.rights.allows(f"{each.type}/read", str(each.id))
    where = f" at `{each.id.parent}`: delete `{each.id}` first" if seen else ": end that first"
    return Conflict(f"the role {how}{where}", code="RoleDefinitionHasAssignments")


@cache
def _built_in() -> tuple[Resource, ...]:
    return tuple(_definition(role) for role in (*roles.builtin().values(), roles.AGENT))


def _definition(role: Role) -> Resource:
    namespace, _, kind = DEFINITIONS.partition("/")
    properties = {
        "roleName": role.name,
        "type": "BuiltInRole",
        "assignableScopes": ["/"],
        # As it would be read back: lists, no tuples.
        "permissions": msgspec.json.decode(msgspec.json.encode(role.permissions)),
    }
    stamp = Stamp("Microsoft", "Application", 0.0)
    return Resource(
        id=ResourceId().child(kind, role.id, namespace),
        document={"properties": properties},
        created=stamp,
        modified=stamp,
    )


def _within_reach(work: Work, role: str) -> list[Resource]:
    """What makes somebody eligible for a role, or gives it for a time."""
    kinds = ((ELIGIBILITIES, _ALIVE), (GLASS, ()), (ACTIVATIONS, _ALIVE))
    found = (each for kind, where in kinds for each in _naming(work, kind, role, where))
    return [each for each in found if not _over(work, each)]


def _over(work: Work, each: Resource) -> bool:
    until = each.properties.get("activeUntil")
    # Both are written in one form of one length, so that they compare as text.
    return until is not None and iso(work.at) >= until


def _naming(work: Work, kind: str, role: str, where: tuple[Condition, ...] = ()) -> list[Resource]:
    found = Resources(work.connection).list(Query(type=kind, where=where, limit=_MANY))
    return [each for each in found if role_of(each) == role.lower()]


def _applied(work: Work, policy: str) -> bool:
    """Whether a policy says the terms of any role."""
    same = Condition(("properties", "policyId"), (policy,))
    return bool(Resources(work.connection).list(Query(type=TERMS, where=(same,), limit=1)))


def _drop(work: Work, id: ResourceId, besides: str | None = None) -> None:
    work.drop(id)
    if besides:
        work.drop(ids.parse(besides))
