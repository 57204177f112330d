"""A few people, groups in groups, and a resource group: for roles that are held for a time."""

from __future__ import annotations

import uuid
from typing import Any

from tests.access.asking import Answer, House, Request
from tests.access.two_workspaces import AUTHORIZATION, READER, REGION, SUBSCRIPTION, A, assigned

HOUR = 3600.0
REQUESTS = "roleAssignmentScheduleRequests"
POLICIES = f"{AUTHORIZATION}/roleManagementPolicies"


class Team(House):
    """Mia is in `engineering`, which is in `outer`; ben and pat approve, pat may ask as well."""

    def build(self) -> Team:
        self.ids = {name: self.person(name) for name in ("mia", "ben", "pat", "sam")}
        self.groups = {
            name: self.group(name, *members)
            for name, members in {
                "engineering": ("mia", "pat"),
                "outer": ("engineering",),
                "leads": ("ben", "pat"),
                "approvers": ("leads",),
            }.items()
        }
        self.put(SUBSCRIPTION, {"properties": {}})
        self.put(A.group, {"location": REGION})
        return self

    def group(self, name: str, *members: str) -> str:
        made = self.made("admin", Request("PUT", f"/estate/v1/groups/{name}", {"members": members}))
        return str(made.json()["objectId"])

    def put(self, id: str, body: Any, who: str = "admin") -> Answer:
        return self.made(who, Request("PUT", id, body))

    def eligible(self, principal: str, role: str = READER, at: str = A.group, **said: Any) -> str:
        body = {**assigned(role, principal), "requestType": "AdminAssign", **said}
        id = f"{at}/providers/{AUTHORIZATION}/roleEligibilityScheduleRequests/{uuid.uuid4()}"
        self.put(id, {"properties": body})
        return id

    def approved(self, by: str, at: str = A.group) -> None:
        """Every activation of Reader at the group needs an approval from now on."""
        listed = self.made("admin", Request("GET", f"{at}/providers/{POLICIES}")).json()
        stage = {"primaryApprovers": [{"userType": "Group", "id": by}]}
        rule = {
            "id": "Approval_EndUser_Assignment",
            "ruleType": "RoleManagementPolicyApprovalRule",
            "setting": {"isApprovalRequired": True, "approvalStages": [stage]},
        }
        id = listed["value"][0]["id"]
        self.made("admin", Request("PATCH", id, {"properties": {"rules": [rule]}}))

    def asks(self, who: str, type: str = "SelfActivate", length: str = "PT30M", **said: Any) -> Any:
        return self.ask(who, self.request(who, type, length, **said))

    def request(self, who: str, type: str, length: str = "PT30M", **said: Any) -> Request:
        at, name = said.pop("at", A.group), said.pop("name", str(uuid.uuid4()))
        body = {
            **assigned(said.pop("role", READER), said.pop("principal", self.ids.get(who, ""))),
            "requestType": type,
            "justification": "because",
            "scheduleInfo": {"expiration": {"type": "AfterDuration", "duration": length}},
            **said,
        }
        id = f"{at}/providers/{AUTHORIZATION}/{REQUESTS}/{name}"
        return Request("PUT", id, {"properties": body})

    def decides(self, who: str, request: Any, result: str = "Approve", why: str = "yes") -> Answer:
        approval = request.json()["properties"]["approvalId"]
        stage = f"{approval}/stages/{approval.rpartition('/')[2]}"
        said = {"reviewResult": result, "justification": why}
        return self.ask(who, Request("PUT", stage, {"properties": said}))

    def sees(self, who: str) -> int:
        return self.get(who, A.group).status

    def ahead(self, seconds: float) -> None:
        self.clock.ahead += seconds


def until(answer: Any) -> str:
    assert answer.status == 201, answer.text
    return str(answer.json()["properties"]["activeUntil"])
