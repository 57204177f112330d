"""Role assignments: what must hold between role, principal and scope, and Azure's limits."""

from __future__ import annotations

from collections.abc import Iterator

from ...core import roles
from ...core.areas import ancestors, is_management_group, key_of, keys_of
from ...core.errors import Conflict, Invalid
from ...core.ids import ResourceId
from ...core.lifecycle import Lifecycle, Sought, Work
from ...core.resource import Change, Resource
from ...store.resources import Condition, Query, Resources
from . import filters
from .principals import Principals

ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
DEFINITIONS = "Microsoft.Authorization/roleDefinitions"
PER_SUBSCRIPTION = 4000
PER_MANAGEMENT_GROUP = 500
_ROLE, _PRINCIPAL = "$.properties.roleDefinitionId", "$.properties.principalId"
_WORDS = ("atScope", "assignedTo", "principalId")


class RoleAssignments(Lifecycle):
    kind = ASSIGNMENTS

    def __init__(self, principals: Principals):
        self.principals = principals

    def admit(self, work: Work, change: Change) -> None:
        found = [*self._role_faults(work, change), *self._principal_faults(work, change)]
        if found:
            raise _refusal(found)
        self.principals.hold_grant(
            str(change.properties["principalId"]).lower(), str(change.id.parent)
        )
        if change.old is None:
            _need_room(work, change)

    def admit_removal(self, work: Work, resource: Resource) -> None:
        self.principals.hold_last(work, resource)

    def written(self, work: Work, resource: Resource, old: Resource | None) -> None:
        kind = self.principals.kind_of(work, str(resource.properties["principalId"]).lower())
        work.save(resource.with_properties(scope=str(resource.id.parent), principalType=kind))

    def sought(self, work: Work, scope: ResourceId, text: str) -> Sought:
        asked = filters.read(text, _WORDS)
        return Sought(below=not asked.has("atScope"), where=tuple(self._about(work, asked)))

    def _about(
        self, work: Work, asked: filters.Filter
    ) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
        path = ("properties", "principalId")
        if asked.has("principalId"):
            yield path, (asked.get("principalId"),)
        if asked.has("assignedTo"):
            principal = asked.get("assignedTo")
            yield path, (principal, *sorted(self.principals.groups_of(work, principal.lower())))

    def _role_faults(self, work: Work, change: Change) -> Iterator[Invalid]:
        guid = role_of(change)
        if guid in roles.builtin():
            return
        role = definition(work, guid)
        if role is None:
            text = f"there is no role `{change.properties.get('roleDefinitionId')}`"
            yield Invalid(text, code="RoleDefinitionDoesNotExist", target=_ROLE)
            return
        scope = change.id.parent.key
        if not assignable(role, scope):
            text = f"`{role.properties.get('roleName')}` cannot be assigned at `{scope or '/'}`: "
            text += "its assignableScopes do not reach it"
            code = "RoleAssignmentScopeNotAssignableToRoleDefinition"
            yield Invalid(text, code=code, target=_ROLE)
        if is_management_group(scope) and _has_data_actions(role):
            text = f"`{role.properties.get('roleName')}` has data actions and cannot be assigned "
            text += "at a management group: assign it below"
            yield Invalid(text, code="InvalidCreateRoleAssignmentRequest", target=_ROLE)

    def _principal_faults(self, work: Work, change: Change) -> Iterator[Invalid]:
        said = change.properties
        kind = self.principals.kind_of(work, str(said["principalId"]).lower())
        if kind is None:
            text = f"there is nobody with the object id `{said['principalId']}`"
            yield Invalid(text, code="PrincipalNotFound", target=_PRINCIPAL)
        elif said.get("principalType") not in (None, "", kind):
            text = f"`{said['principalId']}` is a {kind}, not a {said['principalType']}"
            place = "$.properties.principalType"
            yield Invalid(text, code="UnmatchedPrincipalType", target=place)


def definition(work: Work, guid: str) -> Resource | None:
    """The custom role with the GUID, wherever its definition stands."""
    named = Query(type=DEFINITIONS, where=(Condition((), (guid,)),), limit=1)
    return next(iter(Resources(work.connection).list(named)), None)


def assignable(role: Resource, scope: str) -> bool:
    """Whether one of the role's assignable scopes reaches a scope, which is a key."""
    above = set(ancestors(scope))
    said = role.properties.get("assignableScopes") or ()
    return any(not above.isdisjoint(keys_of(str(one))) for one in said)


def role_of(found: Change | Resource) -> str:
    return str(found.properties.get("roleDefinitionId", "")).rpartition("/")[2].lower()


def _has_data_actions(role: Resource) -> bool:
    return any(one.get("dataActions") for one in role.properties.get("permissions") or ())


def _refusal(found: list[Invalid]) -> Invalid:
    if len(found) == 1:
        return found[0]
    text = "; ".join(f"{one.target}: {one}" for one in found)
    return Invalid(text, code=found[0].code, target=found[0].target, details=tuple(found))


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
    mine, theirs = change.properties, other.properties
    return (
        role_of(other) == role_of(change)
        and str(theirs["principalId"]).lower() == str(mine["principalId"]).lower()
    )
