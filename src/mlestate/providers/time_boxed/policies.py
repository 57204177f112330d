"""The terms on which roles are activated, and which role has which."""

from __future__ import annotations

from ...catalog.role_policies import (
    ASSIGNMENTS,
    POLICIES,
    Terms,
    assignment_id,
    policy_id,
    rules,
    terms,
)
from ...core import ids, role_ids, validate
from ...core.errors import Conflict, Invalid
from ...core.ids import ResourceId
from ...core.lifecycle import Lifecycle, Work
from ...core.resource import Change
from ...store.resources import Resources
from .asked import People, role_of


class Policies(Lifecycle):
    kind = POLICIES

    def __init__(self, people: People):
        self.people = people

    def admit(self, work: Work, change: Change) -> None:
        faults = [
            ("$.properties.rules", f"there is nobody with the object id `{id}` to approve")
            for id in terms(change.properties).approvers
            if self.people.kind_of(work, id) not in ("User", "Group")
        ]
        if faults:
            raise validate.refusal(faults)


class PolicyAssignments(Lifecycle):
    kind = ASSIGNMENTS

    def admit(self, work: Work, change: Change) -> None:
        policy = str(change.properties["policyId"])
        if work.find(ids.parse(policy)) is None:
            raise Invalid(
                f"there is no policy `{policy}`",
                code="RoleManagementPolicyNotFound",
                target="$.properties.policyId",
            )
        for other in Resources(work.connection).extensions(ASSIGNMENTS, change.id.parent.key):
            if other.id.key != change.id.key and role_of(other) == role_of(change):
                raise Conflict(
                    f"the role has a policy here already: `{other.id}`",
                    code="RoleManagementPolicyAssignmentExists",
                )


def ensure(work: Work, scope: ResourceId, role: str) -> None:
    """What is usual, where nothing is said of a role (a definition's id) at a scope yet."""
    if _policy_of(work, scope, role_ids.guid(role)):
        return
    policy = policy_id(str(scope), role)
    work.put(ids.parse(policy), {"properties": {"rules": rules()}})
    said = {"roleDefinitionId": role, "policyId": policy}
    work.put(ids.parse(assignment_id(str(scope), role)), {"properties": said})


def terms_at(work: Work, scope: ResourceId, role: str) -> Terms | None:
    """`role` is a GUID in lower case. None where no policy says anything."""
    policy = _policy_of(work, scope, role)
    found = work.find(ids.parse(policy)) if policy else None
    return terms(found.properties) if found else None


def _policy_of(work: Work, scope: ResourceId, role: str) -> str:
    for each in Resources(work.connection).extensions(ASSIGNMENTS, scope.key):
        if role_of(each) == role:
            return str(each.properties["policyId"])
    return ""
