"""What must hold between a role, whom it is given to, and where; however it is given: assigned, for
some time, to be activated, or for emergencies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ..core import role_ids, roles
from ..core.areas import ancestors, is_management_group, keys_of
from ..core.errors import Invalid
from ..core.lifecycle import Work
from ..core.resource import Change, Resource
from ..store.resources import Condition, Query, Resources
from .held import DEFINITIONS

_ROLE, _PRINCIPAL = "$.properties.roleDefinitionId", "$.properties.principalId"


class Directory(Protocol):
    def kind_of(self, work: Work, object_id: str) -> str | None:
        """User, Group or ServicePrincipal; None where nobody has the object id."""

    def hold_grant(self, object_id: str, scope: str) -> None:
        """Raise Conflict where a role there would reach beyond what a guest may have."""


def hold_given(directory: Directory, work: Work, change: Change) -> None:
    """Raise Invalid with all that is wrong with what gives a role where it sits."""
    _refuse([*_role_faults(work, change), *_principal_faults(directory, work, change)])
    directory.hold_grant(principal_of(change), str(change.id.parent))


def hold_role(work: Work, change: Change) -> None:
    """As `hold_given`, of who takes a role that they may take."""
    _refuse(list(_role_faults(work, change)))


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
    """The GUID of the role that it is about, in lower case."""
    return role_ids.guid(str(found.properties.get("roleDefinitionId", "")))


def principal_of(found: Change | Resource) -> str:
    return str(found.properties.get("principalId", "")).lower()


def _role_faults(work: Work, change: Change) -> Iterator[Invalid]:
    guid = role_of(change)
    if guid in roles.builtin():
        return
    if guid == roles.AGENT.id:
        text = f"`{roles.AGENT.name}` is what the estate's own agents have: nobody gives it"
        code = "RoleAssignmentScopeNotAssignableToRoleDefinition"
        yield Invalid(text, code=code, target=_ROLE)
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


def _principal_faults(directory: Directory, work: Work, change: Change) -> Iterator[Invalid]:
    said, kind = change.properties, directory.kind_of(work, principal_of(change))
    if kind is None:
        text = f"there is nobody with the object id `{said['principalId']}`"
        yield Invalid(text, code="PrincipalNotFound", target=_PRINCIPAL)
    elif said.get("principalType") not in (None, "", kind):
        text = f"`{said['principalId']}` is a {kind}, not a {said['principalType']}"
        place = "$.properties.principalType"
        yield Invalid(text, code="UnmatchedPrincipalType", target=place)


def _has_data_actions(role: Resource) -> bool:
    return any(one.get("dataActions") for one in role.properties.get("permissions") or ())


def _refuse(found: list[Invalid]) -> None:
    if len(found) == 1:
        raise found[0]
    if found:
        text = "; ".join(f"{one.target}: {one}" for one in found)
        raise Invalid(text, code=found[0].code, target=found[0].target, details=tuple(found))
