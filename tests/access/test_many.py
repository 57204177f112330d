"""Many PUTs in one request: each is refused or done for what its own caller may, and tells of no
other."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access.asking import REGION, Request
from tests.access.leaks import leaked
from tests.access.two_workspaces import ML, SUBSCRIPTION, A, B, Two

AUTHORIZATION = "Microsoft.Authorization"
NOBODY = f"{A.group}/providers/{ML}/workspaces/mlw-nowhere"


def many(two: Two, who: str, *puts: tuple[str, Any]) -> list[tuple[int, str]]:
    """The status and the code of each; none tells anything of bo's."""
    body = {"value": [{"id": id, "body": said} for id, said in puts]}
    request = Request("POST", "/estate/v1/resources", body)
    answer = two.ask(who, request)
    assert answer.status == 200, answer.text
    if who not in ("admin", "bo"):
        assert leaked(two.bo, request, answer) == set()
    return [
        (one["status"], one["headers"].get("x-ms-error-code", "")) for one in answer.json()["value"]
    ]


def data(workspace: str, version: str) -> tuple[str, Any]:
    uri = "azureml://datastores/workspaceblobstore/paths/there/"
    said = {"properties": {"dataType": "uri_folder", "dataUri": uri}}
    return f"{workspace}/data/many/versions/{version}", said


def test_only_what_is_not_hers_is_refused(fresh: Two):
    answers = many(
        fresh, "eve", data(B.workspace, "1"), data(A.workspace, "1"), data(B.workspace, "2")
    )
    assert answers == [(201, ""), (403, "AuthorizationFailed"), (201, "")]
    assert fresh.get("bo", f"{A.workspace}/data/many").status == 404
    assert fresh.get("eve", f"{B.workspace}/data/many/versions/2").status == 200


def test_a_refusal_is_the_one_that_it_would_be_alone(two: Two):
    for id, said in (
        data(A.workspace, "1"),
        data(NOBODY, "1"),
        (A.workspace, {"location": REGION}),
        (f"{A.workspace}/onlineEndpoints/x", {}),
        (f"{A.group}/providers/{AUTHORIZATION}/roleAssignments/x", {}),
        ("/estate/v1/groups/mine", {"members": ["eve"]}),
        ("/estate/v1/users/bo", {"enabled": False}),
    ):
        alone = two.ask("eve", Request("PUT", id, said))
        assert alone.status == 403
        assert many(two, "eve", (id, said)) == [(alone.status, alone.code)], id


def test_nobody_writes_or_reads_what_is_anothers_own_not_even_an_administrator(two: Two):
    bo = two.made("bo", Request("GET", "/estate/v1/me")).json()["id"]
    view = f"/providers/Mlestate.Organization/people/{bo}/savedViews/mine"
    for who in ("eve", "admin"):
        alone = two.ask(who, Request("PUT", view, {"properties": {}}))
        assert alone.status == 403
        assert many(two, who, (view, {"properties": {}})) == [(alone.status, alone.code)]
        assert two.get(who, f"/estate/v1/resources?id={view}").status == 403


def test_what_is_there_and_what_is_not_are_refused_alike(two: Two):
    body = {"value": [{"id": data(each, "1")[0], "body": {}} for each in (A.workspace, NOBODY)]}
    there, nowhere = two.ask("eve", Request("POST", "/estate/v1/resources", body)).json()["value"]
    text = str(there["body"]).replace(A.workspace, "") + str(there["status"])
    assert text == str(nowhere["body"]).replace(NOBODY, "") + str(nowhere["status"])


def test_nobody_gives_themselves_rights_that_the_same_request_uses(fresh: Two):
    """What one may is what one might when the request came."""
    who = fresh.made("eve", Request("GET", "/estate/v1/me")).json()["id"]
    role = "/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
    grant = (
        f"{A.group}/providers/{AUTHORIZATION}/roleAssignments/{'1' * 8}-1111-1111-1111-{'1' * 12}"
    )
    said = {"properties": {"roleDefinitionId": role, "principalId": who}}
    answers = many(fresh, "eve", (grant, said), data(A.workspace, "1"))
    assert [status for status, _ in answers] == [403, 403]


def test_rights_that_are_given_in_a_request_hold_from_the_next_on(fresh: Two):
    who = fresh.made("eve", Request("GET", "/estate/v1/me")).json()["id"]
    role = "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
    grant = (
        f"{A.group}/providers/{AUTHORIZATION}/roleAssignments/{'1' * 8}-1111-1111-1111-{'1' * 12}"
    )
    said = {"properties": {"roleDefinitionId": role, "principalId": who}}
    assert fresh.get("eve", A.workspace).status == 403
    assert many(fresh, "admin", (grant, said)) == [(201, "")]
    assert fresh.get("eve", A.workspace).status == 200
    fresh.made("admin", Request("DELETE", grant))
    assert fresh.get("eve", A.workspace).status == 403


