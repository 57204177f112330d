"""`mlestate access` against an estate over real HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from mlestate.cli.answers import matrix_text
from mlestate.cli.main import run
from tests.access.asking import Request
from tests.access.two_workspaces import AUTHORIZATION, OWNER, READER, A, B, Two


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert run(["access", *arguments]) == code, capsys.readouterr().err
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["access", *arguments]) == 1
    return capsys.readouterr().err.strip()


def test_why_is_answered_in_words_and_in_documents(estate: Two, capsys: pytest.CaptureFixture[str]):
    assert said(capsys, "why", "bo", "train", "mlw-quokka").startswith("yes: `bo` may train")
    same = yaml.safe_load(said(capsys, "why", "bo", "lock", "rg-quokka", "-o", "yaml", code=2))
    assert same["missing"]["smallestRole"]["name"] == "Locks Contributor"


def test_guests_are_shown_with_their_last_day(estate: Two, capsys: pytest.CaptureFixture[str]):
    shown = said(capsys, "who", "see-workspace", B.workspace)
    row = next(line for line in shown.splitlines() if line.startswith("gil"))
    assert row.split()[1] == "Owner"
    assert len(row.split()[-1].split("-")) == 3
    found = json.loads(said(capsys, "matrix", "mlw-okapi", "-o", "json"))
    assert {one["name"]: "guestUntil" in one for one in found["people"]}["gil"]


def test_an_action_is_taken_as_it_is_and_said_to_be_data_where_that_is_not_plain(
    estate: Two, capsys: pytest.CaptureFixture[str]
):
    action = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
    assert said(capsys, "why", "bo", action, A.account).startswith("yes")
    training = "Microsoft.MachineLearningServices/workspaces/jobs/write"
    said(capsys, "why", "bo", training, A.workspace)
    said(capsys, "why", "bo", training, A.workspace, "--data-action", code=2)


def test_slips_are_told_with_what_was_meant(estate: Two, capsys: pytest.CaptureFixture[str]):
    assert "did you mean `train`" in refused(capsys, "why", "bo", "trian", "mlw-quokka")
    assert "did you mean `mlw-quokka`" in refused(capsys, "who", "train", "mlw-quoka")
    unknown = refused(capsys, "why", "bo", "fly", "mlw-quokka")
    assert "such as `train`: `mlestate access abilities` lists them" in unknown
    meant = refused(capsys, "who", "train", "mlw-quoka")
    assert meant.endswith("did you mean `mlw-quokka`? An id is taken as it is")
    assert refused(capsys, "who", "train", "zzz").endswith("; an id is taken as it is")
    assert "name two environments" in refused(capsys, "diff", "dev")
    several = refused(capsys, "matrix", "mlw-quokka", "-a", "trian", "-a", "deplyo")
    assert "`trian`" in several
    assert "`deplyo`" in several


def test_an_action_is_asked_where_its_ability_is(estate: Two, capsys: pytest.CaptureFixture[str]):
    blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
    lock, roles = "Microsoft.Authorization/locks/write", "Microsoft.Authorization/roleAssignments"
    for action, ability in ((blobs, "read-data"), (lock, "lock"), (f"{roles}/write", "give-role")):
        raw = json.loads(said(capsys, "who", action, "mlw-quokka", "-o", "json"))
        same = json.loads(said(capsys, "who", ability, "mlw-quokka", "-o", "json"))
        assert (raw["scope"], raw["value"]) == (same["scope"], same["value"])
        assert raw["ability"] == action
    # What sits on anything is asked of the very id.
    exact = json.loads(said(capsys, "who", lock, A.workspace, "-o", "json"))
    assert exact["scope"] == A.workspace


def test_an_action_on_what_stands_beside_a_workspace_is_asked_there_or_refused(
    estate: Two, capsys: pytest.CaptureFixture[str]
):
    for action, scope in (
        ("Microsoft.Resources/subscriptions/resourceGroups/read", A.group),
        ("Microsoft.KeyVault/vaults/write", A.group),
        ("mlestate.Identity/users/read", "/"),
        ("Microsoft.MachineLearningServices/workspaces/write", A.workspace),
    ):
        found = json.loads(said(capsys, "who", action, "mlw-quokka", "-o", "json"))
        assert found["scope"].startswith(scope)
    text = refused(capsys, "who", "Microsoft.Compute/virtualMachines/read", "mlw-quokka")
    assert "is about no workspace, nor what belongs to one" in text
    assert said(capsys, "who", "Microsoft.Compute/virtualMachines/read", "rg-quokka")


def test_an_action_that_nobody_has_named_is_told(estate: Two, capsys: pytest.CaptureFixture[str]):
    action = "Microsoft.MachineLearningServices/workspaces/jobs/writ"
    told = said(capsys, "why", "bo", action, "mlw-quokka", code=2)
    meant = "did you mean `Microsoft.MachineLearningServices/workspaces/jobs/write`?"
    assert f"no role or resource type names `{action}`; {meant}" in told
    assert "smallest built-in role" not in told
    assert run(["access", "who", action, "mlw-quokka"]) == 0
    assert meant in capsys.readouterr().err
    assert "names" not in said(capsys, "why", "bo", f"{action}e", "mlw-quokka")


def test_a_matrix_has_groups_that_are_named_and_says_who_is_disabled(
    estate: Two, capsys: pytest.CaptureFixture[str]
):
    team = Request("PUT", "/estate/v1/groups/quokkas", {"members": ["bo"]})
    estate.grant(A.workspace, READER, estate.made("admin", team).json()["objectId"])
    estate.grant(A.workspace, READER, estate.ids["gone"])
    shown = said(capsys, "matrix", "mlw-quokka", "-p", "quokkas", "-a", "look", "-a", "train")
    assert [line.split() for line in shown.splitlines()[1:]] == [["quokkas", "yes", "-"]]
    told = said(capsys, "matrix", "-p", "gone")
    assert told.strip() == "`gone` is disabled, and may do nothing"
    document = json.loads(said(capsys, "matrix", "-p", "gone", "-o", "json"))
    assert [one["enabled"] for one in document["people"]] == [False]
    assert "`nobody`" in refused(capsys, "matrix", "-p", "nobody")
    assert "quokkas" not in said(capsys, "matrix", "mlw-quokka")


def test_a_name_may_be_one_that_azures_clients_show(
    estate: Two, capsys: pytest.CaptureFixture[str]
):
    name = "BO@mlestate.local"
    assert said(capsys, "why", name, "train", "mlw-quokka").startswith("yes: `bo` may train")
    assert "bo" in said(capsys, "matrix", "mlw-quokka", "-p", name)
    own = estate.get("bo", f"/estate/v1/access/why?principal={name}&action=lock&scope={A.group}")
    assert (own.status, own.json()["principal"]["name"]) == (200, "bo")
    refused(capsys, "why", "bo@elsewhere.example", "train", "mlw-quokka")


def test_what_is_held_for_a_time_is_shown_with_its_end_and_as_it_is_written(
    estate: Two, capsys: pytest.CaptureFixture[str]
):
    request = (
        f"{A.workspace}/providers/{AUTHORIZATION}/roleAssignmentScheduleRequests/"
        "9A1F4CF8-18FB-4D1B-96B0-1A4B1F1F0A11"
    )
    body = {
        "principalId": estate.ids["bo"],
        "roleDefinitionId": f"/providers/{AUTHORIZATION}/roleDefinitions/{OWNER}",
        "requestType": "AdminAssign",
        "justification": "a day of moving",
        "scheduleInfo": {"expiration": {"type": "AfterDuration", "duration": "PT4H"}},
    }
    estate.made("admin", Request("PUT", request, {"properties": body}))
    [row] = [
        line
        for line in said(capsys, "who", "delete-workspace", "mlw-quokka").splitlines()
        if line.startswith("bo ")
    ]
    assert row.split()[3] == "themselves"
    assert row.split()[4].startswith("20")
    told = said(capsys, "why", "bo", "delete-workspace", "mlw-quokka")
    assert f"    {request}, until 20" in told
    found = json.loads(said(capsys, "who", "delete-workspace", "mlw-quokka", "-o", "json"))
    [way] = [one["through"][0] for one in found["value"] if one["name"] == "bo"]
    assert (way["assignment"], way["scope"]) == (request, A.workspace)
    assert way["until"].startswith("20")


def test_what_is_not_told_is_marked_and_the_mark_is_explained(estate: Two):
    """Who reads assignments in a workspace is not told who may lock the group that it is in."""
    estate.grant(B.workspace, READER, estate.ids["eve"])
    asked = "/estate/v1/access/matrix?of=mlw-okapi&abilities=train,lock"
    shown = matrix_text(estate.get("eve", asked).json(), False).splitlines()
    assert shown[-1] == "? is told to who may read role assignments there"
    assert next(line for line in shown if line.startswith("gil")).split()[-1] == "?"
    plain = matrix_text(estate.get("admin", asked).json(), False)
    assert "?" not in plain


@pytest.mark.parametrize(
    "arguments",
    [
        ("why", "", "train", "mlw-quokka"),
        ("why", "bo", " ", "mlw-quokka"),
        ("why", "bo", "train", ""),
        ("who", "train", ""),
        ("matrix", "mlw-quokka", "-p", ""),
    ],
)
def test_an_empty_argument_asks_for_nothing(
    estate: Two, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
):
    assert "is empty" in refused(capsys, *arguments)


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("why?principal=&action=train&scope=mlw-quokka", "principal"),
        ("why?principal=bo&action=%20&scope=mlw-quokka", "action"),
        ("who?action=train&scope=%20", "scope"),
        ("matrix?of=mlw-quokka&principals=", "principals"),
    ],
)
def test_what_is_said_to_be_nothing_is_refused_at_the_address_too(
    estate: Two, question: str, missing: str
):
    answer = estate.get("admin", f"/estate/v1/access/{question}")
    assert (answer.status, f"say `{missing}`" in answer.text) == (400, True)
    own = estate.get("bo", "/estate/v1/access/why?action=train&scope=mlw-quokka")
    assert own.json()["principal"]["name"] == "bo"


@pytest.mark.parametrize(
    "change",
    [
        {"id": "x"},
        {"id": ""},
        {"id": "/estate/v1/elsewhere/ana"},
        {"id": A.workspace, "bdy": {}},
        {"id": A.workspace, "body": []},
        {"id": A.workspace, "body": {"tags": "prod"}},
        {"id": "/estate/v1/groups/g", "body": {"members": "bo"}},
        {"id": "/estate/v1/users/bo", "body": {"enabled": "no"}},
        {"id": f"{A.workspace}/providers/{AUTHORIZATION}/roleAssignments/a", "body": {}},
        {
            "id": f"{A.workspace}/providers/{AUTHORIZATION}/roleAssignments/a",
            "body": {"properties": {"principalId": "x", "roleDefinitionId": "y"}},
        },
        {"id": f"{A.workspace}/providers/Mlestate.Organization/denials/d", "body": {}},
        {"id": f"{A.workspace}/providers/Mlestate.Organization/breakGlass/g", "body": {"a": 1}},
        {
            "id": f"{A.workspace}/providers/{AUTHORIZATION}/roleEligibilityScheduleRequests/e",
            "body": {"properties": {"requestType": "Maybe"}},
        },
        {
            "id": f"{A.workspace}/providers/{AUTHORIZATION}/roleManagementPolicies/p",
            "body": {"properties": {"rules": [{"id": "x"}]}},
        },
    ],
)
def test_a_change_that_is_none_is_refused(estate: Two, change: dict[str, Any]):
    asked = Request("POST", "/estate/v1/access/diff", {"changes": [change]})
    answer = estate.ask("admin", asked)
    assert answer.status == 400, answer.text
    gone = Request("POST", "/estate/v1/access/diff", {"changes": [{"id": A.workspace}]})
    assert estate.made("admin", gone).json()["value"]
