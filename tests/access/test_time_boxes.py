"""Roles that are held for a time, in a real estate: nothing before, nothing after, and nobody's
own decision. The clock is put ahead, by less than a token lasts where one is used."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlestate.app.upkeep import duties
from mlestate.control.announcing import Announcement
from mlestate.store import activity
from tests.access.asking import Answer, House, Request
from tests.access.two_workspaces import (
    AUTHORIZATION,
    BLOB_OWNER,
    OWNER,
    READER,
    REGION,
    SCIENTIST,
    SUBSCRIPTION,
    A,
    Two,
    assigned,
)

HOUR = 3600.0
REQUESTS = "roleAssignmentScheduleRequests"
GLASS = "Mlestate.Organization/breakGlass"


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
        self.told: list[Announcement] = []
        return self

    def group(self, name: str, *members: str) -> str:
        made = self.made("admin", Request("PUT", f"/estate/v1/groups/{name}", {"members": members}))
        return str(made.json()["objectId"])

    def put(self, id: str, body: Any, who: str = "admin") -> Answer:
        return self.made(who, Request("PUT", id, body))

    def eligible(self, principal: str, role: str = READER, **said: Any) -> str:
        body = {**assigned(role, principal), "requestType": "AdminAssign", **said}
        id = f"{A.group}/providers/{AUTHORIZATION}/roleEligibilityScheduleRequests/{uuid.uuid4()}"
        self.put(id, {"properties": body})
        return id

    def approved(self, by: str) -> None:
        """Every activation of Reader at the group needs an approval from now on."""
        listed = self.made("admin", Request("GET", f"{A.group}/providers/{POLICIES}")).json()
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
        body = {
            **assigned(said.pop("role", READER), said.pop("principal", self.ids.get(who, ""))),
            "requestType": type,
            "justification": "because",
            "scheduleInfo": {"expiration": {"type": "AfterDuration", "duration": length}},
            **said,
        }
        id = f"{A.group}/providers/{AUTHORIZATION}/{REQUESTS}/{uuid.uuid4()}"
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


POLICIES = f"{AUTHORIZATION}/roleManagementPolicies"


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    house = Team(tmp_path)
    try:
        yield house.build()
    finally:
        house.close()


def until(answer: Any) -> str:
    assert answer.status == 201, answer.text
    return str(answer.json()["properties"]["activeUntil"])


def test_who_is_eligible_holds_nothing_and_is_told_what_they_could_do(team: Team):
    team.eligible(team.groups["outer"])
    refused = team.get("mia", A.group)
    assert refused.status == 403
    assert "You may activate the role `Reader`" in refused.json()["error"]["message"]
    assert f'mlestate access activate "Reader" {A.group}' in refused.json()["error"]["message"]
    assert "may activate" not in team.get("sam", A.group).text
    assert team.get("mia", "/subscriptions").json()["value"] == []


def test_it_is_held_to_its_last_second_with_the_same_token(team: Team):
    team.eligible(team.groups["outer"])
    team.clock.freeze()
    until(team.asks("mia"))
    assert team.sees("mia") == 200
    team.ahead(30 * 60 - 0.001)
    assert team.sees("mia") == 200
    team.ahead(0.001)
    assert team.sees("mia") == 403


def test_who_leaves_the_group_loses_it_at_the_next_request(team: Team):
    team.eligible(team.groups["outer"])
    until(team.asks("mia"))
    assert team.sees("mia") == 200
    team.group("engineering", "pat")
    assert team.sees("mia") == 403
    assert team.get("mia", "/estate/v1/me").status == 200


def test_an_eligibility_that_is_taken_back_ends_what_rests_on_it(team: Team):
    id = team.eligible(team.groups["outer"])
    until(team.asks("mia"))
    remove = {**assigned(READER, team.groups["outer"]), "requestType": "AdminRemove"}
    team.put(f"{id.rpartition('/')[0]}/{uuid.uuid4()}", {"properties": remove})
    assert team.sees("mia") == 403
    assert team.asks("mia").status == 403
    # Given anew, it brings nothing back.
    team.eligible(team.groups["outer"])
    assert team.sees("mia") == 403
    assert team.get("admin", id).json()["properties"]["status"] == "Revoked"


def test_an_eligibility_has_an_end_of_its_own(team: Team):
    info = {"expiration": {"type": "AfterDuration", "duration": "PT20M"}}
    team.eligible(team.ids["mia"], scheduleInfo=info)
    until(team.asks("mia", length="PT40M"))
    assert team.sees("mia") == 200
    team.ahead(20 * 60 + 1)
    assert team.sees("mia") == 403
    assert team.asks("mia").status == 403
    assert "may activate" not in team.get("mia", A.group).text


def test_all_that_the_terms_refuse_is_said_at_once(team: Team):
    team.eligible(team.ids["mia"])
    refused = team.asks("mia", length="PT9H", justification=" ")
    assert refused.code == "RoleAssignmentRequestPolicyValidationFailed"
    details = refused.json()["error"]["details"]
    assert [each["target"] for each in details] == [
        "$.properties.justification",
        "$.properties.scheduleInfo.expiration",
    ]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"role": OWNER}, 403),
        ({"type": "SelfRenew"}, 400),
        ({"type": "AdminAssign"}, 403),
        ({"type": "AdminRemove"}, 403),
        ({"scheduleInfo": {}}, 400),
        ({"scheduleInfo": {"expiration": {"type": "AfterDuration", "duration": "soon"}}}, 400),
        ({"scheduleInfo": {"startDateTime": "2999-01-01T00:00:00Z"}}, 400),
        ({"condition": "@Resource[x] StringEquals 'y'"}, 400),
        ({"linkedRoleEligibilityScheduleId": str(uuid.uuid4())}, 403),
    ],
)
def test_what_is_no_activation_of_ones_own_is_refused(
    team: Team, said: dict[str, Any], status: int
):
    team.eligible(team.ids["mia"])
    assert team.asks("mia", **said).status == status
    assert team.sees("mia") == 403


def test_nobody_activates_for_somebody_else_or_where_they_are_not_eligible(team: Team):
    team.eligible(team.ids["mia"])
    assert team.asks("mia", principal=team.ids["sam"]).status == 403
    stranger, nowhere = team.asks("sam"), team.request("sam", "SelfActivate")
    other = nowhere.target.replace("quokka", "wombat")
    absent = team.ask("sam", Request("PUT", other, nowhere.body))
    assert (stranger.status, stranger.code) == (absent.status, absent.code)
    assert team.asks("admin", principal=team.ids["mia"]).status == 403


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
    assert team.decides("ben", asked).status == 409
    assert team.sees("mia") == 403


def test_it_is_given_back_or_kept_longer(team: Team):
    team.eligible(team.ids["mia"])
    team.clock.freeze()
    first = until(team.asks("mia"))
    assert team.asks("mia").code == "RoleAssignmentExists"
    assert until(team.asks("mia", "SelfExtend", "PT50M")) > first
    team.ahead(49 * 60)
    assert team.sees("mia") == 200
    assert team.asks("mia", "SelfDeactivate").status == 201
    assert team.sees("mia") == 403
    assert team.asks("mia", "SelfDeactivate").code == "RoleAssignmentDoesNotExist"
    assert team.asks("mia", "SelfExtend").code == "RoleAssignmentDoesNotExist"


def test_an_administrator_gives_a_role_for_a_time_and_takes_it(team: Team):
    given = team.request("admin", "AdminAssign", "PT20M", principal=team.ids["sam"])
    assert team.ask("admin", given).status == 201
    assert team.sees("sam") == 200
    took = team.request("admin", "AdminRemove", principal=team.ids["sam"])
    assert team.ask("admin", took).status == 201
    assert team.sees("sam") == 403


def test_a_repeated_request_is_one_and_a_changed_one_is_refused(team: Team):
    team.eligible(team.ids["mia"])
    request = team.request("mia", "SelfActivate")
    first = team.made("mia", request).json()["properties"]
    team.ahead(60)
    assert team.made("mia", request).json()["properties"]["activeUntil"] == first["activeUntil"]
    longer = {**request.body["properties"], "justification": "another"}
    changed = Request("PUT", request.target, {"properties": longer})
    assert team.ask("mia", changed).code == "RoleAssignmentRequestExists"
    assert team.ask("admin", request).code == "RoleAssignmentRequestExists"
    assert team.ask("sam", request).status == 403


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


def test_the_end_is_written_down_and_told(team: Team):
    told: list[Announcement] = []
    team.estate.ending.announce = lambda work, said: told.append(said)
    team.eligible(team.ids["mia"])
    request = team.asks("mia").json()["id"]
    [duty] = [one for one in duties(team.estate, lambda: None) if "held for a time" in one.name]
    assert duty.do() == 0
    team.ahead(30 * 60 + 1)
    assert duty.do() == 1
    assert duty.do() == 0
    assert [(each.kind, each.resource) for each in told] == [("access.ended", request)]
    with team.estate.cells.estate.read() as connection:
        newest = activity.events(connection)[0]
    assert newest.action == f"{AUTHORIZATION}/roleAssignmentSchedules/delete"
    assert team.get("mia", request).json()["properties"]["status"] == "Revoked"


def test_what_was_activated_is_there_after_a_restart(team: Team, tmp_path: Path):
    team.eligible(team.ids["mia"])
    until(team.asks("mia"))
    tokens = dict(team.tokens)
    team.close()
    again = House(tmp_path)
    try:
        assert again.get(tokens["mia"], A.group).status == 200
        again.clock.ahead += 30 * 60 + 1
        assert again.get(tokens["mia"], A.group).status == 403
    finally:
        again.close()
        team.loop = again.loop


def test_the_glass_is_broken_at_once_announced_and_reported(team: Team):
    told: list[Announcement] = []
    lifecycle: Any = team.estate.plane.lifecycles[f"{AUTHORIZATION}/{REQUESTS}".lower()]
    lifecycle.announce = lambda work, said: told.append(said)
    contributor = "b24988ac-6180-42a0-ab88-20f7382dd24c"
    glass = f"{A.group}/providers/{GLASS}/{uuid.uuid4()}"
    team.put(glass, {"properties": assigned(contributor, team.groups["engineering"])})
    assert "break the glass" in team.get("mia", A.group).text
    # It is not activated unawares.
    assert team.asks("mia", role=contributor).status == 403
    longer = team.asks(
        "mia", role=contributor, linkedRoleEligibilityScheduleId=glass, length="PT2H"
    )
    assert longer.status == 400
    broken = team.asks("mia", role=contributor, linkedRoleEligibilityScheduleId=glass)
    assert broken.json()["properties"]["breakGlass"] is True
    assert [each.kind for each in told] == ["access.glassBroken"]
    account = f"{A.group}/providers/Microsoft.Storage/storageAccounts/stquokka"
    team.put(account, {"location": REGION}, "mia")
    with team.estate.cells.estate.read() as connection:
        actions = [event.action for event in activity.events(connection)]
    assert f"{GLASS}/break/action" in actions
    report = f"/estate/v1/access/report?request={broken.json()['id']}"
    for who in ("mia", "admin"):
        done = team.get(who, report).json()["value"]
        assert ("Microsoft.Storage/storageAccounts/write", account.lower()) in [
            (each["action"], each["resource"]) for each in done
        ]
    assert team.get("sam", report).status == 403
    assert team.get("ben", report).status == 403
    # It lets nobody in.
    grant = f"{A.group}/providers/{AUTHORIZATION}/roleAssignments/{uuid.uuid4()}"
    forever = Request("PUT", grant, {"properties": assigned(OWNER, team.ids["mia"])})
    assert team.ask("mia", forever).status == 403


def test_signatures_and_jobs_end_with_the_role(fresh: Two):
    """A signature that mia made while she held the role opens nothing afterwards."""
    mia = fresh.person("mia")
    for role, scope in ((SCIENTIST, A.workspace), (BLOB_OWNER, A.account)):
        said = {**assigned(role, mia), "requestType": "AdminAssign"}
        kind = "roleEligibilityScheduleRequests"
        fresh.put(f"{scope}/providers/{AUTHORIZATION}/{kind}/{uuid.uuid4()}", {"properties": said})
        request = {
            **assigned(role, mia),
            "requestType": "SelfActivate",
            "justification": "because",
            "scheduleInfo": {"expiration": {"type": "AfterDuration", "duration": "PT30M"}},
        }
        id = f"{scope}/providers/{AUTHORIZATION}/{REQUESTS}/{uuid.uuid4()}"
        fresh.put(id, {"properties": request}, "mia")
    signature = fresh.sas_of("mia", A)
    container = fresh.container_of("mia", A)
    listing = f"{A.blobs}/{container}?restype=container&comp=list&{signature.lstrip('?')}"
    assert fresh.ask("", Request("GET", listing)).status == 200
    job = {
        "jobType": "Command",
        "command": "echo",
        "environmentId": "azureml:numbat-environments:1",
    }
    body = {**job, "computeId": f"{A.workspace}/computes/numbat-cpu", "experimentName": "x"}
    name = f"{A.workspace}/jobs/mias"
    fresh.put(name, {"properties": body}, "mia")
    token = job_token(fresh, name, mia)
    read = Request("GET", f"{A.workspace}/jobs/mias")
    assert fresh.ask(token, read).status == 200
    # A job takes no role for who submitted it.
    own = Request("PUT", f"{A.workspace}/providers/{AUTHORIZATION}/{REQUESTS}/{uuid.uuid4()}", {})
    assert fresh.ask(token, own).status == 403
    fresh.clock.ahead += 30 * 60 + 1
    assert fresh.ask("", Request("GET", listing)).status == 403
    assert fresh.ask(token, read).status == 403
    assert fresh.ask("mia", read).status == 403


def job_token(house: House, job: str, principal: str) -> str:
    """As the agent would get it for a job that it runs."""
    estate = house.estate
    estate.live.hear("test", {job.lower(): 7})
    submitter = estate.identities.directory.by_id(principal)
    assert submitter is not None
    return estate.identities.tokens.for_job(job, 7, submitter)


def test_what_is_deleted_leaves_nothing_dangling(team: Team):
    team.eligible(team.ids["mia"])
    team.approved(team.groups["approvers"])
    asked = team.asks("mia").json()
    approval = asked["properties"]["approvalId"]
    eligible = team.eligible(team.ids["sam"])
    team.made("admin", Request("DELETE", "/estate/v1/users/sam"))
    team.estate.ending.tidy()
    assert team.get("admin", eligible).status == 404
    assert team.get("admin", approval).status == 200
    team.made("admin", Request("DELETE", A.group))
    team.work()
    team.estate.ending.tidy()
    assert team.get("admin", approval).status == 404
    assert json.dumps(team.get("mia", f"/providers/{AUTHORIZATION}/{REQUESTS}").json()) == (
        '{"value": []}'
    )
