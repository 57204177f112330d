"""A search shows, counts and orders what one may read, and tells nothing of the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest

from mlestate.core.finding import token
from tests.access.asking import REGION, Answer, Request
from tests.access.two_workspaces import ML, SCIENTIST, SUBSCRIPTION, A, B, Two

FACETS = "kind,workspace,createdBy,status,type,experiment,tags.stage,region,resourceGroup"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
ORGANIZATION = "Mlestate.Organization"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    house = Two(tmp_path_factory.mktemp("search"))
    yield house.build()
    house.close()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Two]:
    house = Two(tmp_path)
    yield house.build()
    house.close()


def ask(house: Two, who: str, **said: str) -> Answer:
    asked = {f"${name}" if name in ("filter", "top") else name: v for name, v in said.items()}
    return house.get(who, f"/estate/v1/search?{urlencode(asked, quote_via=quote)}")


def search(house: Two, who: str, **said: str) -> dict[str, Any]:
    answer = ask(house, who, **said)
    assert answer.status == 200, answer.text
    return answer.json()


def ids(found: dict[str, Any]) -> list[str]:
    return [row["id"] for row in found["value"]]


def counts(found: dict[str, Any], facet: str) -> dict[str, int]:
    return {one["value"]: one["count"] for one in found["facets"][facet]}


def test_each_finds_their_own_workspace_and_no_other(two: Two):
    bo = search(two, "bo", facets=FACETS)
    assert all(id.startswith(A.workspace) for id in ids(bo))
    assert set(counts(bo, "workspace")) == {"mlw-quokka"}
    assert {"model", "data", "job", "run", "experiment"} <= set(counts(bo, "kind"))
    eve = ask(two, "eve", facets=FACETS)
    assert not any(mark in eve.text for mark in ("quokka", "numbat"))
    assert set(counts(eve.json(), "workspace")) == {"mlw-okapi"}
    nobody = search(two, "stranger", facets=FACETS)
    assert nobody["value"] == []
    assert nobody["count"] == 0
    assert all(values == [] for values in nobody["facets"].values())


def test_facets_and_totals_count_what_is_shown(two: Two):
    for who in ("admin", "bo", "eve", "stranger"):
        found = search(two, who, facets="kind,workspace,createdBy", top="1000")
        assert found["count"] == len(found["value"])
        for facet in ("kind", "workspace"):
            assert sum(counts(found, facet).values()) == found["count"]


def test_a_guest_finds_what_is_in_the_project(two: Two):
    found = search(two, "gil", facets="workspace,kind")
    assert set(counts(found, "workspace")) == {"mlw-okapi"}
    assert found["count"] == search(two, "eve", facets="kind")["count"]


@pytest.mark.parametrize(
    "said",
    [
        {"filter": "workspace = 'mlw-quokka'"},
        {"filter": "name like '%numbat%' or not name like '%numbat%'"},
        {"filter": "not workspace = 'mlw-okapi'"},
        {"workspace": A.workspace},
        {"words": "numbat"},
        {"filter": "metrics.acc is null", "kind": "run"},
        {"filter": "archived = true or archived = false"},
    ],
)
def test_no_filter_reaches_what_one_may_not_read(two: Two, said: dict[str, str]):
    answer = ask(two, "eve", facets=FACETS, **said)
    assert answer.status == 200
    assert not any(mark in answer.text for mark in ("quokka", "numbat"))
    assert all(id.startswith(B.workspace) for id in ids(answer.json()))


def test_a_page_token_of_another_opens_nothing(two: Two):
    link = search(two, "bo", top="2")["nextLink"]
    stolen = parse_qs(urlsplit(link).query)["$skipToken"][0]
    forged = token.write(token.After("created desc", 9e9, "a", A.workspace.lower(), "/"))
    for text in (stolen, forged):
        answer = two.get("eve", f"/estate/v1/search?$top=100&$skipToken={text}")
        assert answer.status == 200
        assert all(id.startswith(B.workspace) for id in ids(answer.json()))


def test_all_pages_together_are_the_whole_whatever_the_order(two: Two):
    whole = search(two, "admin", top="1000")
    for order in ("-created", "created", "name", "-name", "-modified"):
        seen: list[str] = []
        path = f"/estate/v1/search?$top=3&$orderBy={order}"
        while path:
            page = two.get("admin", path).json()
            seen += ids(page)
            path = page.get("nextLink", "").removeprefix("https://localhost:8443")
        assert sorted(seen) == sorted(ids(whole))
        assert len(set(seen)) == len(seen)


def test_a_role_for_one_kind_finds_that_kind_alone(fresh: Two):
    role = f"/providers/Microsoft.Authorization/roleDefinitions/{'3' * 8}-3333-3333-3333-{'3' * 12}"
    read = [f"{ML}/workspaces/models/read", f"{ML}/workspaces/models/versions/read"]
    said = {
        "roleName": "Model reader",
        "permissions": [{"actions": read}],
        "assignableScopes": [SUBSCRIPTION],
    }
    fresh.put(f"{SUBSCRIPTION}{role}", {"properties": said})
    fresh.grant(A.workspace, role.rpartition("/")[2], fresh.ids["stranger"])
    found = search(fresh, "stranger", facets=FACETS)
    assert set(counts(found, "kind")) == {"model"}
    assert {row["kind"] for row in found["value"]} == {"model"}
    assert found["count"] == search(fresh, "bo", kind="model", facets="kind")["count"]


def test_a_role_on_one_model_finds_its_versions_alone(fresh: Two):
    one = f"{A.workspace}/models/numbat-models"
    fresh.put(
        f"{A.workspace}/models/numbat-models-2/versions/1",
        fresh.bo.documents[f"{ML}/workspaces/models/versions"][1],
        "bo",
    )
    fresh.grant(one, READER, fresh.ids["stranger"])
    tagged = {"location": REGION, "tags": {"environment": "hush"}}
    standing = {"properties": {"storageAccount": A.account}}
    fresh.put(A.workspace, {**tagged, **standing})
    found = search(fresh, "stranger", facets="kind,workspace,environment")
    assert ids(found)
    # Nor is what its workspace says told, or a filter by it heeded.
    assert "hush" not in str(found)
    assert search(fresh, "bo", filter="environment = 'hush'")["value"]
    assert not search(fresh, "stranger", filter="environment = 'hush'")["value"]
    assert all(id.startswith(f"{one}/versions/") for id in ids(found))
    assert found["count"] == len(ids(found)) == counts(found, "kind")["model"]


def test_what_is_taken_away_is_gone_from_the_next_search_on(fresh: Two):
    granted = fresh.grant(B.workspace, SCIENTIST, fresh.ids["stranger"])
    assert search(fresh, "stranger", facets="kind")["count"] > 0
    fresh.made("admin", Request("DELETE", granted))
    assert search(fresh, "stranger", facets="kind")["count"] == 0


def test_what_is_deleted_or_archived_is_not_found_any_more(fresh: Two):
    id, body = fresh.bo.documents[f"{ML}/workspaces/models/versions"]
    model = id.rpartition("/versions/")[0]
    assert id in ids(search(fresh, "bo", kind="model"))
    fresh.put(id, {"properties": {**body["properties"], "isArchived": True}}, "bo")
    assert id not in ids(search(fresh, "bo", kind="model"))
    assert id in ids(search(fresh, "bo", kind="model", listViewType="ArchivedOnly"))
    assert id in ids(search(fresh, "bo", filter="archived = true", kind="model"))
    assert id in ids(search(fresh, "bo", kind="model", listViewType="All"))
    fresh.made("bo", Request("DELETE", model))
    assert id not in ids(search(fresh, "bo", listViewType="All", top="1000"))
    fresh.made("admin", Request("DELETE", A.workspace))
    fresh.work()
    found = search(fresh, "admin", listViewType="All", facets=FACETS)
    assert set(counts(found, "workspace")) == {"mlw-okapi"}
    assert "numbat" not in str(found)


def test_what_a_client_makes_without_a_name_is_not_found(fresh: Two):
    body = {"properties": {"image": "docker.io/x:1", "isAnonymous": True}}
    fresh.put(f"{A.workspace}/environments/CliV2AnonymousEnvironment/versions/1", body, "bo")
    assert "CliV2" not in str(search(fresh, "bo", listViewType="All", top="1000"))
    # Found with a name, once there is one of a name.
    named = {"properties": {"image": "docker.io/x:1"}}
    fresh.put(f"{A.workspace}/environments/CliV2AnonymousEnvironment/versions/2", named, "bo")
    assert len(search(fresh, "bo", filter="name like 'CliV2%'")["value"]) == 1


def own_view(house: Two, who: str, name: str) -> str:
    return f"/providers/{ORGANIZATION}/people/{house.ids[who]}/savedViews/{name}"


def test_a_view_of_ones_own_is_seen_by_nobody_else(two: Two):
    path = own_view(two, "bo", "numbat-mine")
    said = {"properties": {"filter": "kind = 'run'", "facets": ["createdBy"]}}
    two.made("bo", Request("PUT", path, said))
    assert set(counts(search(two, "bo", view="numbat-mine"), "createdBy")) == {"bo"}
    collection = path.rpartition("/")[0]
    for who in ("admin", "eve", "stranger"):
        for request in (
            Request("GET", path),
            Request("GET", collection),
            Request("PUT", path, said),
            Request("PATCH", path, {}),
            Request("DELETE", path),
            Request("GET", own_view(two, "bo", "nothing")),
        ):
            assert two.ask(who, request).status == 403
        answer = ask(two, who, view="numbat-mine")
        assert (answer.status, "kind = 'run'" in answer.text) == (404, False)
        assert ask(two, who, view=path).status == 403
        assert "numbat-mine" not in two.get(who, "/estate/v1/search/views").text
    types = f"{ORGANIZATION}/people/savedViews"
    assert "numbat" not in two.get("admin", f"/estate/v1/resources?types={types}").text
    assert "numbat-mine" in two.get("bo", f"/estate/v1/resources?types={types}").text


def test_two_people_may_have_views_of_one_name(two: Two):
    for who, kind in (("bo", "model"), ("eve", "workspace")):
        said = {"properties": {"kind": kind}}
        two.made(who, Request("PUT", own_view(two, who, "same"), said))
    assert {row["kind"] for row in search(two, "bo", view="same")["value"]} == {"model"}
    assert {row["kind"] for row in search(two, "eve", view="same")["value"]} == {"workspace"}


def test_a_shared_view_is_for_those_who_work_where_it_sits(two: Two):
    said = {"properties": {"kind": "workspace"}}
    for scope, name in ((A.workspace, "numbat-here"), (SUBSCRIPTION, "below"), ("", "everywhere")):
        path = f"{scope}/providers/{ORGANIZATION}/savedViews/{name}"
        two.made("admin", Request("PUT", path, said))
        assert two.ask("bo", Request("PUT", path, said)).status == 403
    seen = {who: names(two.get(who, "/estate/v1/search/views")) for who in ("bo", "eve")}
    assert {"numbat-here", "below", "everywhere"} <= seen["bo"]
    assert seen["eve"] >= {"below", "everywhere"}
    assert "numbat-here" not in seen["eve"]
    assert names(two.get("stranger", "/estate/v1/search/views")) == set()
    # A guest in one project sees nothing that lies above it.
    assert names(two.get("gil", "/estate/v1/search/views")) == set()
    everywhere = f"/providers/{ORGANIZATION}/savedViews/everywhere"
    assert [two.get(who, everywhere).status for who in ("eve", "gil")] == [200, 403]
    assert len(search(two, "eve", view="below")["value"]) == 1
    assert ask(two, "eve", view="numbat-here").status == 404
    assert ask(two, "stranger", view="everywhere").status == 404


def names(answer: Answer) -> set[str]:
    assert answer.status == 200
    return {row["name"] for row in answer.json()["value"]}


def test_a_request_narrows_the_view_that_it_starts_from(two: Two):
    said = {"properties": {"kind": "model,data", "orderBy": "name", "facets": ["kind"], "top": 1}}
    two.made("bo", Request("PUT", own_view(two, "bo", "wide"), said))
    wide = search(two, "bo", view="wide")
    assert set(counts(wide, "kind")) == {"model", "data"}
    assert len(wide["value"]) == 1
    narrow = search(two, "bo", view="wide", filter="kind = 'data'", facets="status")
    assert list(narrow["facets"]) == ["status"]
    assert {row["kind"] for row in narrow["value"]} == {"data"}


def test_a_view_that_could_not_be_asked_is_refused_with_every_fault(two: Two):
    said = {"filter": "nmae = 'x'", "orderBy": "size", "facets": ["x"], "colour": "red"}
    path = own_view(two, "bo", "wrong")
    answer = two.ask("bo", Request("PUT", path, {"properties": said}))
    assert answer.status == 400
    assert "colour" in answer.text
    del said["colour"]
    answer = two.ask("bo", Request("PUT", path, {"properties": said}))
    assert answer.status == 400
    places = {one["target"] for one in answer.json()["error"]["details"]}
    assert places == {"$.properties.filter", "$.properties.orderBy", "$.properties.facets"}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("flter=x", "did you mean `$filter`?"),
        ("$filter=kind%20%3D%20%27modle%27", "did you mean `model`?"),
        ("$filter=nmae%20%3D%20%27x%27", "did you mean `name`?"),
        ("$top=none", "a whole number above 0"),
        ("$skipToken=x", "not one of ours"),
        ("view=nothing", "there is no view `nothing`"),
    ],
)
def test_a_slip_is_told(two: Two, query: str, said: str):
    answer = two.get("bo", f"/estate/v1/search?{query}")
    assert 400 <= answer.status < 500
    assert said in answer.json()["error"]["message"]
