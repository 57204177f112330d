"""Nobody can lock everybody out by deleting the last who may let somebody in."""

from __future__ import annotations

import pytest

from mlestate.core.errors import Conflict
from tests.identity_house import OWNER, READER, House


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
