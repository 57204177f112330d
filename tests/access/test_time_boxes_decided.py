"""Requests for a role that wait for somebody: who decides, and who does not."""

from __future__ import annotations

from tests.access.asking import REGION, Request
from tests.access.team import HOUR, POLICIES, REQUESTS, Team
from tests.access.two_workspaces import (
    AUTHORIZATION,
    A,
    B,
)


def test_it_waits_for_somebody_elses_approval(team: Team):
    team.eligible(team.groups["outer"])
    team.approved(team.groups["approvers"])
    asked = team.asks("mia")
    assert asked.json()["properties"]["status"] == "PendingApproval"
    assert team.sees("mia") == 403
    assert team.asks("mia").code == "PendingRoleAssignmentRequest"
    for who, code in (("mia", "NotAnApprover"), ("sam", "AuthorizationFailed")):
        assert (team.decides(who, asked).status, team.decides(who, asked).code) == (403, code)
    # An Owner is none of the approvers.
    assert team.decides("admin", asked).code == "NotAnApprover"
    assert team.decides("ben", asked, why="").status == 400
    assert team.sees("mia") == 403
    # Ben approves through a group in the group.
    assert team.decides("ben", asked).status == 200
    assert team.sees("mia") == 200
    assert team.decides("pat", asked, "Deny").code == "ApprovalIsOver"
    request = team.get("mia", asked.json()["id"]).json()["properties"]
    assert request["decision"]["by"]["principalName"] == "ben"
    assert request["decision"]["reason"] == "yes"


def test_an_approver_does_not_approve_their_own(team: Team):
    team.eligible(team.groups["outer"])
    team.approved(team.groups["approvers"])
    asked = team.asks("pat")
    assert team.decides("pat", asked).code == "OwnRequest"
    assert team.sees("pat") == 403
    assert team.decides("ben", asked).status == 200
    assert team.sees("pat") == 200


def test_who_left_the_approvers_decides_nothing(team: Team):
    team.eligible(team.groups["outer"])
    team.approved(team.groups["approvers"])
    asked = team.asks("mia")
    team.group("leads", "pat")
    assert team.decides("ben", asked).status == 403
    assert team.get("ben", asked.json()["properties"]["approvalId"]).status == 403
    assert team.decides("pat", asked).status == 200


def test_what_was_refused_or_cancelled_gives_nothing(team: Team):
    team.eligible(team.groups["outer"])
    team.approved(team.groups["approvers"])
    refused = team.asks("mia")
    assert team.decides("ben", refused, "Deny", "not today").status == 200
    shown = team.get("mia", refused.json()["id"]).json()["properties"]
    assert (shown["status"], shown["decision"]["reason"]) == ("Denied", "not today")
    taken_back = team.asks("mia")
    cancel = Request("POST", f"{taken_back.json()['id']}/cancel", {})
    assert team.ask("ben", cancel).status == 403
    assert team.ask("mia", cancel).status == 200
    assert team.decides("ben", taken_back).code == "ApprovalIsOver"
    assert team.ask("mia", cancel).status == 409
    assert team.sees("mia") == 403


def test_a_request_that_nobody_decides_is_over_after_a_day(team: Team):
    team.eligible(team.groups["outer"])
    team.approved(team.groups["approvers"])
    asked = team.asks("mia")
    team.ahead(24 * HOUR + 1)
    team.log_in()
    for name in ("mia", "ben"):
        team.tokens[name] = team.again(name)
    assert team.decides("ben", asked).code == "ApprovalIsOver"
    shown = team.get("mia", asked.json()["id"]).json()["properties"]
    assert shown["status"] == "TimedOut"
    assert team.sees("mia") == 403
    assert team.asks("mia").status == 201


def test_who_is_not_eligible_any_more_is_not_approved(team: Team):
    id = team.eligible(team.ids["mia"])
    team.approved(team.groups["approvers"])
    asked = team.asks("mia")
    assert team.ask("admin", Request("DELETE", id)).status == 200
    assert team.decides("ben", asked).code == "ApprovalIsOver"
    approval = team.get("ben", asked.json()["properties"]["approvalId"]).json()["properties"]
    stages = [stage["properties"]["status"] for stage in approval["stages"]]
    assert (approval["status"], stages) == ("Revoked", ["Revoked"])
    assert team.sees("mia") == 403


