"""What no role gives: denials, which the estate's people write, and the deny assignments that
Azure's clients read of them."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from ..core.denials import DENIAL, DENY_ASSIGNMENT, shown_as
from ..core.ids import ResourceId
from ..core.resource import Change
from ..core.resource_type import NameRule, ResourceType
from ..core.rights import EVERYONE
from ..core.validate import Fault
from ..core.words import Word
from . import names
from .authorization import STAMPS, Permission, action_form, named_actions, scope_and_stamps
from .writing import and_same_on, refuse

_AUTHORIZATION = "microsoft.authorization/"
NAME = NameRule(
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", "1 to 64 letters, digits and `._-`, no sign first"
)


class DeniedType(Word):
    USER = "User"
    GROUP = "Group"
    SERVICE_PRINCIPAL = "ServicePrincipal"
    SYSTEM_DEFINED = "SystemDefined"


class DeniedPrincipal(Struct, frozen=True):
    id: str
    type: DeniedType | None = None


class Denial(Struct, frozen=True, rename="camel"):
    """As Azure writes a deny assignment; without `principals` it is about everyone."""

    permissions: list[Permission]
    principals: list[DeniedPrincipal] | None = None
    exclude_principals: list[DeniedPrincipal] | None = None
    do_not_apply_to_child_scopes: bool | None = None
    description: Annotated[str, Meta(max_length=2048)] | None = None


class DenyAssignment(Struct, frozen=True, rename="camel"):
    deny_assignment_name: str | None = None
    permissions: list[Permission] | None = None
    principals: list[DeniedPrincipal] | None = None
    exclude_principals: list[DeniedPrincipal] | None = None
    do_not_apply_to_child_scopes: bool | None = None
    is_system_protected: bool | None = None
    description: str | None = None


def deny_assignment(denial: ResourceId) -> ResourceId:
    """The id of what Azure's clients read of a denial."""
    namespace, _, kind = DENY_ASSIGNMENT.partition("/")
    return denial.parent.child(kind, shown_as(denial.key), namespace)


def _check(change: Change) -> None:
    typed: Denial = change.typed
    found = _scope_faults(change.id.parent)
    if not any(p.actions or p.data_actions for p in typed.permissions):
        found.append(("$.properties.permissions", "the denial takes no action"))
    for place, action in named_actions(change.properties):
        found += [(place, text) for text in action_form(action)]
    for field, some in (
        ("principals", typed.principals),
        ("excludePrincipals", typed.exclude_principals),
    ):
        for i, one in enumerate(some or ()):
            place = f"$.properties.{field}[{i}].id"
            found += [(place, text) for text in _principal_faults(field, one)]
    refuse(found)


def _scope_faults(scope: ResourceId) -> list[Fault]:
    # The estate's own addresses are not denied: nobody could then put anything right.
    if scope.steps and not scope.type.lower().startswith((_AUTHORIZATION, "mlestate.")):
        return []
    text = f"nothing can be denied at `{scope or '/'}`: name a management group, a subscription, "
    return [("id", f"{text}a group or a resource")]


def _principal_faults(field: str, one: DeniedPrincipal) -> list[str]:
    if names.GUID.check(one.id):
        return [f"`{one.id[:80]}` is not the object id (a GUID) of a principal"]
    everyone = one.id == EVERYONE
    if everyone and field == "excludePrincipals":
        return ["everyone cannot be left out of a denial: leave out those who are meant"]
    if one.type is not None and everyone != (one.type == DeniedType.SYSTEM_DEFINED):
        return [f"`{one.type.value}` does not fit: everyone, and only everyone, is SystemDefined"]
    return []


def _complete(change: Change) -> dict[str, Any]:
    everyone = [{"id": EVERYONE, "type": DeniedType.SYSTEM_DEFINED.value}]
    return {
        "principals": change.properties.get("principals") or everyone,
        "excludePrincipals": change.properties.get("excludePrincipals") or [],
        "doNotApplyToChildScopes": bool(change.properties.get("doNotApplyToChildScopes")),
    }


DENIALS = ResourceType(
    name=DENIAL,
    doc="What no role gives on what it sits on, to everyone or to some, but for a few.",
    properties=Denial,
    name_rule=NAME,
    extension=True,
    estate_wide=True,
    # It is against whoever owns what it sits on, too: they cannot take it away.
    from_above=True,
    # Contributor has all actions but those on `Microsoft.Authorization`, of which this is one.
    also=and_same_on(DENY_ASSIGNMENT),
    stateful=False,
    check=_check,
    complete=_complete,
)

DENY_ASSIGNMENTS = ResourceType(
    name=DENY_ASSIGNMENT,
    doc="A denial as Azure shows it: read by its clients, and written by nobody.",
    properties=DenyAssignment,
    name_rule=names.GUID,
    extension=True,
    inherited=True,
    estate_wide=True,
    stateful=False,
    made_by="it comes of a denial: write {scope}/providers/Mlestate.Organization/denials/{name}",
    read_only=("scope", *STAMPS),
    render=scope_and_stamps,
)

DENIED = (DENIALS, DENY_ASSIGNMENTS)
