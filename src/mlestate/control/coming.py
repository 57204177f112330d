"""Who would be eligible for what, and on which terms, once some resources were written."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from ..catalog.break_glass import GLASS, Glass
from ..catalog.role_policies import ASSIGNMENTS, POLICIES, Policy, PolicyAssignment, Terms, terms
from ..catalog.schedule_requests import ELIGIBILITIES, RequestType, ScheduleRequest, span
from ..core import durations, role_ids
from ..core.answers.chances import Chance
from ..core.answers.change import Body, Change, deleted, gone, read, without_nulls, written
from ..core.rights import Role
from ..core.time_boxes import Eligibility

# What says on which terms a role is activated, and for how long the glass is broken.
SAYING: Mapping[str, type[msgspec.Struct]] = {
    POLICIES: Policy,
    ASSIGNMENTS: PolicyAssignment,
    GLASS: Glass,
}
_LINKS = f"/providers/{ASSIGNMENTS.lower()}/"
Documents = Mapping[str, Body]


def eligible_after(
    eligible: Iterable[Eligibility],
    changes: Sequence[Change],
    roles: Mapping[str, Role],
    now: float,
) -> list[Eligibility]:
    """Raises Invalid for a body that is none of its kind."""
    removed = deleted(changes)
    found = {each.id: each for each in eligible if not gone(each.id, removed)}
    found = {
        key: msgspec.structs.replace(each, role=roles.get(each.role.id, each.role))
        for key, each in found.items()
    }
    for change, scope in written(changes, ELIGIBILITIES):
        request = read(without_nulls(change.properties), ScheduleRequest, change, "request")
        each = _eligibility(change, scope, request, roles, now)
        if each is None:
            continue
        if request.request_type is RequestType.ADMIN_REMOVE:
            found = {key: one for key, one in found.items() if not _alike(one, each)}
        else:
            found[each.id] = each
    for change, scope in written(changes, GLASS):
        glass = read(without_nulls(change.properties), Glass, change, "glass")
        role = roles.get(role_ids.guid(glass.role_definition_id))
        if role is not None:
            found[change.key] = _of(change, scope, glass.principal_id, role, glass=True)
    return list(found.values())


def documents_after(documents: Documents, changes: Sequence[Change]) -> Documents:
    """By id in lower case, what they say. Raises Invalid for a body that is none of its kind."""
    removed = deleted(changes)
    found = {key: said for key, said in documents.items() if not gone(key, removed)}
    for type, shape in SAYING.items():
        for each, _ in written(changes, type):
            found[each.key] = without_nulls(each.properties)
            read(found[each.key], shape, each, "properties")
    return found


def known_chances(
    eligible: Iterable[Eligibility], documents: Documents, changes: Collection[Change] = ()
) -> dict[str, Chance]:
    """By eligibility. One without terms cannot be activated; one that is written gets the usual."""
    policies = {
        (key.partition(_LINKS)[0], role_ids.guid(str(said.get("roleDefinitionId")))): documents.get(
            str(said.get("policyId")).lower()
        )
        for key, said in documents.items()
        if _LINKS in key
    }
    fresh = {each.key for each in changes}
    found: dict[str, Chance] = {}
    for each in eligible:
        policy = policies.get((each.scope, each.role.id))
        if each.glass:
            longest = str(documents.get(each.id, {}).get("maximumDuration") or "PT1H")
            found[each.id] = Chance(True, each.role.name, durations.parse(longest))
        elif policy is not None:
            found[each.id] = _chance(each, terms(policy))
        elif each.id in fresh:
            found[each.id] = _chance(each, Terms())
    return found


def _chance(each: Eligibility, said: Terms) -> Chance:
    return Chance(False, each.role.name, said.longest, said.approval, tuple(sorted(said.approvers)))


def _eligibility(
    change: Change, scope: str, request: ScheduleRequest, roles: Mapping[str, Role], now: float
) -> Eligibility | None:
    role = roles.get(role_ids.guid(request.role_definition_id))
    if role is None:
        return None
    begins, ends = span(request, now)
    return _of(change, scope, request.principal_id, role, begins=begins, ends=ends)


def _of(
    change: Change,
    scope: str,
    principal: str,
    role: Role,
    *,
    begins: float = -math.inf,
    ends: float = math.inf,
    glass: bool = False,
) -> Eligibility:
    return Eligibility(
        id=change.key,
        principal=principal.lower(),
        role=role,
        scope=scope.lower(),
        place=scope or "/",
        begins=begins,
        ends=ends,
        glass=glass,
    )


def _alike(one: Eligibility, other: Eligibility) -> bool:
    same = (one.principal, one.role.id, one.scope) == (other.principal, other.role.id, other.scope)
    return same and not one.glass
