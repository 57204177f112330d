"""Random worlds of access: a directory, what is given in it, and what is answered from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import strategies as st

from mlestate.control.answering import READ_ASSIGNMENTS
from mlestate.core import roles
from mlestate.core.access import Grant, Permission, Role
from mlestate.core.answers.places import Place
from mlestate.core.answers.world import Against, Assignment, Bound, World
from mlestate.core.guests import Guest
from mlestate.core.rights import EVERYONE, Denial
from mlestate.store import guests, principals
from tests.identity_house import House, house_in

GROUPS = [f"/subscriptions/s{s}/resourceGroups/g{g}" for s in "12" for g in "12"]
ML = "Microsoft.MachineLearningServices/workspaces"
WORKSPACES = [f"{group}/providers/{ML}/w" for group in GROUPS]
STORES = [f"{group}/providers/Microsoft.Storage/storageAccounts/st" for group in GROUPS]
ROOT = "/providers/Microsoft.Management/managementGroups/t"
SCOPES = ["", ROOT, "/subscriptions/s1", *GROUPS, *WORKSPACES, *STORES, GROUPS[0].upper()]
PLACES = [
    Place(id, "w", "project", f"e{i}", "", store)
    for i, (id, store) in enumerate(zip(WORKSPACES, STORES, strict=True))
]
PEOPLE = [f"p{i}" for i in range(4)]
TEAMS = [f"t{i}" for i in range(4)]
NAMED = ("Owner", "Reader", "AzureML Data Scientist", "Storage Blob Data Reader", "Contributor")
ROLES = [
    *(role for name in NAMED if (role := roles.by_name(name))),
    Role("mlops", "mlops", (Permission((f"{ML}/*/read", f"{ML}/jobs/*"), (f"{ML}/jobs/delete",)),)),
    Role("access", "access", (Permission((READ_ASSIGNMENTS,)),)),
]
TODAY = datetime.fromtimestamp(1_800_000_000.0, UTC).date()

everybody = st.sampled_from(PEOPLE + TEAMS)
scopes = st.sampled_from(SCOPES)
grants = st.lists(st.tuples(everybody, st.sampled_from(ROLES), scopes), max_size=10)
inside = st.dictionaries(st.sampled_from(TEAMS), st.sets(everybody), max_size=4)
stays = st.tuples(st.lists(st.sampled_from(GROUPS + WORKSPACES), min_size=1), st.integers(-1, 2))
invited = st.dictionaries(everybody, stays, max_size=2)
disabled = st.sets(st.sampled_from(PEOPLE), max_size=1)
taken = st.sampled_from(["*", f"{ML}/*", f"{ML}/jobs/write", "*/read"])
denied = st.lists(
    st.tuples(st.sets(everybody), st.sets(everybody, max_size=1), taken, scopes, st.booleans()),
    max_size=2,
)
worlds = st.tuples(grants, inside, invited, disabled, denied)


class Worlds:
    """One directory, written anew for each world, past every rule."""

    def __init__(self, house: House):
        self.house = house
        self._host = house.user("host").id
        self.ids = {name: house.user(name).id for name in PEOPLE}
        self.ids |= {name: house.group(name).id for name in TEAMS}

    def make(self, said: Any) -> World:
        given, inside, invited, disabled, denied = said
        with self.house.directory.generation.changing() as connection:
            for name, id in self.ids.items():
                where, days = invited.get(name, ((), 0))
                guest = Guest("host", TODAY + timedelta(days=days), tuple(where))
                guests.put(connection, id, guest if where else None, self._host)
                if name in TEAMS:
                    members = [self.ids[each] for each in inside.get(name, ())]
                    principals.set_members(connection, id, members)
                principals.change(connection, id, name, name, name not in disabled)
        self.house.grants.given = {}
        self.house.grants.against = [self._against(i, *each) for i, each in enumerate(denied)]
        self.house.grants.changes += 1
        for name, role, scope in given:
            self.give(self.ids[name], role, scope)
        return snapshot(self.house)

    def _against(
        self, i: int, names: set[str], but: set[str], action: str, scope: str, below: bool
    ) -> Against:
        """Without names it is about everyone."""
        denial = Denial(f"d{i}", f"d{i}", scope or "/", (Permission((action,)),), below)
        about = {self.ids[name] for name in names} or {EVERYONE}
        return Against(denial, frozenset(about), frozenset(self.ids[name] for name in but))

    def give(self, id: str, role: Role, scope: str) -> None:
        self.house.grants.given.setdefault(id, []).append(Grant(scope, role))
        self.house.grants.changes += 1

    def take_last(self, id: str) -> None:
        self.house.grants.given[id].pop()
        self.house.grants.changes += 1


@contextmanager
def some_worlds() -> Iterator[Worlds]:
    with TemporaryDirectory() as folder:
        house = house_in(Path(folder))
        yield Worlds(house)
        house.close()


def snapshot(house: House) -> World:
    found = house.directory.everybody()
    given = [
        Assignment(f"{grant.scope}/{holder}/{i}", holder, grant.scope, grant.role)
        for holder, grants in house.grants.given.items()
        for i, grant in enumerate(grants)
    ]
    bounds = {
        one.id: Bound(one.guest.scopes, one.guest.ends, one.sponsored) for one in found.guests
    }
    against = house.grants.against
    return World(found.principals, found.members, given, bounds, house.clock(), None, against)
