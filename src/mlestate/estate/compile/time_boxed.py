"""Who may activate which role, on which terms; and who may take one in an emergency."""

from __future__ import annotations

from collections.abc import Iterator

from ...catalog import role_policies
from ...catalog.break_glass import GLASS
from ...catalog.schedule_requests import ELIGIBILITIES
from ..desired import Desired, Json
from ..layout.audiences import grants, group_name
from ..layout.logical import of_assignment, of_workspace
from ..layout.places import Workspace
from ..spec import Eligible, Estate
from .access import Standing, definition, eligible_at
from .identities import eligibility_id, glass_id, object_id

USUAL = "Contributor"


def eligibilities(estate: Estate, workspaces: list[Workspace]) -> Iterator[Desired]:
    standing = Standing(workspaces)
    for audience, role, environment in grants(estate):
        group = object_id(estate.id, "Group", group_name(estate, audience, role, environment))
        for scope, name, terms, workspace, what in eligible_at(
            estate, audience, role, environment, standing
        ):
            given = definition(estate, name)
            yield from _terms(estate, scope, given, terms)
            key = of_assignment(audience, workspace, role, f"eligible {what}") if workspace else ""
            yield _eligibility(scope, given, group, key)


def glasses(estate: Estate, workspaces: list[Workspace]) -> Iterator[Desired]:
    for workspace in workspaces:
        said = workspace.settings.break_glass
        for who in said.who if said else ():
            assert said is not None
            role = definition(estate, said.role or USUAL)
            properties: dict[str, Json] = {
                "principalId": object_id(estate.id, estate.principals[who], who),
                "roleDefinitionId": role,
                "maximumDuration": f"PT{said.hours or 1}H",
            }
            name = glass_id(workspace.group, role, who)
            key = of_workspace(workspace, f"break glass of {who}")
            id = f"{workspace.group}/providers/{GLASS}/{name}"
            yield Desired(id, GLASS, {"properties": properties}, key=key)


def _terms(estate: Estate, scope: str, role: str, terms: Eligible) -> Iterator[Desired]:
    kinds = ((estate.principals[name], name) for name in terms.approvers)
    approvers = [(kind, object_id(estate.id, kind, name)) for kind, name in kinds]
    policy = role_policies.policy_id(scope, role)
    rules = role_policies.rules(terms.hours, approvers)
    yield Desired(policy, role_policies.POLICIES, {"properties": {"rules": rules}})
    said: dict[str, Json] = {"roleDefinitionId": role, "policyId": policy}
    link = role_policies.assignment_id(scope, role)
    yield Desired(link, role_policies.ASSIGNMENTS, {"properties": said})


def _eligibility(scope: str, role: str, principal: str, key: str) -> Desired:
    properties: dict[str, Json] = {
        "roleDefinitionId": role,
        "principalId": principal,
        "requestType": "AdminAssign",
        "scheduleInfo": {"expiration": {"type": "NoExpiration"}},
        # Of what somebody has taken back the request is still there.
        "status": "Provisioned",
    }
    return Desired(
        f"{scope}/providers/{ELIGIBILITIES}/{eligibility_id(scope, role, principal)}",
        ELIGIBILITIES,
        {"properties": properties},
        # Or it would be made on the usual terms first.
        needs=(role_policies.assignment_id(scope, role),),
        key=key,
    )
