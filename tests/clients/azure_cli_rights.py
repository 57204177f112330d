"""The Azure CLI's answers to who may do what, and since when. Wants what `azure_cli.sh` wants, and
its login."""

from __future__ import annotations

import json
import os
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from azure_cli_act import HERE, az

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
GROUP = f"{HERE}/resourceGroups/rg-rights"
WHO = ("principalName", "roleName", "action", "scopeName", "scopeType")


def ask(kind: str, **said: Any) -> None:
    """PUT a request for a role for some time."""
    role = f"{HERE}/providers/Microsoft.Authorization/roleDefinitions/{READER}"
    length = {"expiration": {"type": "AfterDuration", "duration": "PT1H"}}
    said = {"roleDefinitionId": role, "justification": "rights", "scheduleInfo": length, **said}
    body = json.dumps({"properties": said})
    url = f"{GROUP}/providers/Microsoft.Authorization/{kind}/{uuid.uuid4()}?api-version=2020-10-01"
    az(f"rest --method put --url {url} --body '{body}'")


def held_for_a_time() -> None:
    ana = os.environ["PERSON"]
    principal = az(f"ad user show --id {ana}")["id"]
    ask("roleAssignmentScheduleRequests", principalId=principal, requestType="AdminAssign")
    lists = (
        f"--assignee {ana} -g rg-rights",
        f"--assignee {ana} --all",
        f"--assignee {ana} -g rg-rights --include-inherited",
        f"--assignee {ana} --scope {GROUP}",
        "-g rg-rights",
    )
    for said in lists:
        rows = [each for each in az(f"role assignment list {said}") if each["scope"] == GROUP]
        shown = [(each["principalName"], each["roleDefinitionName"]) for each in rows]
        assert shown == [(ana, "Reader")], (said, shown)
    az(f"role assignment delete --assignee {ana} --role Reader -g rg-rights")
    assert az(f"role assignment list --assignee {ana} -g rg-rights") == []


def change_logs() -> None:
    """The CLI's own audit of roles."""
    ana = os.environ["PERSON"]
    az(f"role assignment create --assignee {ana} --role Reader --scope {GROUP}")
    az(f"role assignment delete --assignee {ana} --role Reader --scope {GROUP}")
    begins = datetime.now(UTC) - timedelta(hours=1)
    ends = datetime.now(UTC) + timedelta(minutes=1)
    times = (f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in (begins, ends))
    told = az("role assignment list-changelogs --start-time {} --end-time {}".format(*times))
    mine = [each for each in told if each["scope"] == GROUP]
    shown = sorted(tuple(each[name] for name in WHO) for each in mine)
    granted = (ana, "Reader", "Granted", "rg-rights", "Resource group")
    revoked = (ana, "Reader", "Revoked", "rg-rights", "Resource group")
    # What was held for a time was taken back once, above.
    assert shown == [granted, revoked, revoked], told
    assert {each["caller"] for each in mine} == {"automation"}
    # What the estate's file gave, by many PUTs in one request.
    others = [each for each in told if each["caller"] == "admin"]
    assert len(others) > 10
    assert {each["action"] for each in others} == {"Granted"}
    assert all(each["principalName"] and each["roleName"] for each in others), others


def roles_have_names() -> None:
    held = az("role assignment list --scope /")
    names = {each["roleDefinitionName"] for each in held}
    assert names == {"Owner", "mlestate Agent"}, names


if __name__ == "__main__":
    roles_have_names()
    az("group create -n rg-rights -l westeurope")
    held_for_a_time()
    change_logs()
    az("group delete -n rg-rights -y")
