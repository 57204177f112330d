"""Whoever meets a fault of the server at a login is answered as at any other address."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from mlestate.identity.sessions import pkce_challenge
from tests.identity_house import ORIGIN, PASSWORD, House
from tests.unit.api.test_login import fields_of

DEVICE, BACK = "/common/oauth2/deviceauth", "http://localhost:1/"


@pytest.fixture
def code(house: House) -> str:
    """Of an estate in whose database is what nobody wrote."""
    ana = house.user("ana")
    house.credentials.set_password(ana, PASSWORD)
    code = house.sessions.authorize(ana, "x", BACK, pkce_challenge("x"), "openid")
    with house.database.write() as connection:
        connection.execute(text("UPDATE passwords SET hash = 'no hash'"))
        connection.execute(text("UPDATE authorization_codes SET expires = 'never'"))
    return code


@pytest.fixture
def client(house: House, code: str) -> Iterator[TestClient]:
    with TestClient(house.app(), ORIGIN) as client:
        yield client


def test_a_client_is_told_in_the_words_of_oauth(client: TestClient, code: str):
    form = {"grant_type": "authorization_code", "client_id": "x", "redirect_uri": BACK}
    answer = client.post("/common/oauth2/token", data=form | {"code": code, "code_verifier": "x"})
    assert (answer.status_code, answer.json()["error"]) == (500, "temporarily_unavailable")
    assert "see its log" in answer.json()["error_description"]


def test_a_person_is_told_on_a_page(client: TestClient):
    form = fields_of(client.get(DEVICE).text) | {"user_code": "x", "decision": "approve"}
    page = client.post(DEVICE, data=form | {"username": "ana", "password": PASSWORD})
    assert (page.status_code, "see its log" in page.text) == (500, True)
    assert "<h1>This cannot go on" in page.text
