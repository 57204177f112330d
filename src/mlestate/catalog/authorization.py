"""Who may do what: role definitions, and their assignment to principals at scopes."""

from __future__ import annotations

import re
from typing import Annotated, Any

from msgspec import Meta, Struct

from ..core import ids, role_ids
from ..core.errors import PlatformError
from ..core.ids import ResourceId
from ..core.resource import Change, Resource, View
from ..core.resource_type import ResourceType
from ..core.role_ids import DEFINITIONS
from ..core.times import iso
from ..core.validate import Fault
from ..core.words import Word
from . import names
from .management import MANAGEMENT_GROUP
from .writing import changed, filled, refuse, refuse_changes

ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
MOST_SCOPES = 2000
_ACTION = re.compile(r"\*|(?:[A-Za-z0-9.*_-]+)(?:/[A-Za-z0-9.*_-]+)+")
_DEFINITION_ID = re.compile(
    rf"(?:/.+)?/providers/{re.escape(DEFINITIONS)}/{names.GUID_PATTERN}", re.I
)
_LISTS = ("actions", "notActions", "dataActions", "notDataActions")


class RoleKind(Word):
    CUSTOM = "CustomRole"
    BUILT_IN = "BuiltInRole"


class Permission(Struct, frozen=True, rename="camel"):
    actions: list[str] | None = None
    not_actions: list[str] | None = None
    data_actions: list[str] | None = None
    not_data_actions: list[str] | None = None


class RoleDefinition(Struct, frozen=True, rename="camel"):
    role_name: Annotated[str, Meta(min_length=1, max_length=512)]
    permissions: list[Permission]
    assignable_scopes: list[str]
    description: Annotated[str, Meta(max_length=2048)] | None = None
    type: RoleKind | None = None


class PrincipalType(Word):
    USER = "User"
    GROUP = "Group"
    SERVICE_PRINCIPAL = "ServicePrincipal"
    FOREIGN_GROUP = "ForeignGroup"
    DEVICE = "Device"


class RoleAssignment(Struct, frozen=True, rename="camel"):
    role_definition_id: str
    principal_id: str
    principal_type: PrincipalType | None = None
    condition: str | None = None
    condition_version: str | None = None
    description: str | None = None


def _check_definition(change: Change) -> None:
    typed: RoleDefinition = change.typed
    found: list[Fault] = []
    if typed.type == RoleKind.BUILT_IN:
        found.append(("$.properties.type", "built-in roles come with the estate and do not change"))
    if not any(p.actions or p.data_actions for p in typed.permissions):
        found.append(("$.properties.permissions", "the role gives no action"))
    for place, action in named_actions(change.properties):
        found += [(place, text) for text in _action_faults(action)]
    refuse(found + _scope_faults(typed.assignable_scopes))


def named_actions(properties: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (f"$.properties.permissions[{i}].{name}[{j}]", action)
        for i, permission in enumerate(properties["permissions"])
        for name in _LISTS
        for j, action in enumerate(permission.get(name) or ())
    ]


def _action_faults(action: str) -> list[str]:
    if action.count("*") > 1:
        return [f"`{action[:200]}` has more than one wildcard: a custom role's actions have one"]
    return action_form(action)


def action_form(action: str) -> list[str]:
    if not _ACTION.fullmatch(action):
        return [f"`{action[:200]}` is not an action such as `Company.Provider/type/read`"]
    return []


def _scope_faults(scopes: list[str]) -> list[Fault]:
    place = "$.properties.assignableScopes"
    found: list[Fault] = []
    if not 1 <= len(scopes) <= MOST_SCOPES:
        found.append((place, f"has {len(scopes)} scopes: from 1 to {MOST_SCOPES} are wanted"))
    types = [_scope_type(scope) for scope in scopes]
    for i, (scope, kind) in enumerate(zip(scopes, types, strict=True)):
        if not kind:
            text = f"`{scope[:200]}` is not the id of a group, subscription or resource"
            found.append((f"{place}[{i}]", text))
    if types.count(MANAGEMENT_GROUP.lower()) > 1:
        found.append((place, "has more than one management group"))
    return found


def _scope_type(scope: str) -> str:
    """The lower-case type of what the scope names; empty for the root, wildcards and nonsense."""
    if "*" in scope:
        return ""
    try:
        return ids.parse(scope.rstrip("/")).type.lower()
    except PlatformError:
        return ""


def _complete_definition(change: Change) -> dict[str, Any]:
    return filled(change.properties, type="CustomRole", description="")


