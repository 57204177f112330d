"""The resource graph shows, counts and orders what one may read, and tells nothing of the rest."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from mlestate.core.role_ids import seen_in
from tests.access.asking import Answer, Request
from tests.access.two_workspaces import MARKS, ML, SCIENTIST, SUBSCRIPTION, A, B, Two

PATH = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
BUILT_IN = "/providers/Microsoft.Authorization/roleDefinitions/"
TABLES = ("Resources", "ResourceContainers", "AuthorizationResources", "MachineLearningResources")
# What is said of them besides is computed at each read.
SHOWN_ANEW = ("/computes", "/managementgroups")
REFERRED = ("stages", "assignedToMe", "expandedProperties")
EVERYTHING = f"union {', '.join(TABLES)}, EstateResources"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    house = Two(tmp_path_factory.mktemp("graph"))
    yield house.build()
    house.close()


def ask(house: Two, who: str, query: str, path: str = PATH, **more: Any) -> Answer:
    return house.ask(who, Request("POST", path, {"query": query, **more}))


def found(house: Two, who: str, query: str, **more: Any) -> Any:
    answer = ask(house, who, query, **more)
    assert answer.status == 200, answer.text
    return answer.json()


def rows(house: Two, who: str, query: str, **more: Any) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = found(house, who, query, **more)["data"]
    return data


def test_each_sees_their_own_and_no_other(two: Two):
    bo = rows(two, "bo", EVERYTHING)
    assert {f"{ML}/workspaces/jobs".lower(), f"{ML}/workspaces".lower()} <= {
        row["type"] for row in bo
    }
    eve = ask(two, "eve", EVERYTHING, facets=[{"expression": "type"}, {"expression": "name"}])
    assert "mlw-okapi" in eve.text
    assert not any(mark in eve.text for mark in (*MARKS, *two.bo.secrets))
    stranger = found(two, "stranger", "Resources", facets=[{"expression": "type"}])
    assert (stranger["totalRecords"], stranger["data"]) == (0, [])
    assert stranger["facets"][0]["data"] == []
    assert two.ask("", Request("POST", PATH, {"query": "Resources"})).status == 401


@pytest.mark.parametrize("table", TABLES)
def test_a_query_and_the_lists_of_azure_say_the_same(two: Two, table: str):
    """Row by row, and property by property."""
    for who in ("admin", "bo", "eve", "gil"):
        for row in rows(two, who, table):
            shown_anew = row["type"].endswith(SHOWN_ANEW)
            if shown_anew or row["id"].startswith(BUILT_IN):
                continue  # what is computed at each read is not in the graph
            answer = two.get(who, f"{row['id']}?api-version=2024-04-01")
            assert answer.status == 200, (who, row["id"], answer.text)
            document = answer.json()
            assert document["id"] == row["id"]
            if "properties" in document:
                said = {k: v for k, v in document["properties"].items() if k not in REFERRED}
                if role := said.get("roleDefinitionId"):
                    # In the graph a role has one id, wherever it is given.
                    said["roleDefinitionId"] = seen_in("", role)
                assert said == row["properties"], row["id"]


def test_what_may_be_listed_is_found(two: Two):
    for who in ("admin", "bo", "eve", "gil"):
        for kind in (f"{ML}/workspaces/jobs", f"{ML}/workspaces"):
            listed = two.get(who, f"/estate/v1/resources?types={kind}")
            ids = {row["id"] for row in listed.json()["value"]}
            query = f"Resources | union MachineLearningResources | where type =~ '{kind}'"
            assert {row["id"] for row in rows(two, who, query)} == ids


@pytest.mark.parametrize(
    "query",
    [
        "Resources | where name contains 'quokka'",
        f"Resources | where id =~ '{A.workspace}'",
        f"Resources | where resourceGroup =~ 'rg-{A.mark}' or name == 'none'",
        f"MachineLearningResources | where resourceGroup =~ 'rg-{A.mark}' | count",
        "AuthorizationResources | where properties contains 'quokka'",
        "Resources | join kind=inner (MachineLearningResources | where id contains 'quokka')"
        " on resourceGroup",
    ],
)
def test_no_question_tells_of_another_workspace(two: Two, query: str):
    """The answer is the same as of a workspace that never was."""
    there = ask(two, "eve", query, facets=[{"expression": "name"}])
    never = ask(two, "eve", query.replace("quokka", "absent"), facets=[{"expression": "name"}])
    assert there.json() == never.json()


def test_a_subscription_that_one_may_not_read_is_like_one_that_is_not_there(two: Two):
    for id in (SUBSCRIPTION.rpartition("/")[2], "99999999-9999-9999-9999-999999999999"):
        assert rows(two, "stranger", "Resources", subscriptions=[id]) == []
    mine = [SUBSCRIPTION.rpartition("/")[2].upper()]
    assert rows(two, "eve", "Resources", subscriptions=mine)
    assert rows(two, "eve", "Resources", subscriptions=[*mine, str(uuid.uuid4())])
    assert ask(two, "eve", "Resources", subscriptions=["none\0"]).status == 400
    for none in ("none", "", SUBSCRIPTION):
        told = ask(two, "eve", "Resources", subscriptions=[*mine, none])
        assert (told.status, "$.subscriptions[1]" in told.text) == (400, True)


def test_a_management_group_is_the_estates_or_there_is_none(two: Two):
    whole = rows(two, "eve", "Resources")
    for name in ("estate", "Estate"):
        assert rows(two, "eve", "Resources", managementGroups=[name]) == whole
    other = [str(uuid.uuid4())]
    both = {"managementGroups": ["estate"], "subscriptions": other}
    assert rows(two, "eve", "Resources", **both) == []
    for none in ("nope", "", "/providers/Microsoft.Management/managementGroups/estate"):
        told = ask(two, "eve", "Resources", managementGroups=["estate", none])
        assert (told.status, "$.managementGroups[1]" in told.text) == (400, True)


def test_a_faulty_query_reads_nothing_and_says_where(two: Two):
    answer = ask(two, "stranger", "Resources\n| wher name == 'x'")
    assert (answer.status, answer.code) == (400, "BadRequest")
    assert [detail["code"] for detail in answer.json()["error"]["details"]] == [
        "InvalidQuery",
        "UnknownOperator",
    ]
    detail = answer.json()["error"]["details"][1]
    assert (detail["line"], detail["characterPositionInLine"], detail["token"]) == (2, 2, "wher")


def test_pages_go_on_where_the_one_before_ended(two: Two):
    query = "MachineLearningResources | project id"
    whole = found(two, "bo", query)
    assert whole["resultTruncated"] == "false"
    seen: list[str] = []
    options: dict[str, Any] = {"$top": 3}
    while True:
        page = found(two, "bo", query, options=options)
        assert page["totalRecords"] == whole["totalRecords"]
        seen += [row["id"] for row in page["data"]]
        if not (token := page.get("$skipToken")):
            break
        assert (page["count"], page["resultTruncated"]) == (3, "true")
        options = {"$top": 3, "$skipToken": token}
    assert seen == [row["id"] for row in whole["data"]]
    other = ask(two, "bo", "Resources", options=options)
    assert (other.status, "of another query" in other.text) == (400, True)
    skipped = found(two, "bo", query, options={"$skip": 2, "$top": 1})
    assert [row["id"] for row in skipped["data"]] == seen[2:3]


def test_a_table_says_the_types_of_its_columns(two: Two):
    query = "Resources | take 1 | project name, n = 1, x = 1.5, y = true, tags, z = dynamic([1])"
    data = found(two, "bo", query, options={"resultFormat": "table"})["data"]
    assert {column["name"]: column["type"] for column in data["columns"]} == {
        "name": "string",
        "n": "integer",
        "x": "number",
        "y": "boolean",
        "tags": "string",
        "z": "object",
    }
    assert data["rows"] == [["mlw-quokka", 1, 1.5, True, None, [1]]]


def test_facets_count_what_the_query_found(two: Two):
    facets = [
        {"expression": "type", "options": {"sortBy": "type", "sortOrder": "asc", "$top": 2}},
        {"expression": "name", "options": {"filter": f"type =~ '{ML}/workspaces'"}},
        {"expression": "nme"},
    ]
    answer = found(two, "bo", "Resources | project type, name", facets=facets)
    first, second, third = answer["facets"]
    assert (first["resultType"], first["count"]) == ("FacetResult", 1)
    assert second["data"] == [{"name": "mlw-quokka", "count": 1}]
    assert (third["resultType"], third["errors"][1]["code"]) == ("FacetError", "UnknownColumn")


def test_the_address_is_one_whatever_its_case_and_takes_one_method(two: Two):
    assert ask(two, "bo", "Resources", path=PATH.lower()).status == 200
    assert two.get("bo", PATH).status == 405
    assert two.get("", PATH).status == 401
    refused = two.ask("bo", Request("POST", PATH, {"query": 1, "options": {"$top": 0}}))
    assert refused.status == 400
    assert two.ask("bo", Request("POST", PATH, {})).status == 400


def test_a_secret_is_in_no_row(two: Two):
    text = ask(two, "admin", EVERYTHING).text
    assert "/connections/" in text
    assert "numbat-api-key" not in text


def test_built_in_roles_are_joined_to_who_has_them(two: Two):
    query = """
    AuthorizationResources
    | where type =~ 'microsoft.authorization/roleassignments'
    | extend role = tolower(tostring(properties.roleDefinitionId))
    | join kind=inner (
        AuthorizationResources
        | where type =~ 'microsoft.authorization/roledefinitions'
        | project role = tolower(id), roleName = tostring(properties.roleName)) on role
    | summarize people = count() by roleName
    """
    subscriptions = [SUBSCRIPTION.rpartition("/")[2]]
    counted = {row["roleName"]: row["people"] for row in rows(two, "admin", query)}
    assert counted["AzureML Data Scientist"] == 2
    assert counted["Owner"] >= 2
    again = rows(two, "admin", query, subscriptions=subscriptions)
    assert {row["roleName"]: row["people"] for row in again} == counted


def test_built_in_roles_are_for_everybody_as_in_their_list(two: Two):
    two.person("none")
    query = "AuthorizationResources | where properties.type == 'BuiltInRole'"
    assert len(rows(two, "none", query)) == len(rows(two, "admin", query)) > 60
    assert rows(two, "none", "AuthorizationResources | where type contains 'assignments'") == []


def test_what_built_in_roles_give_is_looked_into(two: Two):
    query = """
    AuthorizationResources
    | where type =~ 'microsoft.authorization/roledefinitions'
    | mv-expand permission = properties.permissions
    | mv-expand action = permission.actions
    | where action == '*'
    | project role = tostring(properties.roleName)
    """
    found = {row["role"] for row in rows(two, "admin", query)}
    assert {"Owner", "Contributor"} <= found
    assert "Reader" not in found


def test_rights_end_with_the_assignment(two: Two):
    who = two.person("late")
    given = two.grant(B.group, READER, who)
    assert rows(two, "late", "Resources | project name")
    two.made("admin", Request("DELETE", given))
    assert rows(two, "late", "Resources | project name") == []
    assert SCIENTIST
