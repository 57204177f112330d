"""Guesses of passwords, from one address and of many names."""

from __future__ import annotations

import pytest

from mlestate.core.errors import Unauthenticated
from mlestate.identity.logins import From
from tests.identity_house import ORIGIN, PASSWORD, House

HERE, ELSEWHERE = From("192.0.2.1", ORIGIN), From("192.0.2.2", ORIGIN)


@pytest.fixture(autouse=True)
def people(house: House) -> None:
    for name in ("ana", "bo"):
        house.credentials.set_password(house.user(name), PASSWORD)


def guess_many(house: House) -> None:
    for n in range(60):
        with pytest.raises(Unauthenticated, match="user name or the password"):
            house.logins.person(HERE, f"user{n}", PASSWORD)


def test_an_address_from_which_many_names_were_tried_has_to_wait(house: House):
    guess_many(house)
    with pytest.raises(Unauthenticated, match="from your address"):
        house.logins.person(HERE, "bo", PASSWORD)
    assert house.logins.person(ELSEWHERE, "bo", PASSWORD).name == "bo"


def test_whoever_came_in_from_there_before_is_let_in(house: House):
    house.logins.person(HERE, "ana", PASSWORD)
    guess_many(house)
    assert house.logins.person(HERE, "ana", PASSWORD).name == "ana"


def test_a_program_at_the_same_address_is_not_kept_from_its_token(house: House):
    robot = house.program()
    guess_many(house)
    form = {"client_id": "robot", "client_secret": house.secret(robot), "resource": ORIGIN}
    assert house.logins.token(form | {"grant_type": "client_credentials"}, HERE).access_token
