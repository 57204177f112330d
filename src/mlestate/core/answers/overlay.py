"""The world as it would be once some resources were written and others deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from .. import ids, role_ids
from ..errors import Invalid, NotFound
from ..guests import Guest
from ..principals import Kind, Principal
from ..rights import Permission, Role
from .change import Body, Change, deleted, gone, mapping, read, without_nulls, written
from .denials_after import denials_after
from .places import Place
from .world import Assignment, Bound, World

_KINDS: Mapping[str, Kind] = {
    "users": "User",
    "groups": "Group",
    "serviceprincipals": "ServicePrincipal",
}
_DIRECTORY = "/estate/v1/"
_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
_DEFINITIONS = "/providers/microsoft.authorization/roledefinitions/"
_WORKSPACES = "/providers/microsoft.machinelearningservices/workspaces/"
_BESIDE = ("keyVault", "containerRegistry", "applicationInsights")
Permissions = tuple[Permission, ...]


class _Given(msgspec.Struct, frozen=True, rename="camel"):
    role_definition_id: str
    principal_id: str


class _Person(msgspec.Struct, frozen=True, rename="camel"):
    display_name: str | None = None
    enabled: bool | None = None
    object_id: str | None = None
    members: tuple[str, ...] | None = None
    guest: Mapping[str, Any] | None = None


class _Workspace(msgspec.Struct, frozen=True):
    tags: Mapping[str, str | None] | None = None
    location: str | None = None
    properties: Mapping[str, Any] | None = None


def after(world: World, changes: Sequence[Change], writer: str = "") -> World:
    """What is no principal, membership, role, assignment or denial changes nothing here. `writer`
    is the object id of who would do it. Raises Invalid for a body that is none of its kind."""
    people = [each for each in changes if _is_principal(each)]
    _hold_ids(changes)
    principals = _principals(world, people)
    names = {each.name.casefold(): each.id.lower() for each in principals}
    roles = _roles(world.roles, [each for each in changes if _DEFINITIONS in each.key])
    return World(
        principals,
        _members(world, people, names),
        _assignments(world, changes, roles),
        _bounds(world, people, names),
        world.now,
        roles,
        denials_after(world.against, changes, writer),
        world.eligible,
        world.activations,
    )


def _hold_ids(changes: Iterable[Change]) -> None:
    for each in changes:
        try:
            if not _is_principal(each):
                ids.parse(each.id.rstrip("/"))
        except NotFound as error:
            raise Invalid(f"`{each.id[:200]}` is no id: {error}", target="id") from None


def places_after(places: Iterable[Place], changes: Sequence[Change]) -> list[Place]:
    removed = deleted(changes)
    found = {each.id.lower(): each for each in places if not gone(each.id, removed)}
    for each in changes:
        if each.body is not None and _is_workspace(each.key):
            read(each.body, _Workspace, each, "workspace")
            found[each.key] = place(each.id, each.body)
    return list(found.values())


def place(id: str, document: Body) -> Place:
    """A workspace's document as a place."""
    tags = {key.lower(): str(value) for key, value in mapping(document.get("tags")).items()}
    properties = mapping(document.get("properties"))
    return Place(
        id,
        id.rpartition("/")[2],
        tags.get("project", "") or tags.get("division", ""),
        tags.get("environment", ""),
        str(document.get("location") or ""),
        str(properties.get("storageAccount") or ""),
        tuple(str(properties[name]) for name in _BESIDE if properties.get(name)),
    )


def _is_workspace(key: str) -> bool:
    _, found, name = key.rpartition(_WORKSPACES)
    return bool(found) and "/" not in name


def _principals(world: World, changes: Iterable[Change]) -> list[Principal]:
    found = {each.name.casefold(): each for each in world.principals.values()}
    for each in changes:
        kind, name = _named(each)
        if each.body is None:
            found.pop(name.casefold(), None)
        else:
            found[name.casefold()] = _principal(kind, name, each.body, found.get(name.casefold()))
    return list(found.values())


def _principal(kind: Kind, name: str, body: Body, old: Principal | None) -> Principal:
    said = read(body, _Person, Change(name), "body")
    enabled, shown = said.enabled, said.display_name
    if old is None:
        id = (said.object_id or f"new {name}").lower()
        return Principal(id, kind, name, "", shown or name, enabled is not False, 0.0)
    return msgspec.structs.replace(
        old,
        display_name=shown or old.display_name,
        enabled=old.enabled if enabled is None else enabled,
    )


def _members(
    world: World, changes: Iterable[Change], names: Mapping[str, str]
) -> dict[str, list[str]]:
    there = set(names.values())
    found = {
        group: [id for id in inside if id in there]
        for group, inside in world.members.items()
        if group in there
    }
    for each in changes:
        kind, name = _named(each)
        said = (each.body or {}).get("members")
        # What is written and deleted in one is gone.
        group = names.get(name.casefold())
        if group and kind == "Group" and isinstance(said, list | tuple):
            known = [names.get(str(member).casefold()) for member in said]
            found[group] = [id for id in known if id]
    return found


def _bounds(world: World, changes: Iterable[Change], names: Mapping[str, str]) -> dict[str, Bound]:
    there = set(names.values())
    found = {id: bound for id, bound in world.bounds.items() if id in there}
    for each in changes:
        _, name = _named(each)
        id = names.get(name.casefold())
        if id is None or each.body is None or "guest" not in each.body:
            continue
        said = each.body["guest"]
        if isinstance(said, Mapping):
            found[id] = _bound(each, said)
        else:
            found.pop(id, None)
    return found


def _bound(change: Change, said: Mapping[str, Any]) -> Bound:
    guest = read({**said, "sponsor": None}, Guest, change, "guest")
    return Bound(guest.scopes, guest.ends)


def _roles(known: Mapping[str, Role], changes: Iterable[Change]) -> dict[str, Role]:
    found = dict(known)
    for each in changes:
        guid = each.key.rpartition("/")[2]
        if each.body is None:
            found.pop(guid, None)
            continue
        said = each.properties
        permissions = read(
            without_nulls(said.get("permissions") or ()), Permissions, each, "permissions"
        )
        found[guid] = Role(guid, str(said.get("roleName") or guid), permissions)
    return found


def _assignments(
    world: World, changes: Sequence[Change], roles: Mapping[str, Role]
) -> list[Assignment]:
    removed = deleted(changes)
    found = {each.id.lower(): each for each in world.assignments if not gone(each.id, removed)}
    # A role that was written anew gives what it says now.
    found = {
        key: msgspec.structs.replace(each, role=roles.get(each.role.id, each.role))
        for key, each in found.items()
    }
    for each, scope in written(changes, _ASSIGNMENTS):
        said = read(each.properties, _Given, each, "assignment")
        role = roles.get(role_ids.guid(said.role_definition_id))
        if role is None:
            text = f"there is no role `{said.role_definition_id[:200]}`"
            raise Invalid(f"the assignment `{each.id[:200]}`: {text}", target="roleDefinitionId")
        found[each.key] = Assignment(each.id, said.principal_id.lower(), scope, role)
    return list(found.values())


def _is_principal(change: Change) -> bool:
    collection, _, name = change.key[len(_DIRECTORY) :].partition("/")
    return change.key.startswith(_DIRECTORY) and collection in _KINDS and bool(name)


def _named(change: Change) -> tuple[Kind, str]:
    collection, _, name = change.id[len(_DIRECTORY) :].partition("/")
    return _KINDS[collection.lower()], name
