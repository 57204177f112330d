"""The directory keeps its promises on every database that we support."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from mlestate.core.errors import Conflict, Invalid, NotFound, Unauthenticated
from mlestate.core.principals import Principal
from mlestate.identity.directory import Directory
from mlestate.identity.keys import SigningKeys, new_key
from mlestate.identity.sessions import pkce_challenge
from mlestate.store import credentials, principals, sessions
from tests.identity_house import READER, Clock, House


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    house = House(database_url)
    yield house
    house.close()


def test_the_tenant_is_the_same_after_a_restart(house: House):
    again = Directory(house.database, house.grants, house.clock)
    assert again.tenant == house.directory.tenant


def test_a_signing_key_is_the_same_after_a_restart(house: House):
    assert SigningKeys(house.database, house.clock).newest[0] == house.keys.newest[0]


def test_a_key_that_another_process_made_is_found_after_a_second(house: House):
    newer = new_key(house.clock.now + 1)
    with house.database.write() as connection:
        credentials.add_key(connection, newer)
    assert house.keys.public(newer.kid) is None
    house.clock.now += 1
    assert house.keys.public(newer.kid) is not None
    assert house.keys.newest[0] == newer.kid


def test_a_put_twice_keeps_the_object_id_and_what_was_not_sent(house: House):
    first, new = house.directory.put("User", "ana@x", "Ana", True)
    second, again = house.directory.put("User", "ANA@X", None, False)
    assert (new, again) == (True, False)
    assert second.id == first.id
    assert (second.display_name, second.enabled) == ("Ana", False)


def test_a_name_is_taken_across_all_kinds_and_whatever_the_case(house: House):
    house.user("ops")
    with pytest.raises(Conflict, match="already the name of a User"):
        house.group("OPS")


@pytest.mark.parametrize(
    "name", ["", "-a", "a b", "a/b", "a" * 129, "me", "00000000-0000-0000-0000-000000000000", "a\n"]
)
def test_what_cannot_be_a_name_is_refused(house: House, name: str):
    with pytest.raises(Invalid, match="cannot be a name"):
        house.user(name)


@pytest.mark.parametrize("name", ["ana@mlestate.local", "adm\u0131n", "\u0430na"])
def test_nobody_new_is_called_what_would_be_taken_for_somebody_else(house: House, name: str):
    for put in (house.user, house.group, house.program):
        with pytest.raises(Invalid, match="cannot be a name"):
            put(name)


def test_who_is_called_so_already_can_be_disabled(house: House):
    with house.database.write() as connection:
        id, name = "00000000-0000-0000-0000-0000000000aa", "ana@mlestate.local"
        principals.add(connection, Principal(id, "User", name, id, "Ana", True, 1.0))
    assert not house.directory.put("User", name, enabled=False)[0].enabled


def test_groups_in_groups_count_and_a_ring_of_groups_is_refused(house: House):
    ana = house.user("ana")
    inner = house.group("inner", "ana")
    outer = house.group("outer", "inner")
    with pytest.raises(Conflict, match="`outer` cannot be in `inner`"):
        house.group("inner", "ana", "outer")
    other = house.group("other")
    assert house.directory.groups_of(ana.id) == {inner.id, outer.id}
    assert other.id not in house.directory.groups_of(ana.id)


def test_a_ring_of_groups_that_is_there_ends(house: House):
    ana = house.user("ana")
    inner = house.group("inner", "ana")
    outer = house.group("outer", "inner")
    with house.database.write() as connection:
        principals.set_members(connection, inner.id, [ana.id, outer.id])
    assert house.directory.groups_of(ana.id) == {inner.id, outer.id}


def test_members_are_exactly_those_that_were_put(house: House):
    for name in ("ana", "bo", "cy"):
        house.user(name)
    group = house.group("team", "ana", "bo")
    house.group("team", "bo", "cy")
    assert [m.name for m in house.directory.members(group)] == ["bo", "cy"]


def test_a_member_that_nobody_knows_is_refused_and_nothing_changes(house: House):
    house.user("ana")
    group = house.group("team", "ana")
    with pytest.raises(Invalid, match="`ghost`"):
        house.group("team", "ghost")
    assert [m.name for m in house.directory.members(group)] == ["ana"]


def test_pages_go_on_behind_the_last_name(house: House):
    for name in ("a", "B", "c", "d"):
        house.user(name)
    house.program("bb")
    first = house.directory.page("User", limit=2)
    rest = house.directory.page("User", after=first[-1].name, limit=5)
    assert [p.name for p in (*first, *rest)] == ["a", "B", "c", "d"]


def test_what_belongs_to_a_principal_goes_with_it(house: House):
    ana = house.user("ana")
    group, secret = house.group("team", "ana"), house.secret(ana)
    house.credentials.set_password(ana, "correct horse battery")
    house.directory.delete("User", "ana")
    assert house.directory.members(group) == []
    assert house.directory.caller(ana.id) is None
    with pytest.raises(Unauthenticated):
        house.credentials.check_secret("ana", secret)
    with pytest.raises(NotFound):
        house.directory.get("User", "ana")


def test_each_change_of_who_may_what_is_counted(house: House):
    seen = [house.directory.generation.current()]
    ana = house.user("ana")
    seen.append(house.directory.generation.current())
    house.group("team", "ana")
    seen.append(house.directory.generation.current())
    house.secret(ana)
    house.credentials.revoke_secret(ana, "laptop")
    seen.append(house.directory.generation.current())
    house.directory.delete("User", "ana")
    seen.append(house.directory.generation.current())
    assert seen == sorted(set(seen))


def test_a_change_by_another_process_is_seen_after_a_second(database_url: str):
    clock = Clock()
    here, there = House(database_url, clock), House(database_url, clock)
    ana = here.user("ana")
    there.grants.give(ana, READER)
    assert there.directory.caller(ana.id) is not None
    here.directory.put("User", "ana", enabled=False)
    clock.now += 1.0
    assert there.directory.caller(ana.id) is None
    here.close()
    there.close()


def test_writers_at_once_lose_no_change(house: House):
    before = house.directory.generation.current()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: house.user(f"user{n}"), range(24)))
    assert len(house.directory.page("User")) == 24
    assert house.directory.generation.current() == before + 24


def test_of_two_who_redeem_a_code_at_once_one_gets_a_session(house: House):
    ana, verifier = house.user("ana"), "v" * 43
    code = house.sessions.authorize(
        ana, "cli", "http://localhost", pkce_challenge(verifier), "openid"
    )

    def redeem(_: int) -> bool:
        try:
            house.sessions.redeem(code, "cli", "http://localhost", verifier)
        except Unauthenticated:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(redeem, range(4))) == 1


def test_of_two_who_poll_for_a_device_at_once_one_gets_a_session(house: House):
    ana = house.user("ana")
    started = house.sessions.start_device("cli", "openid")
    house.sessions.decide_device(started.user_code, ana, approve=True)

    def poll(_: int) -> bool:
        try:
            house.sessions.poll_device(started.device_code, "cli")
        except Unauthenticated:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(poll, range(4))) == 1


def test_what_has_expired_is_forgotten(house: House):
    house.sessions.start_device("cli", "openid")
    house.clock.now += 3600
    house.sessions.start_device("cli", "openid")
    with house.database.read() as connection:
        assert sessions.devices_waiting(connection) == 1


def test_nothing_that_opens_anything_is_in_the_database(house: House):
    ana = house.user("ana")
    secret = house.secret(ana)
    house.credentials.set_password(ana, "correct horse battery")
    started = house.sessions.start_device("cli", "openid offline_access")
    house.sessions.decide_device(started.user_code, ana, approve=True)
    refresh = house.sessions.poll_device(started.device_code, "cli").refresh_token
    with house.database.read() as connection:
        rows = [
            str(row)
            for table in principals.metadata.sorted_tables
            for row in connection.execute(table.select())
        ]
    everything = "\n".join(rows)
    for text in (secret, refresh, started.device_code, started.user_code, "correct horse"):
        assert text not in everything
    assert "argon2id" in everything
