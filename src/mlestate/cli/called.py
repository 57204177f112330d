"""What the things of a plan are called: by what they are and whose, not by their ids."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from ..core import roles
from ..estate.desired import Desired, Json
from ..estate.planning.contents import name

_GIVEN = {
    "roleAssignments": "`{role}` on {where} to `{holder}`",
    "roleEligibilityScheduleRequests": "`{role}` on {where} within reach of `{holder}`",
    "roleManagementPolicyAssignments": "terms of `{role}` on {where}",
    "breakGlass": "`{role}` on {where} in an emergency to `{holder}`",
}
# Of what gives access: what one is called, and several are.
_COUNTED = {
    "roleAssignments": ("role assignment", "role assignments"),
    "roleEligibilityScheduleRequests": ("role within reach", "roles within reach"),
    "breakGlass": ("role for emergencies", "roles for emergencies"),
}
# What Azure calls a component has `components` of its own in a workspace.
_INSIGHTS = re.compile(r"^providers/Microsoft\.Insights/components\b", re.I)
_LOCKS = "/providers/Microsoft.Authorization/locks/"


def names_of(desired: Mapping[str, Desired]) -> dict[str, str]:
    """What object ids and role definitions are called, by the ids in lower case."""
    names = {id: role.name for id, role in roles.builtin().items()}
    for each in desired.values():
        if object_id := each.body.get("objectId"):
            names[str(object_id).lower()] = name(each.id)
        if role := _properties(each).get("roleName"):
            names[name(each.id).lower()] = str(role)
    return names


def said(desired: Desired, rest: str, names: Mapping[str, str]) -> str:
    kind = desired.type.rsplit("/", 1)[-1]
    if kind in _GIVEN and (given := _given(desired, names)):
        return _GIVEN[kind].format(**given)
    if kind == "roleManagementPolicies":
        return f"terms of activation on {_where(desired)}"
    if kind == "roleDefinitions":
        return f"role `{names.get(name(desired.id).lower(), name(desired.id))}`"
    if kind == "locks":
        return f"lock `{name(desired.id)}` on `{name(desired.id.split(_LOCKS)[0])}`"
    # `providers/Microsoft.Storage/storageAccounts/x` says as much without its provider.
    short = re.sub(r"^providers/[^/]+/", "", _INSIGHTS.sub("applicationInsights", rest))
    return short or _container(desired)


def counted(given: Iterable[Desired]) -> str:
    """How much of each sort that gives access."""
    kinds = Counter(each.type.rsplit("/", 1)[-1] for each in given)
    some = ((count, _COUNTED[kind][count > 1]) for kind, count in sorted(kinds.items()))
    return " and ".join(f"{count} {words}" for count, words in some)


def _container(desired: Desired) -> str:
    return f"subscription `{desired.body.get('displayName', name(desired.id))}`"


def _given(desired: Desired, names: Mapping[str, str]) -> dict[str, str]:
    """Which role is spoken of, where, and whose it is; nothing where that is not known."""
    properties = _properties(desired)
    if "roleDefinitionId" not in properties:
        return {}
    definition = name(str(properties["roleDefinitionId"]))
    role = names.get(definition.lower(), definition)
    holder = str(properties.get("principalId") or "")
    return {"role": role, "where": _where(desired), "holder": names.get(holder.lower(), holder)}


def _where(desired: Desired) -> str:
    """What an extension sits on."""
    scope = desired.id.rpartition("/providers/")[0].strip("/").split("/")
    return "the whole subscription" if len(scope) == 2 else f"`{scope[-1]}`"


def _properties(desired: Desired) -> Mapping[str, Json]:
    properties = desired.body.get("properties")
    return properties if isinstance(properties, Mapping) else {}
