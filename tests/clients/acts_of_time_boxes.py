"""What an administrator, an engineer and an approver do with `azure-mgmt-authorization`."""

from __future__ import annotations

import sys
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential
from azure.mgmt.authorization import AuthorizationManagementClient

READER = "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"


def client(origin: str, api_version: str | None = None) -> Any:
    more = {"api_version": api_version} if api_version else {}
    return AuthorizationManagementClient(
        DefaultAzureCredential(),
        "11111111-1111-1111-1111-111111111111",
        base_url=origin,
        credential_scopes=[f"{origin}/.default"],
        **more,
    )


def administrator(origin: str, scope: str, engineer: str, approvers: str) -> None:
    """Makes somebody eligible, asks for approvals, and sees what a file has made."""
    client_ = client(origin)
    made = client_.role_eligibility_schedule_requests.create(
        scope,
        str(uuid.uuid4()),
        {
            "properties": {
                "principalId": engineer,
                "roleDefinitionId": READER,
                "requestType": "AdminAssign",
                "justification": "on call",
                "scheduleInfo": {
                    "startDateTime": datetime.now(UTC).isoformat(),
                    "expiration": {"type": "AfterDuration", "duration": "P180D"},
                },
            }
        },
    )
    assert (made.status, made.principal_type) == ("Provisioned", "User")
    again = client_.role_eligibility_schedule_requests.get(scope, made.name)
    assert again.request_type == "AdminAssign"
    schedules = list(client_.role_eligibility_schedules.list_for_scope(scope))
    assert engineer in {each.principal_id for each in schedules}
    one = client_.role_eligibility_schedules.get(scope, made.name)
    assert one.end_date_time is not None
    [link] = [
        each
        for each in client_.role_management_policy_assignments.list_for_scope(scope)
        if each.role_definition_id.endswith(READER)
    ]
    policy = client_.role_management_policies.get(scope, link.policy_id.rpartition("/")[2])
    assert {rule.rule_type for rule in policy.effective_rules} == {
        "RoleManagementPolicyExpirationRule",
        "RoleManagementPolicyEnablementRule",
        "RoleManagementPolicyApprovalRule",
    }
    [approval] = [each for each in policy.rules if each.id == "Approval_EndUser_Assignment"]
    approval.setting = {
        "isApprovalRequired": True,
        "approvalStages": [{"primaryApprovers": [{"userType": "Group", "id": approvers}]}],
    }
    changed = client_.role_management_policies.update(scope, policy.name, {"rules": [approval]})
    assert len(changed.rules) == 3
    link = client_.role_management_policy_assignments.create(scope, link.name, link)
    # However it was written, the role has the id that it has in the subscription.
    subscription = scope.partition("/resourceGroups/")[0]
    assert {each.role_definition_id for each in (made, again, one, link)} == {
        f"{subscription}{READER}"
    }
    assert link.policy_id == changed.id


def engineer(origin: str, scope: str, me: str) -> None:
    """Asks for what they are eligible for."""
    client_ = client(origin)
    [found] = client_.role_eligibility_schedule_instances.list_for_scope(scope, "asTarget()")
    assert found.expanded_properties.role_definition.display_name == "Reader"
    one = client_.role_eligibility_schedule_instances.get(scope, found.name)
    assert one.role_eligibility_schedule_id == found.role_eligibility_schedule_id
    below = list(client_.eligible_child_resources.get(scope.rpartition("/resourceGroups/")[0][1:]))
    assert [each.type for each in below] == ["Microsoft.Resources/subscriptions/resourceGroups"]
    too_long = _request(me, "PT9H")
    with pytest.raises(HttpResponseError, match="longer than the 8 hours"):
        client_.role_assignment_schedule_requests.create(scope, str(uuid.uuid4()), too_long)
    asked = client_.role_assignment_schedule_requests.create(
        scope, str(uuid.uuid4()), _request(me, "PT2H")
    )
    assert asked.status == "PendingApproval"
    print(asked.approval_id)


def approver(origin: str, approval: str) -> None:
    client_ = client(origin, "2021-01-01-preview")
    [waits] = client_.role_assignment_approval.list()
    assert waits.id == approval
    found = client_.role_assignment_approval.get_by_id(waits.name)
    [stage] = found.stages
    assert (stage.status, stage.assigned_to_me) == ("InProgress", True)
    [same] = client_.role_assignment_approval_steps.list(waits.name).value
    said = {"reviewResult": "Approve", "justification": "go ahead"}
    step = client_.role_assignment_approval_step
    done = step.patch(waits.name, same.name, said)
    assert (done.status, done.review_result) == ("Completed", "Approve")
    assert step.get_by_id(waits.name, same.name).justification == "go ahead"


def holder(origin: str, scope: str, me: str) -> None:
    """Holds it, and gives it back."""
    client_ = client(origin)
    [held] = client_.role_assignment_schedule_instances.list_for_scope(scope, "asTarget()")
    assert held.assignment_type == "Activated"
    lasts = held.end_date_time - held.start_date_time
    assert lasts.total_seconds() == 2 * 3600
    assert client_.role_assignment_schedules.get(scope, held.name).principal_id == me
    requests = list(client_.role_assignment_schedule_requests.list_for_scope(scope))
    assert [each.status for each in requests] == ["Provisioned"]
    given_back = client_.role_assignment_schedule_requests.create(
        scope, str(uuid.uuid4()), _request(me, "", "SelfDeactivate")
    )
    assert given_back.status == "Revoked"
    assert not list(client_.role_assignment_schedule_instances.list_for_scope(scope, "asTarget()"))
    asked = client_.role_assignment_schedule_requests.create(
        scope, str(uuid.uuid4()), _request(me, "PT1H")
    )
    client_.role_assignment_schedule_requests.cancel(scope, asked.name)
    shown = client_.role_assignment_schedule_requests.get(scope, asked.name)
    assert shown.status == "Canceled"


def _request(me: str, length: str, type: str = "SelfActivate") -> dict[str, Any]:
    expiration = {"type": "AfterDuration", "duration": length}
    said: dict[str, Any] = {
        "principalId": me,
        "roleDefinitionId": READER,
        "requestType": type,
        "justification": "the nightly run failed",
    }
    return {
        "properties": {**said, **({"scheduleInfo": {"expiration": expiration}} if length else {})}
    }


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