def _render_definition(resource: Resource, view: View) -> dict[str, Any]:
    """With all four lists of each permission, as Azure shows it, whichever were written."""
    said = resource.properties.get("permissions") or ()
    whole = [{**one, **{name: one.get(name) or [] for name in _LISTS}} for one in said]
    return {"permissions": whole, **_written(resource, view)}


def _check_assignment(change: Change) -> None:
    typed: RoleAssignment = change.typed
    refuse(given_faults(typed.role_definition_id, typed.principal_id, typed.condition))
    moved = changed(change, ("roleDefinitionId", "principalId"), _last_segment)
    refuse_changes(moved, "remove the assignment and make another")


def given_faults(role: str, principal: str, condition: str | None = None) -> list[Fault]:
    """Of whatever says that somebody has, or may take, a role."""
    found = role_faults(role)
    if names.GUID.check(principal):
        text = f"`{principal[:80]}` is not the object id (a GUID) of a principal"
        found.append(("$.properties.principalId", text))
    if condition:
        # One that is stored and not evaluated would give more than its author meant.
        text = "conditions are not evaluated here, so one is refused"
        found.append(("$.properties.condition", text))
    return found


def role_faults(role: str) -> list[Fault]:
    if _DEFINITION_ID.fullmatch(role):
        return []
    text = f"`{role[:200]}` is not `…/providers/{DEFINITIONS}/` and a GUID"
    return [("$.properties.roleDefinitionId", text)]


def role_id(resource: Resource, view: View) -> str:
    """Of the role that a resource is about: in the subscription that is asked, else in its own."""
    role = str(resource.properties.get("roleDefinitionId", ""))
    return role_ids.seen_in(view.subscription or resource.id.subscription, role)


def scope_and_role(resource: Resource, view: View) -> dict[str, Any]:
    scope = str(resource.id.parent) or "/"
    return {"scope": scope, "roleDefinitionId": role_id(resource, view)}


def _last_segment(field: str, value: Any) -> str:
    return str(value).rpartition("/")[2].lower()


def scope_and_stamps(resource: Resource, view: View) -> dict[str, Any]:
    return {"scope": str(resource.id.parent) or "/", **_written(resource, view)}


def _scope_role_and_stamps(resource: Resource, view: View) -> dict[str, Any]:
    return {**scope_and_role(resource, view), **_written(resource, view)}


def _logged(assignment: Resource) -> dict[str, str]:
    """What Azure's clients read in the activity log to say who was given which role."""
    said = assignment.properties
    return {
        "principalId": str(said["principalId"]),
        "principalType": str(said.get("principalType") or ""),
        **scope_and_role(assignment, View()),
    }


def _seen_as(id: ResourceId, view: View) -> ResourceId:
    subscription = id.subscription if view.subscription is None else view.subscription
    return ids.parse(role_ids.seen_in(subscription, id.name))


def _written(resource: Resource, view: View) -> dict[str, Any]:
    return {
        "createdBy": resource.created.id or resource.created.by,
        "createdOn": iso(resource.created.at),
        "updatedBy": resource.modified.id or resource.modified.by,
        "updatedOn": iso(resource.modified.at),
    }


STAMPS = ("createdBy", "createdOn", "updatedBy", "updatedOn")

ROLE_DEFINITIONS = ResourceType(
    name=DEFINITIONS,
    doc="A named set of actions that can be granted.",
    properties=RoleDefinition,
    name_rule=names.GUID,
    extension=True,
    inherited=True,
    public=True,
    shown_when_gone=True,
    estate_wide=True,
    stateful=False,
    replaced=201,
    seen_as=_seen_as,
    read_only=STAMPS,
    check=_check_definition,
    complete=_complete_definition,
    render=_render_definition,
)

ROLE_ASSIGNMENTS = ResourceType(
    name=ASSIGNMENTS,
    doc="A role, granted to a principal at a scope and everything below it.",
    properties=RoleAssignment,
    name_rule=names.GUID,
    extension=True,
    inherited=True,
    shown_when_gone=True,
    estate_wide=True,
    stateful=False,
    # The last two are of what is held for a time.
    read_only=("scope", *STAMPS, "assignmentType", "endDateTime"),
    check=_check_assignment,
    render=_scope_role_and_stamps,
    logged=_logged,
)

AUTHORIZATION = (ROLE_DEFINITIONS, ROLE_ASSIGNMENTS)
