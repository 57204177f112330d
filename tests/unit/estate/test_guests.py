"""Guests in the file: in one project, with somebody who answers for them, until a day."""

from __future__ import annotations

from datetime import date

import pytest

from mlestate.core.bundle import Bundle
from mlestate.core.errors import Invalid
from mlestate.estate.applying.apply import apply, failed
from mlestate.estate.applying.lease import Holder
from mlestate.estate.applying.reconcile import Survey, Wanted, carry_out, survey
from mlestate.estate.compile import compile_estate
from mlestate.estate.desired import Desired
from mlestate.estate.load import load, read
from mlestate.estate.planning.drift import choose, drift
from mlestate.estate.planning.graph import dependencies, ordered
from mlestate.estate.planning.guests import over
from mlestate.estate.planning.plan import plan
from mlestate.estate.port import OneByOne
from mlestate.estate.spec import Estate
from tests.estates import Bulk, Strict, broken, small

LEE = "lee: {name: Lee Park, sponsor: ana, until: 2027-01-15, role: engineer, environments: [dev]}"
ACME = (
    "acme: {name: Acme, people: {kim: Kim Roe, joe: Joe Im}, sponsor: ana, until: 2027-03-31, "
    "role: scientist, environments: [dev]}"
)
PROJECT = "fraud: {members:"
BOTH = (PROJECT, f"fraud: {{guests: {{{LEE}, {ACME}}}, members:")
GROUP = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-fraud-dev"
DAY = date(2026, 11, 23)


def compiled(estate: Estate, today: date = DAY) -> dict[str, Desired]:
    return {each.id: each for each in compile_estate(estate, today)}


def faults(*changes: tuple[str, str]) -> list[str]:
    with pytest.raises(Invalid) as refused:
        load(broken(*changes))
    return [str(detail) for detail in refused.value.details]


def test_a_guest_is_a_user_bound_to_the_groups_of_their_environments():
    desired = compiled(small(BOTH))
    stay = {"sponsor": "ana", "until": "2027-01-15", "scopes": [GROUP]}
    assert desired["/estate/v1/users/lee"].body["guest"] == stay
    assert desired["/estate/v1/users/lee"].body["displayName"] == "Lee Park"
    assert "lee" in desired["/estate/v1/groups/sg-ml-fraud-engineer-dev"].body["members"]
    assert "lee" not in desired["/estate/v1/groups/sg-ml-fraud-engineer-prod"].body["members"]


def test_a_group_of_guests_holds_the_role_and_its_people_are_guests_too():
    desired = compiled(small(BOTH))
    stay = {"sponsor": "ana", "until": "2027-03-31", "scopes": [GROUP]}
    acme = desired["/estate/v1/groups/acme"].body
    assert (acme["members"], acme["guest"]) == (["kim", "joe"], stay)
    assert desired["/estate/v1/users/kim"].body["guest"] == stay
    members = desired["/estate/v1/groups/sg-ml-fraud-scientist-dev"].body["members"]
    assert members == ["science", "acme"]


def test_who_is_one_of_the_house_again_is_no_guest_any_more():
    desired = compiled(small(BOTH, ("ana: {", "pat: {name: Pat}\n  ana: {")))
    assert desired["/estate/v1/users/pat"].body["guest"] is None
    assert desired["/estate/v1/groups/science"].body["guest"] is None


def test_a_guest_comes_after_their_sponsor_and_their_places_and_before_their_role():
    desired = list(compiled(small(BOTH)).values())
    made = [each.id for each in ordered(desired, dependencies(desired))]
    order = ["users/ana", "users/kim", "groups/acme", "groups/sg-ml-fraud-scientist-dev"]
    places = [made.index(f"/estate/v1/{each}") for each in order]
    assert places == sorted(places)
    assert made.index(GROUP) < made.index("/estate/v1/users/kim")


def test_whose_last_day_is_over_is_not_asked_for_and_the_lines_are_named():
    estate, source = read(broken(BOTH))
    last = date(2027, 1, 15)
    assert "/estate/v1/users/lee" in compiled(estate, last)
    assert list(over(estate, source, last)) == []
    after = compiled(estate, date(2027, 1, 16))
    assert "/estate/v1/users/lee" not in after
    assert "lee" not in after["/estate/v1/groups/sg-ml-fraud-engineer-dev"].body["members"]
    assert "/estate/v1/users/kim" in after
    [warning] = over(estate, source, date(2027, 1, 16))
    assert warning.startswith("estate.yaml:31:")
    assert "guest `lee` was 2027-01-15" in warning
    assert "/estate/v1/groups/acme" not in compiled(estate, date(2027, 4, 1))


def test_what_was_applied_is_what_was_asked_for():
    port, desired = Strict(), list(compiled(small(BOTH)).values())
    assert failed(apply(plan(desired, port), port)) == []
    assert plan(desired, port).changes == []


