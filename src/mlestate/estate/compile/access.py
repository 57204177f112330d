"""Custom roles, a group per role and environment and project, and what each group may do where.

Nobody is given a role directly: people come and go in groups, and assignments stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from ...catalog.management import ROOT_ID
from ...core.access import Role, gives
from ..desired import Desired, Json
from ..layout.audiences import Audience, grants, group_name
from ..layout.layers import LIVE_READER, eligible, given, reads_live
from ..layout.logical import of_assignment, of_group
from ..layout.places import Workspace
from ..layout.scopes import WHOLE
from ..roles import role as role_named
from ..spec import Eligible, Estate
from .identities import assignment_id, object_id, role_id
from .principals import group

DEFINITIONS = "/providers/Microsoft.Authorization/roleDefinitions"
# What is about one kind of resource is given on that resource; all else on the workspace.
_OWN_SCOPE = {
    "microsoft.storage": "storage",
    "microsoft.keyvault": "vault",
    "microsoft.containerregistry": "registry",
}
_INSIGHTS = "microsoft.insights/components/"
# Who may do one of these makes things beside the workspace, or lets others in.
_WIDE = ("microsoft.resources/deployments/write", "microsoft.authorization/roleassignments/write")


def custom_roles(estate: Estate) -> Iterator[Desired]:
    scopes = [f"/subscriptions/{guid.lower()}" for guid in estate.azure.subscriptions.values()]
    everywhere = {one.role for one in estate.assignments.values() if one.at == WHOLE}
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
                "assignableScopes": [*scopes, *([ROOT_ID] if name in everywhere else [])],
            }
        }
        yield Desired(definition(estate, name), "Microsoft.Authorization/roleDefinitions", body)


def groups(estate: Estate, today: date) -> Iterator[Desired]:
    kinds = estate.principals | estate.guests
    for audience, role, environment in grants(estate):
        yield group(
            estate,
            group_name(estate, audience, role, environment),
            f"{audience.id}: {role} in {environment}",
            audience.holders(role, environment, today),
            kinds,
            of_group(audience, role, environment),
        )


def assignments(estate: Estate, workspaces: list[Workspace]) -> Iterator[Desired]:
    standing = Standing(workspaces)
    for audience, role, environment in grants(estate):
        principal = object_id(estate.id, "Group", group_name(estate, audience, role, environment))
        for scope, name, workspace, what in _given(estate, audience, role, environment, standing):
            key = of_assignment(audience, workspace, role, what) if workspace else ""
            yield assignment(scope, definition(estate, name), principal, key)


class Standing:
    """The workspaces of each solution and environment, and the subscriptions of each."""

    def __init__(self, workspaces: list[Workspace]):
        self._workspaces: dict[tuple[str, str], list[Workspace]] = {}
        self._subscriptions: dict[str, dict[str, None]] = {}
        for each in workspaces:
            key = (each.solution.id, each.environment)
            self._workspaces.setdefault(key, []).append(each)
            self._subscriptions.setdefault(each.environment, {})[each.subscription] = None

    def of(self, solution: str, environment: str) -> list[Workspace]:
        return self._workspaces.get((solution, environment), [])

    def within(self, environment: str) -> list[Workspace]:
        keys = (key for key in self._workspaces if key[1] == environment)
        return [workspace for key in keys for workspace in self._workspaces[key]]

    def subscriptions(self, environment: str) -> list[str]:
        return list(self._subscriptions.get(environment, ()))


def definition(estate: Estate, name: str) -> str:
    """The id of a role by its name in the file; a custom one stands in the first subscription."""
    if name in estate.custom_roles:
        first = next(iter(estate.azure.subscriptions.values())).lower()
        return f"/subscriptions/{first}{DEFINITIONS}/{role_id(estate.id, name)}"
    return f"{DEFINITIONS}/{_role(estate, name).id}"


def _given(
    estate: Estate, audience: Audience, role: str, environment: str, standing: Standing
) -> Iterator[tuple[str, str, Workspace | None, str]]:
    """Each scope with the Azure role that is given on it, the workspace that it is of, and what it
    is of that."""
    if audience.solutions is None:
        for name in given(estate, (), role, environment):
            yield from ((scope, name, None, name) for scope in standing.subscriptions(environment))
        # Live data is read account by account, also by those who look after the estate.
        for workspace in standing.within(environment):
            if reads_live(estate, workspace.solution.ladder, role, environment):
                yield workspace.id("storage"), LIVE_READER, workspace, LIVE_READER
        return
    for solution in audience.solutions:
        rungs = audience.within(solution)
        names = given(estate, rungs, role, environment)
        live = (LIVE_READER,) if reads_live(estate, rungs, role, environment) else ()
        for workspace in standing.of(solution.id, environment):
            for name in dict.fromkeys((*names, *live)):
                for scope, what in _scopes(estate, workspace, name):
                    yield scope, name, workspace, what


def eligible_at(
    estate: Estate, audience: Audience, role: str, environment: str, standing: Standing
) -> Iterator[tuple[str, str, Eligible, Workspace | None, str]]:
    """Each scope with the Azure role that may be activated on it, on which terms, where, and what
    it is of that."""
    if audience.solutions is None:
        for each in eligible(estate, (), role, environment):
            for name in each.eligible:
                for scope in standing.subscriptions(environment):
                    yield scope, name, each, None, name
        return
    for solution in audience.solutions:
        found = eligible(estate, audience.within(solution), role, environment)
        for workspace in standing.of(solution.id, environment):
            for each in found:
                for name in each.eligible:
                    for place, what in _scopes(estate, workspace, name):
                        yield place, name, each, workspace, what


def _scopes(estate: Estate, workspace: Workspace, name: str) -> Iterator[tuple[str, str]]:
    """Where in a workspace's group the role is given, and what it is called there: it is another
    thing at each of several scopes."""
    first, *more = _kinds(estate, name)
    if scope := _scope(workspace, first):
        yield scope, name
    for kind in more:
        # Who has something else as well is not given the whole group for what is not there.
        if (scope := _scope(workspace, kind)) and scope != workspace.group:
            yield scope, f"{name} on {kind}"


def _scope(workspace: Workspace, kind: str) -> str | None:
    if kind == "vault" and workspace.settings.key_vault:
        return None  # whose vault it is says who reads it
    missing = kind == "registry" and not workspace.settings.container_registry
    return workspace.group if kind == "group" or missing else workspace.id(kind)


def _kinds(estate: Estate, name: str) -> list[str]:
    """The narrowest scopes at which the role can do what it is for."""
    role = _role(estate, name)
    data = [action for each in role.permissions for action in each.data_actions]
    plain = [action for each in role.permissions for action in each.actions]
    custom = name in estate.custom_roles
    # Azure's own are for one thing: those on data have other actions to find it with.
    providers = {action.split("/", 1)[0].lower() for action in data or plain}
    if not custom and len(providers) == 1 and (own := _OWN_SCOPE.get(providers.pop())):
        return [own]
    if any(gives(role, action, False) for action in _WIDE):
        return ["group"]
    return _each_at(plain, data) if custom else ["workspace"]


def _each_at(plain: Iterable[str], data: Iterable[str]) -> list[str]:
    """Wherever one of the actions has something to do; in the workspace first."""
    found = {_at(action) for action in (*plain, *data)}
    if any(action.startswith("*") for action in data):
        found.update(_OWN_SCOPE.values())
    return sorted(found, key=["workspace", *_OWN_SCOPE.values(), "insights"].index)


def _at(action: str) -> str:
    if action.lower().startswith(_INSIGHTS):
        return "insights"
    return _OWN_SCOPE.get(action.split("/", 1)[0].lower(), "workspace")


def _role(estate: Estate, name: str) -> Role:
    if found := role_named(estate, name):
        return found
    raise LookupError(f"role `{name}` is neither built in nor declared")


def assignment(scope: str, role: str, principal: str, key: str, kind: str = "Group") -> Desired:
    name = assignment_id(scope, role, principal)
    properties: dict[str, Json] = {
        "roleDefinitionId": role,
        "principalId": principal,
        "principalType": kind,
    }
    return Desired(
        f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "Microsoft.Authorization/roleAssignments",
        {"properties": properties},
        key=key,
    )
