"""Guests in a real estate: everywhere the one project, nowhere else, and gone by themselves."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from mlestate.app.upkeep import duties
from mlestate.store import activity
from tests.access.asking import Answer, Request
from tests.access.leaks import leaked
from tests.access.two_workspaces import AUTHORIZATION, ML, REGION, SUBSCRIPTION, A, B, Two, assigned

DAY = 86400.0
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
BLOBS = "Microsoft.Storage/storageAccounts"


def names(answer: Answer) -> set[str]:
    assert answer.status == 200, answer.text
    return {row["name"] for row in answer.json()["value"]}


def leave(house: Two, days: float) -> int:
    house.clock.ahead += days * DAY
    [duty] = [duty for duty in duties(house.estate, lambda: None) if "guests" in duty.name]
    return int(str(duty.do()))


def test_lists_of_the_whole_estate_show_a_guest_one_project(two: Two):
    group, workspace = f"rg-{B.mark}", f"mlw-{B.mark}"
    assert names(two.get("gil", "/subscriptions")) == {SUBSCRIPTION.rpartition("/")[2]}
    assert names(two.get("gil", f"{SUBSCRIPTION}/resourceGroups")) == {group}
    target = f"{SUBSCRIPTION}/providers/{ML}/workspaces"
    assert names(two.get("gil", target)) == {workspace}
    assert names(two.get("admin", target)) == {workspace, f"mlw-{A.mark}"}
    kinds = f"{ML}/workspaces,{BLOBS},Microsoft.Resources/subscriptions/resourceGroups"
    for request in (
        Request("GET", f"/estate/v1/resources?types={kinds}"),
        Request("GET", f"{SUBSCRIPTION}/providers/{AUTHORIZATION}/roleAssignments"),
        Request("GET", f"{SUBSCRIPTION}/providers/{AUTHORIZATION}/locks"),
        Request("GET", f"/providers/{AUTHORIZATION}/roleAssignments"),
    ):
        answer = two.ask("gil", request)
        assert leaked(two.bo, request, answer) == set(), answer.text


def test_a_guest_who_owns_everything_is_answered_in_the_project(two: Two):
    for target in (
        B.workspace,
        f"{B.workspace}/datastores",
        f"{B.workspace}/jobs",
        f"{B.mlflow}/mlflow/experiments/search?max_results=5",
        f"{B.blobs}/{two.container_of('eve', B)}?restype=container",
    ):
        assert two.get("gil", target).status == 200, target


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", "/estate/v1/users"),
        Request("GET", "/estate/v1/groups/numbat-groups"),
        Request("PUT", "/estate/v1/users/friend", {}),
        Request("PUT", f"{SUBSCRIPTION}/resourceGroups/rg-new", {"location": "westeurope"}),
        Request("PUT", f"{B.group}/providers/{AUTHORIZATION}/locks/l",
                {"properties": {"level": "CanNotDelete"}}),
        Request("PUT", f"{B.group}/providers/{AUTHORIZATION}/roleAssignments/{'1' * 8}-1111-1111-"
                "1111-111111111111", {"properties": assigned(READER, "0" * 36)}),
        Request("POST", f"{B.account}/listKeys", {}),
        Request("POST", f"{B.account}/regenerateKey", {"keyName": "key1"}),
    ],
    ids=lambda request: request.target[-30:],
)  # fmt: skip
def test_a_guest_has_no_say_in_who_is_here_and_opens_no_key(two: Two, request_: Request):
    answer = two.ask("gil", request_)
    assert (answer.status, answer.code) == (403, "AuthorizationFailed"), answer.text
    own = request_.target.startswith(B.group)
    assert ("A guest has rights in their own project alone." in answer.text) == (not own)


def test_they_are_told_that_they_are_a_guest_and_of_whom(two: Two):
    said = two.get("gil", "/estate/v1/me").json()["guest"]
    assert said["sponsors"] == ["eve"]
    assert said["scopes"] == [B.group]
    assert "guest" not in two.get("eve", "/estate/v1/me").json()


def test_no_role_is_assigned_beyond(two: Two):
    for scope in (A.workspace, SUBSCRIPTION, ""):
        id = f"{scope}/providers/{AUTHORIZATION}/roleAssignments/{uuid.uuid4()}"
        said = {"properties": assigned(READER, two.ids["gil"])}
        answer = two.ask("admin", Request("PUT", id, said))
        assert (answer.status, answer.code) == (409, "GuestOutOfScope"), answer.text
        assert "assign the role there, or change the guest's `scopes`" in answer.text


def test_no_group_that_reaches_beyond_takes_them(fresh: Two):
    made = fresh.made("admin", Request("PUT", "/estate/v1/groups/team", {"members": ["bo"]}))
    fresh.grant(A.workspace, READER, made.json()["objectId"])
    said = {"members": ["bo", "gil"]}
    answer = fresh.ask("admin", Request("PUT", "/estate/v1/groups/team", said))
    assert (answer.status, answer.code) == (409, "GuestOutOfScope"), answer.text
    assert "`gil` cannot be in the group `team`" in answer.text
    assert fresh.get("admin", "/estate/v1/groups/team").json()["members"] == ["bo"]


@pytest.mark.parametrize(
    ("stay", "said"),
    [
        ({"until": "2020-01-01"}, "is over already: choose a last day from"),
        ({"until": "soon"}, "until"),
        ({"sponsor": "stranger2"}, "`stranger2` cannot be a sponsor"),
        ({"sponsor": "gil"}, "cannot be a sponsor"),
        ({"scopes": []}, "at least one scope"),
        ({"scopes": [SUBSCRIPTION]}, "cannot be the scope of a guest"),
        ({"why": "x"}, "why"),
    ],
)
def test_what_makes_no_guest_is_refused(two: Two, stay: dict[str, object], said: str):
    whole = {"sponsor": "eve", "until": "2999-01-01", "scopes": [B.group], **stay}
    answer = two.ask("admin", Request("PUT", "/estate/v1/users/eva", {"guest": whole}))
    assert answer.status == 400, answer.text
    assert said in answer.text
    assert two.get("admin", "/estate/v1/users/eva").status == 404


def test_a_delegation_key_and_a_datastores_signature_end_with_the_stay(fresh: Two):
    container = fresh.container_of("eve", B)
    signature = fresh.sas_of("gil", B)
    target = f"{B.blobs}/{container}?restype=container&comp=list&{signature}"
    assert fresh.get("", target).status == 200
    fresh.invite("gil", B.group, days=0)
    fresh.clock.ahead += DAY
    answer = fresh.get("", target)
    assert answer.status == 403, answer.text
    assert "gil" not in answer.text


def test_nothing_new_is_got_after_the_last_day_and_they_are_told_whom_to_ask(fresh: Two):
    target = "/estate/v1/users/gil/secrets"
    until = datetime.now(UTC).date() + timedelta(days=30)
    made = fresh.made("gil", Request("POST", target, {"label": "laptop", "days": 365})).json()
    assert made["expires"].startswith(str(until + timedelta(days=1)))
    fresh.clock.ahead += 31 * DAY
    answer = fresh.get("gil", B.workspace)
    assert answer.status == 401, answer.text
    form = {
        "grant_type": "client_credentials",
        "client_id": made["clientId"],
        "client_secret": made["secret"],
        "scope": "https://management.azure.com/.default",
    }
    kind = {"content-type": "application/x-www-form-urlencoded"}
    path = f"/{made['tenant']}/oauth2/v2.0/token"
    login = fresh.ask("", Request("POST", path, urlencode(form).encode(), kind))
    assert login.status == 401
    assert f"`gil` ended on {until}: ask `eve` for a later date" in login.text
    wrong = form | {"client_secret": "guessed"}
    login = fresh.ask("", Request("POST", path, urlencode(wrong).encode(), kind))
    assert "eve" not in login.text


def test_their_jobs_end_with_them(fresh: Two):
    bare = {"properties": {"image": "eve:1"}}
    fresh.put(f"{B.workspace}/environments/one/versions/1", bare, "eve")
    job = {"jobType": "Command", "command": "sleep 1000", "environmentId": "one:1"}
    for who in ("gil", "eve"):
        fresh.put(f"{B.workspace}/jobs/of-{who}", {"properties": job}, who)
    assert leave(fresh, 31) == 1
    fresh.work()
    fresh.log_in()
    jobs = [fresh.get("admin", f"{B.workspace}/jobs/of-{who}").json() for who in ("gil", "eve")]
    assert [job["properties"]["status"] for job in jobs] == ["Canceled", "Queued"]


def test_after_the_last_day_nothing_of_theirs_is_left(fresh: Two):
    fresh.grant(B.workspace, READER, fresh.ids["gil"])
    fresh.made("admin", Request("PUT", "/estate/v1/groups/team", {"members": ["gil", "bo"]}))
    lock = Request(
        "PUT",
        f"{B.group}/providers/{AUTHORIZATION}/locks/keep",
        {"properties": {"level": "ReadOnly"}},
    )
    fresh.made("admin", lock)
    assert leave(fresh, 29) == 0
    assert leave(fresh, 2) == 1
    fresh.log_in()
    assert fresh.get("admin", "/estate/v1/users/gil").status == 404
    assert fresh.get("admin", "/estate/v1/groups/team").json()["members"] == ["bo"]
    held = fresh.get("admin", f"/providers/{AUTHORIZATION}/roleAssignments").json()["value"]
    assert fresh.ids["gil"] not in {row["properties"]["principalId"] for row in held}
    with fresh.estate.cells.estate.read() as connection:
        said = [(e.name, e.action, e.resource) for e in activity.events(connection, limit=10)]
    assert said[0] == ("mlestate", "mlestate.Identity/users/delete", "/estate/v1/users/gil")
    assert [action for _, action, _ in said[1:3]] == [f"{AUTHORIZATION}/roleAssignments/delete"] * 2
    assert leave(fresh, 0) == 0


def test_a_guest_is_not_bound_to_what_is_not_there(fresh: Two):
    lost = f"{SUBSCRIPTION}/resourceGroups/rg-nowhere"
    stay = fresh.made("admin", Request("GET", "/estate/v1/users/gil")).json()["guest"]
    said = {"guest": {**stay, "scopes": [B.group, lost]}}
    refused = fresh.ask("admin", Request("PUT", "/estate/v1/users/gil", said))
    assert refused.status == 400
    assert f"there is no `{lost}`: make it first" in refused.text
    # What went meanwhile keeps nobody from changing the rest.
    fresh.put(lost, {"location": REGION})
    fresh.made("admin", Request("PUT", "/estate/v1/users/gil", said))
    fresh.made("admin", Request("DELETE", lost))
    fresh.work()
    assert fresh.get("admin", lost).status == 404
    fresh.made("admin", Request("PUT", "/estate/v1/users/gil", said))


def test_a_guest_who_owns_the_project_looks_up_nobody(two: Two):
    two.made("admin", Request("PUT", "/estate/v1/groups/quants", {"members": []}))
    for asked in (
        "groups?$filter=displayName eq 'quants'",
        "groups?$filter=mailNickname eq 'quants'",
        "users?$filter=userPrincipalName eq 'bo'",
    ):
        assert two.get("gil", f"/v1.0/{asked}").status == 403, asked
