"""Custom roles, a group per role and environment and project, and what each group may do where.

Nobody is given a role directly: people come and go in groups, and assignments stay.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...core import roles
from ...core.access import Permission, Role, gives
from ..desired import Desired, Json
from ..layout import Audience, Workspace, audiences, group_name, subscription
from ..spec import Estate
from ..spec import gives as given
from .identities import assignment_id, object_id, role_id
from .principals import group

DEFINITIONS = "/providers/Microsoft.Authorization/roleDefinitions"
# A role about one kind of resource only is given on that resource.
_OWN_SCOPE = {
    "microsoft.storage": "storage",
    "microsoft.keyvault": "vault",
    "microsoft.containerregistry": "registry",
}
# Who may do one of these makes things beside the workspace, or lets others in.
_WIDE = ("microsoft.resources/deployments/write", "microsoft.authorization/roleassignments/write")

# The workspaces of an environment and a solution.
_Placed = dict[tuple[str, str], list[Workspace]]


def custom_roles(estate: Estate) -> Iterator[Desired]:
    scopes = [f"/subscriptions/{guid.lower()}" for guid in estate.azure.subscriptions.values()]
    for name, role in estate.custom_roles.items():
        permission: dict[str, Json] = {
            "actions": role.actions,
            "notActions": role.not_actions,
            "dataActions": role.data_actions,
            "notDataActions": role.not_data_actions,
        }
        body: dict[str, Json] = {
            "properties": {
                "roleName": name,
                "description": role.description,
                "type": "CustomRole",
                "permissions": [permission],
                "assignableScopes": scopes,
            }
        }
        yield Desired(definition(estate, name), "Microsoft.Authorization/roleDefinitions", body)


def groups(estate: Estate) -> Iterator[Desired]:
    for audience, role, environment in _grants(estate):
        yield group(
            estate,
            group_name(estate, audience, role, environment),
            f"{audience.id}: {role} in {environment}",
            list(dict.fromkeys(audience.members.get(role, ()))),
        )


def assignments(estate: Estate, workspaces: list[Workspace]) -> Iterator[Desired]:
    placed = _placed(workspaces)
    for audience, role, environment in _grants(estate):
        principal = object_id(estate.id, "Group", group_name(estate, audience, role, environment))
        for name in given(estate, role, environment):
            for scope in _scopes(estate, audience, environment, name, placed):
                yield _assignment(scope, definition(estate, name), principal)


def definition(estate: Estate, name: str) -> str:
    """The id of a role by its name in the file; a custom one stands in the first subscription."""
    if name in estate.custom_roles:
        first = next(iter(estate.azure.subscriptions.values())).lower()
        return f"/subscriptions/{first}{DEFINITIONS}/{role_id(estate.id, name)}"
    return f"{DEFINITIONS}/{_builtin(name).id}"


def _grants(estate: Estate) -> Iterator[tuple[Audience, str, str]]:
    for audience in audiences(estate):
        for role in estate.roles:
            for environment in audience.environments:
                if audience.holds(role) and given(estate, role, environment):
                    yield audience, role, environment


def _scopes(
    estate: Estate,
    audience: Audience,
    environment: str,
    name: str,
    placed: _Placed,
) -> Iterator[str]:
    if audience.solutions is None:
        yield subscription(estate, environment)
        return
    kind = _kind(_role(estate, name))
    missing = kind == "registry" and not estate.environments[environment].container_registry
    for solution in audience.solutions:
        for workspace in placed.get((environment, solution), ()):
            yield workspace.group if kind == "group" or missing else workspace.id(kind)


def _placed(workspaces: list[Workspace]) -> _Placed:
    found: _Placed = {}
    for workspace in workspaces:
        found.setdefault((workspace.environment, workspace.solution.id), []).append(workspace)
    return found


def _kind(role: Role) -> str:
    """The narrowest scope at which the role can do what it is for."""
    data = [action for each in role.permissions for action in each.data_actions]
    plain = [action for each in role.permissions for action in each.actions]
    providers = {action.split("/", 1)[0].lower() for action in data or plain}
    if len(providers) == 1 and (own := _OWN_SCOPE.get(providers.pop())):
        return own
    return "group" if any(gives(role, action, False) for action in _WIDE) else "workspace"


def _role(estate: Estate, name: str) -> Role:
    if custom := estate.custom_roles.get(name):
        permission = Permission(
            custom.actions, custom.not_actions, custom.data_actions, custom.not_data_actions
        )
        return Role(name, name, (permission,))
    return _builtin(name)


def _builtin(name: str) -> Role:
    if role := roles.by_name(name):
        return role
    raise LookupError(f"role `{name}` is neither built in nor declared")


def _assignment(scope: str, role: str, principal: str) -> Desired:
    name = assignment_id(scope, role, principal)
    properties: dict[str, Json] = {
        "roleDefinitionId": role,
        "principalId": principal,
        "principalType": "Group",
    }
    return Desired(
        f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "Microsoft.Authorization/roleAssignments",
        {"properties": properties},
    )
