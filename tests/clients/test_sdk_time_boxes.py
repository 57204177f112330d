"""Privileged Identity Management with `azure-mgmt-authorization`, unmodified, in processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import Running, running

pytest.importorskip("azure.mgmt.authorization")
ACTS = Path(__file__).parent / "acts_of_time_boxes.py"
SUBSCRIPTION = "/subscriptions/11111111-1111-1111-1111-111111111111"
SCOPE = f"{SUBSCRIPTION}/resourceGroups/rg-churn-prod"
ROLES = "prod: {eligible: AzureML Data Scientist, hours: 4, approvers: leads}"
FILE = f"""
schema: 1
id: boxed
azure: {{tenant: boxed.example, subscriptions: {{one: {SUBSCRIPTION.rpartition("/")[2]}}}}}
regions: {{home: westeurope}}
environments: {{prod: {{subscription: one}}}}
roles: {{engineer: {{{ROLES}}}}}
groups: {{leads: {{name: Leads}}, engineering: {{name: Engineering}}}}
people:
  mia: {{name: Mia, groups: [engineering]}}
  ben: {{name: Ben, groups: [leads]}}
  eve: {{name: Eve}}
divisions:
  claims:
    workspacePer: project
    environments: [prod]
    costcenter: "1"
    owner: mia
    members: {{engineer: engineering}}
    projects: {{churn: {{}}}}
"""


def plays(estate: Running, user: str, act: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(ACTS), act, estate.origin, *arguments],
        env=estate.variables(user),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def test_azures_client_drives_it_and_a_file_says_it(tmp_path: Path):
    file = tmp_path / "estate.yaml"
    file.write_text(FILE)
    with running(tmp_path / "data", file) as estate:
        assert "nothing to do" in estate.mlestate("plan", str(file))
        eve, leads = (
            json.loads(estate.mlestate("get", kind, name, "-o", "json"))["objectId"]
            for kind, name in (("user", "eve"), ("group", "leads"))
        )
        plays(estate, "admin", "administrator", SCOPE, eve, leads)
        approval = plays(estate, "eve", "engineer", SCOPE, eve)
        plays(estate, "ben", "approver", approval)
        # What was acknowledged is there after a kill.
        estate.kill_api()
        estate.start()
        plays(estate, "eve", "holder", SCOPE, eve)
        # Somebody takes back what the file says: it is seen, and put right.
        _take_back(estate)
        plan = _plan(estate, file)
        assert "`AzureML Data Scientist` on `mlw-churn-prod` within reach of `" in plan
        assert '"Revoked" -> "Provisioned"' in plan
        estate.mlestate("apply", str(file))
        assert "nothing to do" in estate.mlestate("plan", str(file))


def _take_back(estate: Running) -> None:
    rows = json.loads(estate.mlestate("list", "eligibility", "-o", "json"))
    row, *_ = [each for each in rows if "/workspaces/" in each["id"]]
    said = row["properties"]
    body = {name: said[name] for name in ("principalId", "roleDefinitionId")}
    name = "44444444-4444-4444-4444-444444444444"
    kind = "Microsoft.Authorization/roleEligibilityScheduleRequests"
    file = estate.data / "remove.json"
    file.write_text(json.dumps({"properties": {**body, "requestType": "AdminRemove"}}))
    estate.mlestate("put", kind, f"{said['scope']}/providers/{kind}/{name}", "-f", str(file))


def _plan(estate: Running, file: Path) -> str:
    command = [*estate.command, "plan", str(file)]
    return subprocess.run(command, env=estate.environment, capture_output=True, text=True).stdout
