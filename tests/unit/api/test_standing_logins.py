"""Basic authentication with an id and a secret, as plain MLflow sends them for days."""

from __future__ import annotations

import asyncio
from base64 import b64encode

import pytest

from mlestate.api.mlflow import basic
from mlestate.core.errors import Unauthenticated
from mlestate.core.principals import Principal
from mlestate.identity.guard import From
from tests.identity_house import ORIGIN, Clock, House


class Door:
    """Who gets in, and how often they had to log in for it."""

    def __init__(self, house: House):
        self.house, self.logged_in = house, 0
        self.standing = basic.Standing(self._log_in, house.clock)

    def open(self, principal: Principal, secret: str) -> str:
        said = basic.Basic(principal.client_id, secret)
        token = asyncio.run(self.standing.token(said, "127.0.0.1"))
        return self.house.authenticator.authenticate(token).name

    def _log_in(self, client: str, secret: str, address: str) -> tuple[str, int]:
        self.logged_in += 1
        form = {"client_id": client, "client_secret": secret, "resource": ORIGIN}
        form["grant_type"] = "client_credentials"
        given = self.house.logins.token(form, From(address, ORIGIN))
        return given.access_token, given.expires_in


@pytest.fixture
def door(house: House) -> Door:
    return Door(house)


def test_it_opens_for_days_and_logs_in_once_an_hour(house: House, door: Door):
    robot = house.program("robot")
    secret = house.secret(robot)
    assert isinstance(house.clock, Clock)
    for _ in range(48):
        assert door.open(robot, secret) == door.open(robot, secret) == "robot"
        house.clock.now += 1800
    assert door.logged_in == 24


def test_it_ends_when_the_secret_is_revoked(house: House, door: Door):
    robot = house.program("robot")
    secret = house.secret(robot)
    door.open(robot, secret)
    house.credentials.revoke_secret(robot, "laptop")
    with pytest.raises(Unauthenticated, match="revoked"):
        door.open(robot, secret)


def test_a_wrong_secret_has_to_wait_soon_and_the_right_one_never(house: House, door: Door):
    robot = house.program("robot")
    secret = house.secret(robot)
    for _ in range(10):
        with pytest.raises(Unauthenticated):
            door.open(robot, "wrong")
    with pytest.raises(Unauthenticated, match="Too many"):
        door.open(robot, "wrong")
    assert door.open(robot, secret) == "robot"


def test_a_password_that_is_a_token_is_one():
    assert basic.Basic("anybody", "a.b.c").is_token
    assert not basic.Basic("id", "mles_x").is_token
    with pytest.raises(Unauthenticated, match="not valid basic"):
        basic.read("Basic %%%")
    assert basic.read("Bearer x") is None
    assert basic.read("Basic " + b64encode(b"a:b:c").decode()) == basic.Basic("a", "b:c")