def test_an_eligibility_waits_for_nobody_and_is_not_cancelled(team: Team):
    id = team.eligible(team.ids["mia"])
    cancel = Request("POST", f"{id}/cancel", {})
    assert team.ask("mia", cancel).status == 403
    assert team.ask("admin", cancel).code == "RoleAssignmentRequestNotPending"
    assert team.asks("mia").status == 201


def test_everybody_sees_their_own_requests_and_those_they_decide(team: Team):
    team.eligible(team.groups["outer"])
    team.approved(team.groups["approvers"])
    asked = team.asks("mia")
    everywhere = f"/providers/{AUTHORIZATION}/{REQUESTS}"

    def seen(who: str, target: str = everywhere) -> list[str]:
        return [row["id"] for row in team.get(who, target).json()["value"]]

    id = asked.json()["id"]
    assert seen("mia") == seen("ben") == seen("admin") == [id]
    assert seen("sam") == []
    assert seen("mia", f"{A.group}{everywhere}") == [id]
    approvals = f"/providers/{AUTHORIZATION}/roleAssignmentApprovals"
    assert len(seen("ben", approvals)) == 1
    assert seen("sam", approvals) == []
    instances = f"/providers/{AUTHORIZATION}/roleEligibilityScheduleInstances"
    assert len(seen("mia", instances)) == len(seen("admin", instances)) == 1
    assert seen("sam", instances) == []


def test_without_anybody_to_approve_it_is_not_asked_for(team: Team):
    team.eligible(team.ids["mia"])
    team.approved(team.groups["approvers"])
    team.made("admin", Request("DELETE", "/estate/v1/groups/approvers"))
    assert team.asks("mia").code == "NoApproverLeft"
    assert team.sees("mia") == 403


def test_a_policy_says_what_is_not_offered(team: Team):
    team.eligible(team.ids["mia"])
    [policy] = team.get("admin", f"{A.group}/providers/{POLICIES}").json()["value"]
    kind = "RoleManagementPolicy{}Rule"
    rules = [
        {
            "id": "Enablement_EndUser_Assignment",
            "ruleType": kind.format("Enablement"),
            "enabledRules": ["MultiFactorAuthentication"],
        },
        {
            "id": "Expiration_EndUser_Assignment",
            "ruleType": kind.format("Expiration"),
            "maximumDuration": "P2D",
        },
        {
            "id": "Approval_EndUser_Assignment",
            "ruleType": kind.format("Approval"),
            "setting": {"isApprovalRequired": True, "approvalStages": [{}]},
        },
    ]
    refused = team.ask("admin", Request("PATCH", policy["id"], {"properties": {"rules": rules}}))
    assert refused.status == 400
    assert {each["target"] for each in refused.json()["error"]["details"]} == {
        "$.properties.rules[0].enabledRules[0]",
        "$.properties.rules[1].maximumDuration",
        "$.properties.rules[2].setting.approvalStages[0].primaryApprovers",
    }


def test_an_approval_is_of_one_request_whatever_another_is_called(team: Team):
    """Who asks names their request; the same name at another scope, or after it was taken back, is
    another request."""
    team.eligible(team.groups["outer"])
    team.approved(team.groups["approvers"])
    asked = team.asks("pat")
    name = asked.json()["name"]
    team.put(B.group, {"location": REGION})
    team.eligible(team.ids["mia"], at=B.group)
    team.approved(team.groups["approvers"], at=B.group)
    alike = team.ask("mia", team.request("mia", "SelfActivate", at=B.group, name=name))
    assert (alike.status, alike.json()["name"]) == (201, name), alike.text
    assert team.decides("ben", asked).status == 200
    assert (team.sees("pat"), team.get("mia", B.group).status) == (200, 403)
    assert team.get("mia", alike.json()["id"]).json()["properties"]["status"] == "PendingApproval"
    # Taken back and asked again under the same name, it waits for a decision of its own.
    team.made("admin", Request("DELETE", alike.json()["id"]))
    again = team.ask("mia", team.request("mia", "SelfActivate", at=B.group, name=name))
    assert again.status == 201, again.text
    assert team.decides("ben", alike).status == 403
    assert team.get("mia", B.group).status == 403
    assert team.decides("ben", again).status == 200
    assert team.get("mia", B.group).status == 200
