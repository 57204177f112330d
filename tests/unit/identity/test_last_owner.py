"""Nobody can lock everybody out by deleting the last who may let somebody in."""

from __future__ import annotations

from datetime import date

import pytest

from mlestate.core.errors import Conflict
from mlestate.core.guests import Guest
from tests.identity_house import OWNER, READER, WORKSPACE, House


def test_the_last_owner_of_all_cannot_be_deleted(house: House):
    admin, _ = house.directory.put("ServicePrincipal", "admin")
    eve, _ = house.directory.put("User", "eve")
    house.grants.give(admin, OWNER)
    house.grants.give(eve, READER)
    house.grants.give(eve, OWNER, "/subscriptions/s")
    with pytest.raises(Conflict, match="`admin` is the last who may give rights"):
        house.directory.delete("ServicePrincipal", "admin")
    house.directory.delete("User", "eve")

    assert house.directory.caller(admin.id) is not None


def test_nor_the_group_that_lets_the_only_other_one_in(house: House):
    admin, _ = house.directory.put("ServicePrincipal", "admin")
    eve, _ = house.directory.put("User", "eve")
    house.directory.put_group("inner", members=["eve"])
    outer, _ = house.directory.put_group("outer", members=["inner"])
    house.grants.give(admin, OWNER)
    house.grants.give(outer, OWNER)
    house.directory.delete("ServicePrincipal", "admin")
    for going in ("inner", "outer"):
        with pytest.raises(Conflict, match=f"`{going}` is the last"):
            house.directory.delete("Group", going)
    house.grants.give(eve, OWNER)
    house.directory.delete("Group", "inner")


def test_who_is_disabled_does_not_count(house: House):
    admin, _ = house.directory.put("ServicePrincipal", "admin")
    eve, _ = house.directory.put("User", "eve", enabled=False)
    house.grants.give(admin, OWNER)
    house.grants.give(eve, OWNER)
    with pytest.raises(Conflict):
        house.directory.delete("ServicePrincipal", "admin")


def test_nor_is_the_last_one_disabled_or_taken_out_of_the_group(house: House):
    admin, _ = house.directory.put("ServicePrincipal", "admin")
    house.directory.put("User", "eve")
    owners, _ = house.directory.put_group("owners", members=["eve"])
    house.grants.give(owners, OWNER)
    for change in (
        lambda: house.directory.put("User", "eve", enabled=False),
        lambda: house.directory.put_group("owners", members=[]),
    ):
        with pytest.raises(Conflict, match="is the last who may give rights") as refused:
            change()
        assert refused.value.code == "LastOwner"
    assert house.directory.get("User", "eve").enabled
    house.directory.put("User", "bob")
    house.directory.put_group("owners", members=["bob"])
    house.directory.put("User", "eve", enabled=False)
    house.grants.give(admin, OWNER)
    house.directory.put_group("owners", members=[])


def test_a_guest_does_not_count_and_the_last_one_becomes_none(house: House):
    house.directory.put("User", "sponsor")
    eve, _ = house.directory.put("User", "eve")
    house.grants.give(eve, OWNER)
    stay = Guest("sponsor", date(2099, 12, 31), (WORKSPACE,))
    with pytest.raises(Conflict, match="`eve` is the last"):
        house.directory.put("User", "eve", guest=stay)
    bob, _ = house.directory.put("User", "bob")
    house.grants.give(bob, OWNER)
    house.directory.put("User", "eve", guest=stay)
    with pytest.raises(Conflict, match="`bob` is the last"):
        house.directory.delete("User", "bob")
