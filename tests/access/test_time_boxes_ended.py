"""What is left of a role when it has ended, and emergencies."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from mlestate.app.upkeep import duties
from mlestate.cli.requests import reported
from mlestate.control.announcing import Announcement
from mlestate.store import activity
from tests.access.asking import House, Request
from tests.access.team import REQUESTS, Team, until
from tests.access.two_workspaces import (
    AUTHORIZATION,
    BLOB_OWNER,
    CONTRIBUTOR,
    OWNER,
    REGION,
    SCIENTIST,
    A,
    Two,
    assigned,
)

GLASS = "Mlestate.Organization/breakGlass"


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
    told = team.get("mia", report).json()
    ends = {each["resource"]: (each["status"], each["code"]) for each in told["value"]}
    assert ends[account.lower()] == ("Succeeded", 200)
    assert ends[grant.lower()] == ("Failed", 403)
    said = reported(told).splitlines()
    [tried] = [line.split() for line in said if line.endswith(grant.lower())]
    assert "Denied" in tried
    assert "Succeeded" not in tried


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
    token = fresh.job_token(name, mia)
    read = Request("GET", f"{A.workspace}/jobs/mias")
    assert fresh.ask(token, read).status == 200
    # A job takes no role for who submitted it.
    own = Request("PUT", f"{A.workspace}/providers/{AUTHORIZATION}/{REQUESTS}/{uuid.uuid4()}", {})
    assert fresh.ask(token, own).status == 403
    fresh.clock.ahead += 30 * 60 + 1
    assert fresh.ask("", Request("GET", listing)).status == 403
    assert fresh.ask(token, read).status == 403
    assert fresh.ask("mia", read).status == 403


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


def stand(team: Team) -> None:
    team.put(A.group, {"location": REGION})
    team.put(A.account, {"location": REGION})
    standing = {"storageAccount": A.account}
    team.put(A.workspace, {"location": REGION, "properties": standing})


@pytest.mark.parametrize("scope", [A.group, A.workspace])
def test_what_was_held_on_a_thing_that_goes_is_not_held_on_its_namesake(team: Team, scope: str):
    """A role that was activated, a glass that was broken, and what could be taken once more."""
    stand(team)
    glass = f"{scope}/providers/{GLASS}/{uuid.uuid4()}"
    team.put(glass, {"properties": assigned(CONTRIBUTOR, team.ids["mia"])})
    team.eligible(team.ids["mia"], at=scope)
    until(team.asks("mia", at=scope))
    until(team.asks("mia", at=scope, role=CONTRIBUTOR, linkedRoleEligibilityScheduleId=glass))
    assert team.get("mia", scope).status == 200
    team.made("admin", Request("DELETE", scope))
    team.work()
    assert team.get("admin", scope).status == 404
    stand(team)
    assert team.get("mia", scope).status == 403
    again = team.asks("mia", at=scope)
    assert (again.status, again.code) == (403, "AuthorizationFailed"), again.text
    for kind in ("roleEligibilityScheduleInstances", "roleAssignmentScheduleInstances"):
        mine = f"/providers/{AUTHORIZATION}/{kind}?$filter=asTarget()"
        assert team.made("mia", Request("GET", mine)).json()["value"] == []


def test_a_role_that_can_be_activated_is_not_deleted(team: Team):
    role = f"{A.group}/providers/{AUTHORIZATION}/roleDefinitions/{uuid.uuid4()}"
    said = {"permissions": [{"actions": ["*/read"]}], "assignableScopes": [A.group]}
    team.put(role, {"properties": {"roleName": "looker", **said}})
    eligible = team.eligible(team.ids["mia"], role=role.rpartition("/")[2])
    assert team.ask("admin", Request("DELETE", role)).code == "RoleDefinitionHasAssignments"
    until(team.asks("mia", role=role.rpartition("/")[2]))
    assert team.sees("mia") == 200
    team.made("admin", Request("DELETE", eligible))
    team.made("admin", Request("DELETE", role))
    assert team.sees("mia") == 403
