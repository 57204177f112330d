from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.identity_house import ORIGIN, OWNER, PASSWORD, House, Principal


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with TestClient(house.app(), ORIGIN, headers=as_owner(house)) as client:
        yield client


@pytest.fixture
def dev(house: House) -> Iterator[TestClient]:
    """The same on a development estate."""
    with TestClient(house.app(dev=True), ORIGIN, headers=as_owner(house)) as client:
        yield client


def as_owner(house: House) -> dict[str, str]:
    boss = house.program("boss")
    house.grants.give(boss, OWNER)
    return acting(house, boss)


def acting(house: House, principal: Principal) -> dict[str, str]:
    return {"authorization": f"Bearer {house.token(principal)}"}


@pytest.mark.parametrize(
    ("collection", "kind"),
    [("users", "User"), ("servicePrincipals", "ServicePrincipal"), ("groups", "Group")],
)
def test_put_get_put_delete(client: TestClient, collection: str, kind: str):
    path = f"/estate/v1/{collection}/it"
    made = client.put(path, json={"displayName": "It"})
    assert made.status_code == 201
    document = made.json()
    assert (document["name"], document["kind"], document["displayName"]) == ("it", kind, "It")
    again = client.put(path, json={})
    assert (again.status_code, again.json()) == (200, document)
    assert client.get(path).json() == document
    assert client.delete(path).status_code == 200
    assert client.get(path).status_code == 404
    assert client.delete(path).status_code == 404


def test_group_members_are_said_by_name_and_put_twice_is_put_once(client: TestClient):
    for name in ("ana", "bo"):
        client.put(f"/estate/v1/users/{name}", json={})
    client.put("/estate/v1/groups/inner", json={"members": ["bo"]})
    for _ in range(2):
        put = client.put("/estate/v1/groups/team", json={"members": ["inner", "ana", "ANA"]})
        assert put.json()["members"] == ["ana", "inner"]
    kept = client.put("/estate/v1/groups/team", json={"displayName": "Team"})
    assert len(kept.json()["members"]) == 2
    assert client.put("/estate/v1/groups/team", json={"members": []}).json()["members"] == []


def test_no_group_is_in_itself_directly_or_through_others(client: TestClient):
    for name, members in (("a", []), ("b", ["a"]), ("c", ["b"])):
        client.put(f"/estate/v1/groups/{name}", json={"members": members})
    for group, member, words in (
        ("a", "A", "`a` cannot be a member of itself: leave it out"),
        ("a", "b", "`b` cannot be in `a`, which is in `b` already"),
        ("a", "c", "`c` cannot be in `a`, which is in `c` already"),
    ):
        refused = client.put(f"/estate/v1/groups/{group}", json={"members": [member]})
        error = refused.json()["error"]
        assert (refused.status_code, error["code"]) == (409, "GroupInItself")
        assert words in error["message"]
        assert client.get(f"/estate/v1/groups/{group}").json()["members"] == []
    client.put("/estate/v1/groups/b", json={"members": []})
    turned = client.put("/estate/v1/groups/a", json={"members": ["b"]})
    assert turned.json()["members"] == ["b"]


def test_a_new_group_is_not_in_itself_either(client: TestClient):
    refused = client.put("/estate/v1/groups/g", json={"members": ["g"]})
    assert refused.status_code in (400, 409)
    assert client.get("/estate/v1/groups/g").status_code == 404


@pytest.mark.parametrize("collection", ["users", "groups", "servicePrincipals"])
def test_what_one_is_shown_as_has_a_length(client: TestClient, collection: str):
    path = f"/estate/v1/{collection}/it"
    assert client.put(path, json={"displayName": "é" * 256}).status_code == 201
    refused = client.put(path, json={"displayName": "é" * 257})
    assert refused.status_code == 400
    assert "up to 256 characters: this one has 257" in refused.json()["error"]["message"]
    assert client.get(path).json()["displayName"] == "é" * 256


def test_an_unknown_member_is_named(client: TestClient):
    refused = client.put("/estate/v1/groups/team", json={"members": ["ghost"]})
    assert refused.status_code == 400
    assert "`ghost`" in refused.json()["error"]["message"]
    assert client.get("/estate/v1/groups/team").status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("users/ana", {"dispalyName": "x"}),
        ("users/ana", {"enabled": "yes"}),
        ("users/ana", []),
        ("groups/g", {"members": "ana"}),
        ("groups/g", {"enabled": True}),
        ("users/-ana", {}),
    ],
)
def test_what_is_not_right_is_refused_with_its_name(client: TestClient, path: str, body: object):
    refused = client.put(f"/estate/v1/{path}", json=body)
    assert refused.status_code == 400
    assert refused.json()["error"]["message"]


