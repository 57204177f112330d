"""Guesses of passwords and secrets: who has to wait for them, and who has not."""

from __future__ import annotations

import msgspec
import pytest

from mlestate.core.errors import Unauthenticated
from mlestate.identity.guard import From
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
    assert house.logins.person(ELSEWHERE, "bo", PASSWORD).person.name == "bo"


def test_whoever_came_in_from_there_before_is_let_in(house: House):
    house.logins.person(HERE, "ana", PASSWORD)
    guess_many(house)
    assert house.logins.person(HERE, "ana", PASSWORD).person.name == "ana"


def test_a_program_at_the_same_address_is_not_kept_from_its_token(house: House):
    robot = house.program()
    guess_many(house)
    form = {"client_id": "robot", "client_secret": house.secret(robot), "resource": ORIGIN}
    assert house.logins.token(form | {"grant_type": "client_credentials"}, HERE).access_token


def guess(house: House, name: str, source: From = HERE) -> None:
    """Until there is a pause."""
    for _ in range(10):
        with pytest.raises(Unauthenticated, match="user name or the password"):
            house.logins.person(source, name, "a wrong password")


def guess_secrets(house: House, client: str) -> str:
    """What the last of many guesses is told."""
    with pytest.raises(Unauthenticated) as refused:
        log_in(house, client, "wrong")
    return refused.value.code


def log_in(house: House, client: str, secret: str) -> str:
    form = {"client_id": client, "client_secret": secret, "resource": ORIGIN}
    return house.logins.token(form | {"grant_type": "client_credentials"}, HERE).access_token


def test_guesses_of_a_secret_keep_nobody_out_who_has_it(house: House):
    robot = house.program()
    for _ in range(10):
        assert guess_secrets(house, robot.client_id) == "invalid_client"
    assert guess_secrets(house, robot.client_id) == "too_many_failures"
    assert log_in(house, robot.client_id, house.secret(robot))
    # Nor does it help who guesses that the right one came meanwhile.
    assert guess_secrets(house, robot.client_id) == "too_many_failures"


def test_failures_of_one_principal_count_together_by_whatever_name(house: House):
    robot = house.program()
    for name in (robot.client_id, robot.name, robot.client_id.upper(), "ROBOT") * 2 + (
        "robot",
    ) * 2:
        assert guess_secrets(house, name) == "invalid_client"
    for name in (robot.client_id, robot.name):
        assert guess_secrets(house, name) == "too_many_failures"


def test_a_secret_of_their_own_lets_a_person_in_while_others_guess_their_password(house: House):
    ana = house.user("ana")
    guess(house, "ana")
    with pytest.raises(Unauthenticated, match="Too many"):
        house.logins.person(HERE, "ana", PASSWORD)
    secret = house.secret(ana)
    entered = house.logins.person(HERE, "ana", secret)
    assert (entered.person.name, entered.word) == ("ana", "")
    with pytest.raises(Unauthenticated, match="Too many"):
        house.logins.person(HERE, "ana", PASSWORD)
    house.credentials.revoke_secret(ana, "laptop")
    with pytest.raises(Unauthenticated, match="Too many"):
        house.logins.person(HERE, "ana", secret)


class TestABrowserThatIsKnown:
    @pytest.fixture
    def known(self, house: House) -> From:
        return msgspec.structs.replace(HERE, word=house.logins.person(HERE, "ana", PASSWORD).word)

    def test_is_let_in_whatever_others_guess_at_its_address(self, house: House, known: From):
        guess(house, "ana")
        with pytest.raises(Unauthenticated, match="Too many"):
            house.logins.person(HERE, "ana", PASSWORD)
        assert house.logins.person(known, "ana", PASSWORD).person.name == "ana"

    def test_has_to_wait_for_its_own_failures(self, house: House, known: From):
        guess(house, "ana", known)
        with pytest.raises(Unauthenticated, match="Too many"):
            house.logins.person(known, "ana", PASSWORD)
        assert house.logins.person(HERE, "ana", PASSWORD).person.name == "ana"

    @pytest.mark.parametrize("word", ["", ".", "x.y", "\xe9"])
    def test_is_not_one_with_a_word_of_its_own_making(self, house: House, known: From, word: str):
        guess(house, "ana")
        for said in (word, known.word[:-1], "x" + known.word):
            with pytest.raises(Unauthenticated, match="Too many"):
                house.logins.person(msgspec.structs.replace(known, word=said), "ana", PASSWORD)

    def test_is_known_for_one_person_and_until_their_password_changes(
        self, house: House, known: From
    ):
        guess(house, "bo")
        with pytest.raises(Unauthenticated, match="Too many"):
            house.logins.person(known, "bo", PASSWORD)
        house.credentials.set_password(house.user("ana"), f"{PASSWORD} too")
        guess(house, "ana")
        with pytest.raises(Unauthenticated, match="Too many"):
            house.logins.person(known, "ana", f"{PASSWORD} too")


def test_a_password_that_is_asked_for_again_is_no_matter_of_those_who_are_outside(house: House):
    ana = house.user("ana")
    guess(house, "ana")
    house.logins.confirm(HERE, ana, PASSWORD)
    for _ in range(10):
        with pytest.raises(Unauthenticated, match="not the password"):
            house.logins.confirm(HERE, ana, "a wrong password")
    with pytest.raises(Unauthenticated, match="Too many"):
        house.logins.confirm(HERE, ana, PASSWORD)