LEE_ID = "/estate/v1/users/lee"


def surveyed(port: Bulk, today: date, prune: bool = False) -> Survey:
    return survey(Wanted(Bundle(broken(BOTH)), prune=prune, today=today), port)


def carried_out(port: Bulk, found: Survey) -> list[str]:
    holder = Holder("me", "here")
    outcomes = carry_out(found, port, OneByOne(), holder, lambda: port.now)
    return [f"{each.result} {each.id.rpartition('/')[2]}" for each in outcomes]


def test_a_guest_who_left_by_themselves_is_neither_missed_nor_a_change():
    port, after = Bulk(), date(2027, 1, 16)
    carried_out(port, surveyed(port, DAY))
    port.delete(LEE_ID)
    changed = [each.desired.id for each in surveyed(port, after).plan.changes]
    assert changed == ["/estate/v1/groups/sg-ml-fraud-engineer-dev"]  # as the file had it
    carried_out(port, surveyed(port, after))
    found = surveyed(port, after)
    assert found.plan.exit_code == 0
    [note] = found.plan.notes
    assert note.startswith("estate.yaml:31:")
    record = choose(port, "small")
    assert drift(record, port, today=after).exit_code == 0
    assert drift(record, port, today=DAY).exit_code == 2


def test_a_guest_whose_lines_are_over_and_who_is_still_there_is_the_files_to_prune():
    port, after = Bulk(), date(2027, 1, 16)
    carried_out(port, surveyed(port, DAY))
    assert [each.desired.id for each in surveyed(port, after).plan.removals] == [LEE_ID]
    assert LEE_ID not in surveyed(port, after).plan.extra
    assert "deleted lee" in carried_out(port, surveyed(port, after, prune=True))
    assert port.get(LEE_ID) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("until: 2027-01-15", "until: soon"), "`soon` is not a date such as 2027-03-31"),
        (("until: 2027-01-15", "until: 2027-02-30"), "`2027-02-30` is not a date"),
        (("until: 2027-01-15, ", ""), "`until` is missing"),
        (("sponsor: ana, until: 2027-01", "sponsor: anna, until: 2027-01"), "did you mean `ana`?"),
        (("sponsor: ana, until: 2027-01", "sponsor: kim, until: 2027-01"), "`kim` is a guest"),
        (("sponsor: ana, until: 2027-01", "sponsor: bot, until: 2027-01"), "a service principal"),
        (("sponsor: ana, until: 2027-01", "sponsor: science, until: 2027-01"), "is a group, and"),
        (("name: Lee Park", f"name: {'L' * 257}"), "has 257 characters"),
        (("role: engineer", "role: enginer"), "unknown role `enginer`; did you mean `engineer`?"),
        (("role: scientist, environments: [dev]", "role: scientist, environments: [prod]"),
         "role `scientist` gives nothing in `prod`"),
        (("role: scientist, environments: [dev]", "role: scientist, environments: [qa]"),
         "unknown environment of `fraud` `qa`"),
        (("role: scientist, environments: [dev]", "role: scientist, environments: []"),
         "needs an environment"),
        (("kim: Kim Roe", "lee: Kim Roe"), "`lee` is a guest of `fraud` already: ids are unique"),
        (("kim: Kim Roe", "ana: Kim Roe"), "`ana` is declared already: ids are unique"),
        (("kim: Kim Roe", "K/m: Kim Roe"), "`K/m` cannot be an id"),
        (("scientist: science", "scientist: [science, lee]"), "`lee` is a guest, and holds"),
        (("engineer: {dev: Contributor", "engineer: {dev: Owner"), "lets others in (`Owner` in"),
        (("ana: {name: Ana, groups: [science]}", "ana: {name: Ana, groups: [acme]}"),
         "unknown group `acme`"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named_in_its_place(change: tuple[str, str], said: str):
    found = faults(BOTH, change)
    assert any(said in fault for fault in found), found
    assert all(fault.startswith("estate.yaml:") for fault in found)


def test_a_guest_of_a_shared_workspace_would_see_the_other_projects():
    change = ("workspacePer: project", "workspacePer: team\n    teams: {red: {}}")
    team = (PROJECT, f"other: {{team: red}}\n      fraud: {{team: red, guests: {{{LEE}}}, members:")
    found = faults(change, team)
    assert ["shares its workspaces with `other`" in fault for fault in found] == [True]
    alone = (PROJECT, f"fraud: {{team: red, guests: {{{LEE}}}, members:")
    assert "/estate/v1/users/lee" in compiled(small(change, alone))


def test_guests_are_of_projects_alone():
    found = faults(("owner: science\n", f"owner: science\n    guests: {{{LEE}}}\n"))
    assert any("unknown key `guests`" in fault for fault in found)
