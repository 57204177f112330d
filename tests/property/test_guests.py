"""Whatever the world is like, a guest can do nothing outside the scopes of all that makes them one;
and no way of asking gives them more in the first place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlestate.core.access import Rights
from mlestate.core.errors import Conflict, Invalid
from mlestate.core.guests import Guest, covers
from mlestate.identity.directory import Directory
from mlestate.store import guests, principals
from tests.identity_house import OWNER, READER, House, house_in

GROUPS = [f"/subscriptions/s{s}/resourceGroups/g{g}" for s in "12" for g in "12"]
INNER = [f"{group}/providers/Ml/workspaces/w" for group in GROUPS]
# What is like a scope and is none of it: a name that goes on, and other letters.
SCOPES = ["", "/subscriptions/s1", *GROUPS, *INNER, f"{GROUPS[0]}2", GROUPS[0].upper()]
PEOPLE = [f"p{i}" for i in range(4)]
TEAMS = [f"t{i}" for i in range(4)]
FAR = date(2999, 1, 1)
ACTIONS = ["x/read", "x/write", "Microsoft.Authorization/roleAssignments/write"]

everybody = st.sampled_from(PEOPLE + TEAMS)
scopes = st.sampled_from(GROUPS + INNER)
invited = st.dictionaries(everybody, st.lists(scopes, min_size=1, max_size=3), min_size=1)
inside = st.dictionaries(st.sampled_from(TEAMS), st.sets(everybody), max_size=4)
grants = st.lists(
    st.tuples(everybody, st.sampled_from([OWNER, READER]), st.sampled_from(SCOPES)), max_size=8
)


@contextmanager
def a_house() -> Iterator[House]:
    with TemporaryDirectory() as folder:
        house = house_in(Path(folder))
        house.user("host")
        for name in PEOPLE:
            house.user(name)
        for name in TEAMS:
            house.group(name)
        yield house
        house.close()


def id_of(directory: Directory, name: str) -> str:
    return directory.get("User" if name in PEOPLE else "Group", name).id


def stay(*where: str) -> Guest:
    return Guest("host", FAR, where)


def hold_within(rights: Rights, bounds: list[tuple[str, ...]]) -> None:
    for scope in SCOPES:
        free = all(covers(one, scope) for one in bounds)
        for action in ACTIONS:
            assert free or not rights.allows(action, scope), (action, scope)
            assert free or not rights.allows(action, scope, data=True)
        assert not rights.allows(ACTIONS[2], scope)
    for action in ACTIONS:
        for scope in rights.area(action).branches():
            assert all(covers(one, scope) for one in bounds)
    for place in rights.places():
        assert all(covers(one, place) for one in bounds)


@settings(max_examples=40, deadline=None)
@given(invited, inside, grants)
def test_a_guest_can_do_nothing_outside(
    invited: dict[str, list[str]], inside: dict[str, set[str]], given: list[Any]
):
    """Written past every rule, rings of groups included."""
    with a_house() as house:
        ids = {name: id_of(house.directory, name) for name in PEOPLE + TEAMS}
        with house.directory.generation.changing() as connection:
            host = house.directory.get("User", "host").id
            for name, where in invited.items():
                guests.put(connection, ids[name], stay(*where), host)
            for team, members in inside.items():
                principals.set_members(connection, ids[team], [ids[m] for m in members])
        for name, role, scope in given:
            kind = "User" if name in PEOPLE else "Group"
            house.grants.give(house.directory.get(kind, name), role, scope)
        for name in PEOPLE:
            groups = house.directory.groups_of(ids[name])
            bounds = [
                tuple(where)
                for other, where in invited.items()
                if other == name or ids[other] in groups
            ]
            caller = house.directory.caller(ids[name])
            assert caller is not None
            if bounds:
                hold_within(caller.rights, bounds)


asked = st.one_of(
    st.tuples(st.just("join"), st.sampled_from(TEAMS), st.sets(everybody, max_size=3)),
    st.tuples(st.just("give"), everybody, st.sampled_from(SCOPES)),
    st.tuples(st.just("invite"), st.sampled_from(TEAMS), scopes),
)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(PEOPLE), scopes, min_size=1), st.lists(asked, max_size=12))
# A guest who holds something comes into a group that is a guest of less.
@example(
    {"p0": GROUPS[0]},
    [("give", "p0", GROUPS[0]), ("invite", "t0", INNER[0]), ("join", "t0", {"p0"})],
)
def test_nobody_is_given_what_a_guest_may_not_have(people: dict[str, str], steps: list[Any]):
    """By the ways that there are: what a guest holds, cut or not, is inside their scopes."""
    with a_house() as house:
        directory = house.directory
        for name, scope in people.items():
            directory.put("User", name, guest=stay(scope))
        for step in steps:
            with suppress(Conflict, Invalid):
                _do(house, step)
        for name in PEOPLE:
            id = id_of(directory, name)
            bounds = directory.stay(id)
            if bounds is None:
                continue
            assert bounds.scopes
            for grant in house.grants.of(directory.groups_of(id) | {id}):
                assert covers(bounds.scopes, grant.scope), (name, grant.scope, bounds.scopes)


def _do(house: House, step: Any) -> None:
    directory, (what, name, said) = house.directory, step
    match what:
        case "join":
            directory.put_group(name, members=sorted(said))
        case "give":
            kind = "User" if name in PEOPLE else "Group"
            principal = directory.get(kind, name)
            directory.hold_grant(principal.id, said)
            house.grants.give(principal, READER, said)
        case "invite":
            directory.put_group(name, guest=stay(said))
