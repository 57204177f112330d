from __future__ import annotations

from pathlib import Path

import pytest

from mlestate.core.errors import Conflict, Invalid, NotFound, Unauthenticated
from tests.identity_house import PASSWORD, House, house_in


def test_a_secret_opens_by_client_id_and_by_name_and_is_shown_once(house: House):
    robot = house.program("robot")
    text = house.secret(robot)
    assert house.credentials.check_secret(robot.client_id, text).principal == robot
    assert house.credentials.check_secret("ROBOT", text).principal == robot
    assert text not in repr(house.credentials.secrets(robot))


def test_a_secret_opens_only_for_its_owner(house: House):
    text = house.secret(house.program("robot"))
    house.program("other")
    with pytest.raises(Unauthenticated, match="secret is wrong"):
        house.credentials.check_secret("other", text)


def test_an_unknown_client_and_a_wrong_secret_are_told_apart_by_nobody(house: House):
    house.program("robot")
    said = set()
    for client in ("robot", "ghost"):
        with pytest.raises(Unauthenticated) as error:
            house.credentials.check_secret(client, "mles_guess")
        said.add(str(error.value))
    assert len(said) == 1


def test_a_secret_that_is_over_says_why(house: House):
    robot = house.program()
    revoked = house.secret(robot, "old")
    house.credentials.revoke_secret(robot, "old")
    _, brief = house.credentials.create_secret(robot, "brief", 10.0)
    house.clock.now += 10
    with pytest.raises(Unauthenticated, match="`old` was revoked"):
        house.credentials.check_secret("robot", revoked)
    with pytest.raises(Unauthenticated, match="`brief` expired on 2027-01-15"):
        house.credentials.check_secret("robot", brief)


def test_a_label_is_in_use_once_and_free_again_after_it_was_revoked(house: House):
    robot = house.program()
    house.secret(robot)
    with pytest.raises(Conflict, match="revoke it first"):
        house.secret(robot)
    house.credentials.revoke_secret(robot, "laptop")
    assert house.credentials.check_secret("robot", house.secret(robot))


def test_what_is_not_there_cannot_be_revoked(house: House):
    with pytest.raises(NotFound, match="has no secret `x`"):
        house.credentials.revoke_secret(house.program(), "x")


def test_a_group_has_no_secret_and_a_program_no_password(house: House):
    with pytest.raises(Invalid, match="group cannot log in"):
        house.secret(house.group("team"))
    with pytest.raises(Invalid, match="Only people"):
        house.credentials.set_password(house.program(), PASSWORD)


def test_a_person_logs_in_by_password_or_by_a_secret_of_their_own(house: House):
    ana = house.user("ana")
    house.credentials.set_password(ana, PASSWORD)
    secret = house.secret(ana)
    assert house.credentials.check_person("Ana", PASSWORD).id == ana.id
    assert house.credentials.check_person("ana", secret).id == ana.id


@pytest.mark.parametrize("name", ["ana", "bo", "ghost", "robot", "team"])
def test_nobody_logs_in_with_what_is_not_theirs(house: House, name: str):
    ana = house.user("ana")
    house.credentials.set_password(ana, PASSWORD)
    house.user("bo")
    house.group("team", "ana")
    house.secret(house.program("robot"))
    with pytest.raises(Unauthenticated, match="the password is wrong"):
        house.credentials.check_person(name, "not the password")


def test_a_program_does_not_log_in_on_a_page(house: House):
    with pytest.raises(Unauthenticated, match="`robot` cannot log in"):
        house.credentials.check_person("robot", house.secret(house.program("robot")))


def test_a_disabled_person_does_not_log_in(house: House):
    ana = house.user("ana")
    house.credentials.set_password(ana, PASSWORD)
    secret = house.secret(ana)
    house.directory.put("User", "ana", enabled=False)
    with pytest.raises(Unauthenticated, match="cannot log in"):
        house.credentials.check_person("ana", PASSWORD)
    with pytest.raises(Unauthenticated, match="is disabled"):
        house.credentials.check_secret("ana", secret)


def test_a_short_password_is_refused(house: House):
    with pytest.raises(Invalid, match="at least 12"):
        house.credentials.set_password(house.user(), "short")


def test_the_database_with_the_signing_key_is_for_its_owner_alone(house: House, tmp_path: Path):
    house.user()
    files = list(tmp_path.glob("estate.db*"))
    assert tmp_path / "estate.db" in files
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    house.close()
    (tmp_path / "estate.db").chmod(0o644)
    house_in(tmp_path).close()
    assert (tmp_path / "estate.db").stat().st_mode & 0o777 == 0o600