def test_lists_come_in_pages(client: TestClient):
    for name in ("a", "b", "c"):
        client.put(f"/estate/v1/users/{name}", json={})
    first = client.get("/estate/v1/users?$top=2").json()
    assert [u["name"] for u in first["value"]] == ["a", "b"]
    assert first["nextLink"].startswith(f"{ORIGIN}/estate/v1/users?")
    rest = client.get(first["nextLink"]).json()
    assert [u["name"] for u in rest["value"]] == ["c"]
    assert "nextLink" not in rest
    for wrong in ("0", "1001", "x", "-1", "²"):
        assert client.get("/estate/v1/users", params={"$top": wrong}).status_code == 400


def test_me_tells_who_one_is_and_in_which_groups(house: House, client: TestClient):
    ana = house.user("ana")
    house.group("inner", "ana")
    house.group("outer", "inner")
    me = client.get("/estate/v1/me", headers=acting(house, ana)).json()
    assert me == {
        "id": ana.id,
        "name": "ana",
        "kind": "User",
        "job": None,
        "tenant": house.directory.tenant,
        "groups": ["inner", "outer"],
    }


def test_a_secret_is_told_once_listed_by_label_and_revoked(house: House, client: TestClient):
    house.program("robot")
    path = "/estate/v1/servicePrincipals/robot/secrets"
    made = client.post(path, json={"label": "ci", "days": 30})
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    told = made.json()
    assert house.credentials.check_secret(told["clientId"], told["secret"])
    listed = client.get(path)
    assert [s["label"] for s in listed.json()["value"]] == ["ci"]
    assert told["secret"] not in listed.text
    assert client.post(path, json={"label": "ci"}).status_code == 409
    assert client.delete(f"{path}/ci").status_code == 204
    assert client.get(path).json()["value"][0]["revoked"]
    assert client.delete(f"{path}/other").status_code == 404


@pytest.mark.parametrize("body", [{}, {"label": ""}, {"label": "a", "days": 0}, {"label": "a/b"}])
def test_a_secret_needs_a_label_and_an_end(house: House, client: TestClient, body: object):
    house.program("robot")
    path = "/estate/v1/servicePrincipals/robot/secrets"
    assert client.post(path, json=body).status_code == 400


def test_a_person_makes_and_revokes_their_own_secrets_without_any_role(
    house: House, client: TestClient
):
    headers = acting(house, house.user("ana"))
    house.user("bo")
    made = client.post("/estate/v1/users/Ana/secrets", json={"label": "x"}, headers=headers)
    assert made.status_code == 201
    own = {"authorization": f"Bearer {house.token(house.directory.get('User', 'ana'))}"}
    assert client.delete("/estate/v1/users/ana/secrets/x", headers=own).status_code == 204
    for method in ("GET", "POST"):
        other = client.request(
            method, "/estate/v1/users/bo/secrets", json={"label": "x"}, headers=headers
        )
        assert other.status_code == 403


def test_an_administrator_does_not_act_as_a_person_and_is_told_why(
    house: House, client: TestClient
):
    house.user("ana")
    refused = client.post("/estate/v1/users/ana/secrets", json={"label": "x"})
    assert refused.status_code == 403
    assert "acts in their name" in refused.json()["error"]["message"]
    assert "--dev" in refused.json()["error"]["message"]


def test_on_a_development_estate_an_administrator_may(house: House, dev: TestClient):
    house.user("ana")
    told = dev.post("/estate/v1/users/ana/secrets", json={"label": "x"}).json()
    assert house.credentials.check_secret(told["clientId"], told["secret"]).principal.name == "ana"


def test_a_first_password_may_be_given_and_is_then_the_persons_own(
    house: House, client: TestClient
):
    ana, path = house.user("ana"), "/estate/v1/users/ana/password"
    own = acting(house, ana)
    assert client.put(path, json={"password": "short"}).status_code == 400
    assert client.put(path, json={"password": PASSWORD}).status_code == 204
    refused = client.put(path, json={"password": "another password"})
    assert refused.status_code == 403
    assert "their password" in refused.json()["error"]["message"]
    body = {"password": "another password"}
    assert client.put(path, json=body, headers=own).status_code == 403
    assert client.put(path, json=body | {"current": PASSWORD}, headers=own).status_code == 204
    assert house.credentials.check_person("ana", "another password")


def test_a_revoked_secret_shuts_the_door_at_the_next_request(house: House, client: TestClient):
    robot = house.program("robot")
    headers = acting(house, robot)
    assert client.get("/estate/v1/me", headers=headers).status_code == 200
    assert client.delete("/estate/v1/servicePrincipals/robot/secrets/s0").status_code == 204
    assert client.get("/estate/v1/me", headers=headers).status_code == 401


def test_disabling_a_user_shuts_the_door_at_the_next_request(house: House, client: TestClient):
    headers = acting(house, house.user("ana"))
    assert client.get("/estate/v1/me", headers=headers).status_code == 200
    client.put("/estate/v1/users/ana", json={"enabled": False})
    refused = client.get("/estate/v1/me", headers=headers)
    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "InvalidAuthenticationToken"
