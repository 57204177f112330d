"""What a token alone does not give: a secret or a password that outlives it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from mlestate.api.principal_secrets import FRESH
from tests.identity_house import ORIGIN, OWNER, PASSWORD, Clock, House, Principal

SECRETS, PASSWORDS = "/estate/v1/users/ana/secrets", "/estate/v1/users/ana/password"
ANOTHER = "another good password"


@pytest.fixture
def ana(house: House) -> Principal:
    ana = house.user("ana")
    house.credentials.set_password(ana, PASSWORD)
    return ana


@pytest.fixture
def client(house: House, ana: Principal) -> Iterator[TestClient]:
    """Ana, logged in on a page long ago."""
    headers = logged_in(house, ana)
    later(house, FRESH + 1)
    with TestClient(house.app(), ORIGIN, headers=headers) as client:
        yield client


def logged_in(house: House, person: Principal) -> dict[str, str]:
    started = house.sessions.start_device("a client", "openid")
    house.sessions.decide_device(started.user_code, person, True)
    proof = house.sessions.poll_device(started.device_code, "a client").proof
    token, _ = house.tokens.access(proof, ORIGIN, "a client", ORIGIN)
    return {"authorization": f"Bearer {token}"}


def later(house: House, seconds: float) -> None:
    assert isinstance(house.clock, Clock)
    house.clock.now += seconds


def test_a_secret_is_not_the_password_that_a_new_one_takes(
    house: House, client: TestClient, ana: Principal
):
    body = {"password": ANOTHER, "current": house.secret(ana)}
    refused = client.put(PASSWORDS, json=body)
    assert refused.status_code == 403
    assert "not the password that is in force" in refused.json()["error"]["message"]
    assert house.credentials.check_person("ana", PASSWORD) == ana


def test_guesses_of_the_password_in_force_are_slowed_like_logins(client: TestClient):
    for guess in range(10):
        body = {"password": ANOTHER, "current": f"guess {guess}"}
        assert client.put(PASSWORDS, json=body).status_code == 403
    right = client.put(PASSWORDS, json={"password": ANOTHER, "current": PASSWORD})
    assert (right.status_code, right.json()["error"]["code"]) == (403, "TooManyFailedLogins")


def test_a_secret_takes_a_login_of_a_moment_ago_or_the_password(house: House, client: TestClient):
    refused = client.post(SECRETS, json={"label": "a"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "LoginTooOld")
    assert "`mlestate login`" in refused.json()["error"]["message"]
    for current, status in (("wrong", 403), (PASSWORD, 201)):
        made = client.post(SECRETS, json={"label": "a", "current": current})
        assert made.status_code == status
    assert client.post(SECRETS, json={"label": "b", "current": made.json()["secret"]}).is_error


def test_whoever_has_just_logged_in_makes_a_secret(house: House, ana: Principal):
    with TestClient(house.app(), ORIGIN, headers=logged_in(house, ana)) as client:
        later(house, FRESH)
        assert client.post(SECRETS, json={"label": "a"}).status_code == 201


def test_a_session_does_not_grow_younger_with_each_token(
    house: House, client: TestClient, ana: Principal
):
    started = house.sessions.start_device("a client", "openid")
    house.sessions.decide_device(started.user_code, ana, True)
    opened = house.sessions.poll_device(started.device_code, "a client")
    later(house, FRESH + 1)
    proof = house.sessions.refresh(opened.refresh_token, "a client").proof
    token, _ = house.tokens.access(proof, ORIGIN, "a client", ORIGIN)
    headers = {"authorization": f"Bearer {token}"}
    assert client.post(SECRETS, json={"label": "a"}, headers=headers).status_code == 403


def test_a_first_password_of_ones_own_takes_a_login_of_a_moment_ago(
    house: House, client: TestClient
):
    headers = logged_in(house, house.user("bo"))
    path, body = "/estate/v1/users/bo/password", {"password": ANOTHER}
    later(house, FRESH + 1)
    refused = client.put(path, json=body, headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "LoginTooOld")
    again = logged_in(house, house.directory.get("User", "bo"))
    assert client.put(path, json=body, headers=again).status_code == 204


def test_an_administrator_sets_a_first_password_however_long_ago_they_logged_in(
    house: House, client: TestClient
):
    boss = house.user("boss")
    house.grants.give(boss, OWNER)
    house.user("bo")
    headers = logged_in(house, boss)
    later(house, FRESH + 1)
    body = {"password": ANOTHER}
    assert client.put("/estate/v1/users/bo/password", json=body, headers=headers).is_success
