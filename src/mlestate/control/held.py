"""Roles, role assignments and deny assignments in memory, by the principals they are about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from ..core import role_ids
from ..core.access import Denial, Grant, Permission, Role
from ..core.answers.world import Against, Assignment
from ..core.resource import Resource
from ..core.rights import EVERYONE

ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
DEFINITIONS = "Microsoft.Authorization/roleDefinitions"
DENIALS = "Microsoft.Authorization/denyAssignments"


class Everything(msgspec.Struct, frozen=True):
    """All that is held, with the ids of what says so."""

    assignments: list[Assignment]
    against: list[Against]
    roles: Mapping[str, Role]


class _Assigned(msgspec.Struct, frozen=True):
    id: str
    principal: str
    scope: str
    role: str


class _Denied(msgspec.Struct, frozen=True):
    denial: Denial
    principals: frozenset[str]
    excluded: frozenset[str]


class Held:
    """What is put and dropped here is told by whom it is about: their object ids, or
    EVERYONE where it may be anyone."""

    def __init__(self, built_in: Mapping[str, Role]):
        self._roles = dict(built_in)
        self._assigned: dict[str, _Assigned] = {}
        self._denied: dict[str, _Denied] = {}
        # By principal, the keys of what is about them.
        self._about: dict[str, set[str]] = {}

    def grants(self, principals: Iterable[str]) -> Iterator[Grant]:
        for id in principals:
            for key in self._about.get(id.lower(), ()):
                found = self._assigned.get(key)
                if found is not None and (role := self._roles.get(found.role)) is not None:
                    yield Grant(found.scope, role)

    def denials(self, principals: Iterable[str]) -> Iterator[Denial]:
        """Those against any of them, everybody included, who is not excluded by another of them."""
        if not self._denied:
            return
        ids = {id.lower() for id in principals}
        keys = {key for id in (*ids, EVERYONE) for key in self._about.get(id, ())}
        for key in sorted(keys):
            found = self._denied.get(key)
            if found is not None and found.excluded.isdisjoint(ids):
                yield found.denial

    def everything(self) -> Everything:
        against = (Against(x.denial, x.principals, x.excluded) for x in self._denied.values())
        return Everything(
            [
                Assignment(each.id, each.principal, _place(each), role)
                for each in self._assigned.values()
                if (role := self._roles.get(each.role)) is not None
            ],
            list(against),
            dict(self._roles),
        )

    def put(self, resource: Resource) -> frozenset[str]:
        """Makes it known, in place of what had its id before."""
        touched = self.drop(resource.id.key)
        match resource.type.lower():
            case "microsoft.authorization/roleassignments":
                return touched | self._put_assignment(resource)
            case "microsoft.authorization/denyassignments":
                return touched | self._put_denial(resource)
        guid = resource.name.lower()
        self._roles[guid] = custom_role(resource)
        return frozenset({EVERYONE})

    def drop(self, key: str) -> frozenset[str]:
        assigned, denied = self._assigned.pop(key, None), self._denied.pop(key, None)
        if assigned is not None:
            self._forget(key, [assigned.principal])
            return frozenset({assigned.principal})
        if denied is not None:
            self._forget(key, denied.principals)
            return denied.principals
        if f"/{DEFINITIONS.lower()}/" in key:
            self._roles.pop(key.rpartition("/")[2], None)
            return frozenset({EVERYONE})
        return frozenset()

    def _put_assignment(self, resource: Resource) -> frozenset[str]:
        said, key = resource.properties, resource.id.key
        principal = str(said["principalId"]).lower()
        role = role_ids.guid(str(said.get("roleDefinitionId", "")))
        self._assigned[key] = _Assigned(str(resource.id), principal, resource.id.parent.key, role)
        self._about.setdefault(principal, set()).add(key)
        return frozenset({principal})

    def _put_denial(self, resource: Resource) -> frozenset[str]:
        said, key = resource.properties, resource.id.key
        denial = Denial(
            str(resource.id),
            str(said.get("denyAssignmentName", resource.name)),
            str(resource.id.parent) or "/",
            _permissions(said),
            not said.get("doNotApplyToChildScopes"),
        )
        principals, excluded = _ids(said, "principals"), _ids(said, "excludePrincipals")
        self._denied[key] = _Denied(denial, principals, excluded)
        for principal in principals:
            self._about.setdefault(principal, set()).add(key)
        return principals

    def _forget(self, key: str, principals: Iterable[str]) -> None:
        for principal in principals:
            self._about[principal].discard(key)
            if not self._about[principal]:
                del self._about[principal]


def _place(assigned: _Assigned) -> str:
    """The scope with the letters that it was written with."""
    return assigned.id[: len(assigned.scope)]


def custom_role(definition: Resource) -> Role:
    said, guid = definition.properties, definition.name.lower()
    return Role(guid, str(said.get("roleName", guid)), _permissions(said))


def _permissions(said: Mapping[str, Any]) -> tuple[Permission, ...]:
    return tuple(_permission(one) for one in said.get("permissions") or ())


def _permission(said: Mapping[str, Any]) -> Permission:
    """A list may be absent, or null."""
    return msgspec.convert({k: v for k, v in said.items() if v is not None}, Permission)


def _ids(said: Mapping[str, Any], field: str) -> frozenset[str]:
    return frozenset(str(one["id"]).lower() for one in said.get(field) or ())
