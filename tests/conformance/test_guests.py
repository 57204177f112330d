"""Guests stay where they may be, as long as they may, on every database that we support."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from mlestate.core.access import Caller, Grant
from mlestate.core.errors import Conflict, Invalid, Unauthenticated
from mlestate.core.guests import Guest, today
from mlestate.core.principals import Principal
from mlestate.identity.credentials import SECRET_LIFETIME
from mlestate.identity.departures import Departures
from mlestate.store import activity, credentials
from tests.identity_house import OWNER, READER, WORKSPACE, House

GROUP = "/subscriptions/s/resourceGroups/rg"
OTHER = "/subscriptions/s/resourceGroups/other"
DAY = 86400.0


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    house = House(database_url)
    house.user("mia")
    yield house
    house.close()


def last_day(house: House, days: int = 30) -> date:
    return today(house.clock()) + timedelta(days=days)


def guest(house: House, name: str = "kim", *scopes: str, days: int = 30) -> Principal:
    stay = Guest("mia", last_day(house, days), scopes or (GROUP,))
    return house.directory.put("User", name, guest=stay)[0]


def guest_group(house: House, name: str, *members: str, scope: str = GROUP) -> Principal:
    stay = Guest("mia", last_day(house), (scope,))
    return house.directory.put_group(name, members=members, guest=stay)[0]


def caller(house: House, principal: Principal) -> Caller:
    return house.directory.admitted(principal.id)


def test_whatever_was_given_a_guest_has_it_in_their_scopes_alone(house: House):
    kim = guest(house)
    house.grants.give(kim, OWNER, "/")
    rights = caller(house, kim).rights
    assert rights.allows("Some/thing/read", WORKSPACE)
    assert not rights.allows("Some/thing/read", OTHER)
    assert not rights.allows("Some/thing/read", "/subscriptions/s")
    assert not rights.reach(OTHER)
    assert rights.area("Some/thing/read").branches() == [GROUP.lower()]


@pytest.mark.parametrize(
    "action",
    [
        "Microsoft.Authorization/roleAssignments/write",
        "Microsoft.Authorization/locks/delete",
        "Microsoft.Storage/storageAccounts/listKeys/action",
    ],
)
def test_a_guest_lets_nobody_in_and_reads_no_key(house: House, action: str):
    kim = guest(house)
    house.grants.give(kim, OWNER, GROUP)
    assert not caller(house, kim).rights.allows(action, GROUP)


def test_their_jobs_may_no_more_than_they(house: House):
    kim = guest(house)
    house.grants.give(kim, OWNER, "/")
    house.leases.living.add((f"{OTHER}/providers/Ml/workspaces/w/jobs/j", 1))
    job = house.tokens.for_job(f"{OTHER}/providers/Ml/workspaces/w/jobs/j", 1, kim)
    read = "Microsoft.MachineLearningServices/workspaces/data/read"
    assert not house.authenticator.authenticate(job).rights.allows(read, OTHER)


def test_who_is_in_a_group_of_guests_is_a_guest(house: House):
    lee = house.user("lee")
    group = guest_group(house, "acme", "lee")
    house.grants.give(group, READER, "/")
    assert caller(house, lee).rights.area("x/read").branches() == [GROUP.lower()]


def test_nobody_of_the_house_becomes_a_guest_unawares(house: House):
    boss = house.user("boss")
    house.grants.give(boss, OWNER, "/")
    with pytest.raises(Conflict, match=r"`boss` cannot be in the group `acme`.*one at `/`"):
        guest_group(house, "acme", "boss")
    assert caller(house, boss).rights.allows("x/read", "/")


def test_a_group_that_reaches_beyond_takes_no_guest(house: House):
    guest(house)
    wide = house.group("wide")
    house.grants.give(wide, READER, OTHER)
    with pytest.raises(Conflict, match=rf"`kim` cannot be in the group `wide`.*{OTHER}") as no:
        house.group("wide", "kim")
    assert no.value.code == "GuestOutOfScope"
    house.group("inner")
    house.group("wide", "inner")
    with pytest.raises(Conflict, match="cannot be in the group `inner`"):
        house.group("inner", "kim")
    assert house.directory.members(house.directory.get("Group", "inner")) == []


def test_a_guest_is_in_one_project(house: House):
    house.user("kim")
    guest_group(house, "acme", "kim")
    with pytest.raises(Conflict, match="more than one project, those of `acme` and of `beta`"):
        guest_group(house, "beta", "kim", scope=OTHER)


def test_no_role_is_given_to_a_guest_elsewhere_nor_through_a_group(house: House):
    kim = guest(house)
    team = house.group("team", "kim")
    house.directory.hold_grant(kim.id, WORKSPACE)
    house.directory.hold_grant(team.id, GROUP.upper())
    for scope in (OTHER, "/subscriptions/s", "", "/subscriptions/s/resourceGroups/rg2"):
        with pytest.raises(Conflict, match=r"`kim` is a guest.*assign the role there"):
            house.directory.hold_grant(kim.id, scope)
        with pytest.raises(Conflict, match=r"guest `kim` is in `team`.*take them out"):
            house.directory.hold_grant(team.id, scope)


@pytest.mark.parametrize("sponsor", ["nobody", "robot", "gone", "kim", "lee"])
def test_a_sponsor_is_somebody_of_the_house(house: House, sponsor: str):
    house.program("robot")
    house.directory.put("User", "gone", enabled=False)
    guest(house, "lee")
    with pytest.raises(Invalid, match=f"`{sponsor}`.* cannot be a sponsor"):
        house.directory.put("User", "kim", guest=Guest(sponsor, last_day(house), (GROUP,)))


def test_a_sponsor_cannot_become_a_guest(house: House):
    guest(house)
    house.user("pat")
    with pytest.raises(Conflict, match="`mia` sponsors a guest"):
        house.directory.put("User", "mia", guest=Guest("pat", last_day(house), (GROUP,)))
    with pytest.raises(Conflict, match="`mia` sponsors a guest"):
        guest_group(house, "acme", "mia")


@pytest.mark.parametrize("scope", ["", "/", "/subscriptions/s", "rg", "/providers/x/y/z"])
def test_a_scope_is_a_resource_group_or_in_one(house: House, scope: str):
    with pytest.raises(Invalid, match="cannot be the scope of a guest"):
        guest(house, "kim", scope)


def test_a_last_day_that_is_over_is_refused_and_today_is_not(house: House):
    guest(house, days=0)
    with pytest.raises(Invalid, match=r"is over already: choose a last day from \d{4}-"):
        guest(house, days=-1)


def test_the_last_day_that_there_is_is_a_day_as_any_other(house: House):
    kim = house.directory.put("User", "kim", guest=Guest("mia", date.max, (GROUP,)))[0]
    house.grants.give(kim, READER, "/")
    assert caller(house, kim).rights.allows("x/read", GROUP)
    assert house.proof(kim).expires == house.clock() + SECRET_LIFETIME


def test_their_access_ends_with_their_last_day_and_says_so(house: House):
    kim = guest(house, days=1)
    house.grants.give(kim, READER, GROUP)
    secret = house.secret(kim)
    token = house.token(kim)
    end = Guest("mia", last_day(house, 1), ()).ends
    house.clock.now = end - 1
    proof = house.credentials.check_secret(kim.client_id, secret)
    assert proof.expires == end
    token, lasts = house.tokens.access(proof, "https://localhost:8443", kim.client_id, "x")
    assert lasts == 1
    assert house.authenticator.authenticate(token).rights.allows("x/read", GROUP)
    house.clock.now = end
    with pytest.raises(Unauthenticated, match=r"`kim` ended on .*: ask `mia` for a later date"):
        house.credentials.check_secret(kim.client_id, secret)
    with pytest.raises(Unauthenticated):
        house.authenticator.authenticate(token)
    assert house.authenticator.cached(token) is None
    assert house.directory.caller(kim.id) is None
    with pytest.raises(Unauthenticated, match="its secret is wrong"):
        house.credentials.check_secret(kim.client_id, "guessed")


def test_a_date_that_is_brought_forward_ends_what_is_out_already(house: House):
    kim = guest(house, days=90)
    secret, token = house.secret(kim), house.token(kim)
    guest(house, days=0)
    house.clock.now = Guest("mia", last_day(house, 0), ()).ends
    with pytest.raises(Unauthenticated, match="ended on"):
        house.credentials.check_secret("kim", secret)
    with pytest.raises(Unauthenticated):
        house.authenticator.authenticate(token)


def test_a_session_and_its_refresh_end_with_the_stay(house: House):
    kim = guest(house, days=1)
    start = house.sessions.start_device("cli", "scope")
    house.sessions.decide_device(start.user_code, kim, approve=True)
    opened = house.sessions.poll_device(start.device_code, "cli")
    end = Guest("mia", last_day(house, 1), ()).ends
    assert opened.proof.expires == end
    guest(house, days=0)
    house.clock.now = end - DAY
    with pytest.raises(Unauthenticated, match="ended on"):
        house.sessions.refresh(opened.refresh_token, "cli")


@pytest.mark.parametrize("lost", ["disabled", "deleted"])
def test_without_a_sponsor_there_is_no_access_until_there_is_one(house: House, lost: str):
    kim = guest(house)
    house.grants.give(kim, READER, GROUP)
    token = house.token(kim)
    house.user("pat")
    if lost == "disabled":
        house.directory.put("User", "mia", enabled=False)
    else:
        house.directory.delete("User", "mia")
    with pytest.raises(Unauthenticated, match="no sponsor any more"):
        house.authenticator.authenticate(token)
    house.directory.put("User", "kim", guest=Guest("pat", last_day(house), (GROUP,)))
    assert house.authenticator.authenticate(token).rights.allows("x/read", GROUP)


def test_a_guest_can_become_one_of_the_house_and_another_put_changes_nothing(house: House):
    kim = guest(house)
    house.grants.give(kim, READER, "/")
    house.directory.put("User", "kim", "Kim Roe")
    assert not caller(house, kim).rights.allows("x/read", OTHER)
    house.directory.put("User", "kim", guest=None)
    assert caller(house, kim).rights.allows("x/read", OTHER)


def test_after_their_last_day_they_leave_with_all_that_is_theirs(house: House):
    kim, lee = guest(house, "kim", days=1), house.user("lee")
    acme = guest_group(house, "acme", "lee")
    staying = guest(house, "stay", days=60)
    house.group("team", "kim", "stay")
    house.secret(kim)
    departures = Departures(house.database, house.directory.generation, house.clock)
    assert departures.due() == []
    house.clock.now += 31 * DAY
    due = departures.due()
    assert {one.id for one in due} == {kim.id, lee.id, acme.id}
    for one in due:
        departures.remove(one)
    assert departures.due() == []
    assert [m.id for m in house.directory.members(house.directory.get("Group", "team"))] == [
        staying.id
    ]
    with house.database.read() as connection:
        assert credentials.secrets_of(connection, kim.id) == []
        said = activity.events(connection, "/estate/v1/users/kim")
        left = [(e.name, e.action) for e in said if e.action.endswith("users/delete")]
        assert left == [("mlestate", "mlestate.Identity/users/delete")]


def test_a_guest_has_no_more_than_was_given(house: House):
    kim = guest(house)
    house.grants.given[kim.id] = [Grant(WORKSPACE, READER)]
    house.grants.changes += 1
    rights = caller(house, kim).rights
    assert rights.allows("x/read", WORKSPACE)
    assert not rights.allows("x/read", GROUP)