def test_principals_and_resources_are_answered_in_the_order_of_their_puts(fresh: Two):
    group = ("/estate/v1/groups/wombats", {"members": ["eve"]})
    answers = many(
        fresh,
        "admin",
        data(A.workspace, "1"),
        group,
        ("/estate/v1/groups/lost", {"members": ["nobody-at-all"]}),
        ("/estate/v1/users/wombat", {"displayName": "Wombat", "unheard": 1}),
        data(A.workspace, "2"),
        ("/estate/v1/users/wombats", {}),
        group,
        ("/estate/v1/nothing/x", {}),
    )
    assert answers == [
        (201, ""),
        (201, ""),
        (400, "InvalidRequestContent"),
        (400, "InvalidRequestContent"),
        (201, ""),
        (409, "Conflict"),
        (200, ""),
        (404, "NotFound"),
    ]
    assert fresh.made("admin", Request("GET", group[0])).json()["members"] == ["eve"]
    assert fresh.get("admin", "/estate/v1/groups/lost").status == 404


@pytest.mark.parametrize("body", [{}, {"value": {}}, {"value": [{"id": 1, "body": {}}]}, [], "x"])
def test_what_is_no_list_of_puts_is_refused_as_a_whole(two: Two, body: Any):
    assert two.ask("eve", Request("POST", "/estate/v1/resources", body)).status == 400


def test_too_many_at_once_are_refused(two: Two):
    puts = [{"id": data(B.workspace, str(n))[0], "body": {}} for n in range(1001)]
    answer = two.ask("eve", Request("POST", "/estate/v1/resources", {"value": puts}))
    assert (answer.status, answer.code) == (400, "InvalidRequestContent")


def test_work_is_asked_after_by_those_who_began_it_or_may_read_what_it_is_about(fresh: Two):
    cluster = f"{A.workspace}/computes/numbat-many"
    said = {
        "location": REGION,
        "properties": {
            "computeType": "AmlCompute",
            "properties": {
                "vmSize": "Standard_DS3_v2",
                "scaleSettings": {
                    "minNodeCount": 0,
                    "maxNodeCount": 1,
                    "nodeIdleTimeBeforeScaleDown": "PT120S",
                },
            },
        },
    }
    puts = {"value": [{"id": cluster, "body": said}]}
    [made] = fresh.made("admin", Request("POST", "/estate/v1/resources", puts)).json()["value"]
    operation = made["headers"]["azure-asyncoperation"].partition("?")[0].rpartition("/")[2]
    asked = Request("GET", f"/estate/v1/operations?ids={REGION}/{operation}")
    unheard = Request("GET", f"/estate/v1/operations?ids={REGION}/unheard")
    assert fresh.made("admin", asked).json()["value"][0]["status"] == "InProgress"
    fresh.work()
    assert fresh.made("admin", asked).json()["value"][0]["status"] == "Succeeded"
    assert fresh.made("bo", asked).json()["value"][0]["id"] == f"{REGION}/{operation}"
    there, not_there = fresh.ask("eve", asked), fresh.ask("eve", unheard)
    assert (there.status, there.body) == (not_there.status, not_there.body) == (403, there.body)


def test_which_regions_there_are_is_not_told_by_operations(two: Two):
    """Nor whether there is such an operation; who may read them all is told."""
    at = f"{SUBSCRIPTION}/providers/{ML}/locations"
    for ask in (
        lambda region: f"/estate/v1/operations?ids={region}/unheard",
        lambda region: f"{at}/{region}/operationsStatus/unheard",
    ):
        for who in ("stranger", "eve", "gil"):
            there, not_there = two.get(who, ask(REGION)), two.get(who, ask("mars"))
            assert (there.status, there.body) == (not_there.status, not_there.body)
            assert (there.status, REGION in there.text) == (403, False)
        assert two.get("admin", ask(REGION)).status == 404
        told = two.get("admin", ask("mars"))
        assert (told.code, REGION in told.text) == ("LocationNotAvailableForResourceType", True)


def test_many_ids_are_read_only_by_those_who_may_read_all(two: Two):
    def read(who: str, *ids: str) -> tuple[int, list[str]]:
        asked = "&".join(f"id={id}" for id in ids)
        answer = two.get(who, f"/estate/v1/resources?{asked}")
        rows = answer.json().get("value", []) if answer.status == 200 else []
        return answer.status, [row["id"] for row in rows]

    gone = f"{B.workspace}/data/nothing"
    assert read("eve", B.workspace, gone) == (200, [B.workspace])
    assert read("eve", B.workspace, A.workspace) == (403, [])
    assert read("eve", B.workspace, NOBODY) == (403, [])
    assert read("eve", "/estate/v1/users/bo")[0] == 403
    assert read("admin", A.workspace, "/estate/v1/users/bo", "/estate/v1/users/nobody") == (
        200,
        [A.workspace, "/estate/v1/users/bo"],
    )
