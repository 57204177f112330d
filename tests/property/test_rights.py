"""The compiled engine says what a slow and obvious reference says, on random worlds: for a single
question, and for what a list shows."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlestate.control.held import ASSIGNMENTS, DEFINITIONS, DENIALS, Held
from mlestate.control.reach import reach_of
from mlestate.core import ids
from mlestate.core.access import Caller, Denial, Grant
from mlestate.core.areas import key_of, within
from mlestate.core.errors import Forbidden
from mlestate.core.ids import Address, ResourceId
from mlestate.core.resource import Resource, Stamp
from mlestate.core.resource_type import ResourceType
from mlestate.identity.directory import Directory
from mlestate.store import principals, resources
from mlestate.store.database import Database
from mlestate.store.resources import Query, Resources
from tests.identity_house import House, house_in
from tests.property.slow_rights import EVERYONE, Denied, World, allowed, reaches

MG = "/providers/Microsoft.Management/managementGroups/estate"
GROUPS = [f"/subscriptions/s{s}/resourceGroups/g{g}" for s in "12" for g in "12"]
SPACES = [f"{group}/providers/Ml/ws/w" for group in GROUPS]
# What is like a scope and is none of it: a name that goes on, and one that is a piece of another.
NEAR = [f"{GROUPS[0]}2", f"{SPACES[0]}-2", "/subscriptions/s"]
SCOPES = [MG, "/subscriptions/s1", "/subscriptions/s2", *GROUPS, *SPACES, *NEAR]
SCOPES += [f"{SPACES[0]}/jobs/j", f"{SPACES[0]}/jobs/j2", f"{SPACES[1]}/jobs/j"]
ACTIONS = ["Ml/ws/read", "Ml/ws/jobs/read", "Ml/ws/jobs/write", "Ml/ws/delete", "Ml/wsx/read"]
ACTIONS += ["Ml/ws/jobs/cancel/action", "Microsoft.Authorization/roleAssignments/write"]
PATTERNS = ["*", "*/read", "Ml/*", "Ml/ws/*", "Ml/ws/*/read", "ml/WS/jobs/*", "Ml/ws/read"]
PATTERNS += ["Ml/ws/*/write", "Ml/ws/jobs/*/action", "Microsoft.Authorization/*/write", "ml/ws*"]
# Of the things that a list shows, themselves.
OWN = [f"{scope}/providers/Ml/things/t" for scope in (GROUPS[0], SPACES[0])]
PEOPLE, TEAMS = [f"p{i}" for i in range(3)], [f"t{i}" for i in range(4)]
# A thing of this type at each place: what a list has to choose from.
THING = ResourceType(name="Ml/things", doc="", properties=dict, extension=True)

# What gives or takes the reading of things, mostly.
READS = ["*", "*/read", "Ml/*", "Ml/things/*", "Ml/*/write"]
everybody = st.sampled_from(PEOPLE + TEAMS)
spelled = st.sampled_from([str.upper, str.lower, str])
anywhere = st.builds(
    lambda scope, spell: spell(scope), st.sampled_from(["", *SCOPES, *OWN]), spelled
)


@st.composite
def worlds(draw: st.DrawFn, patterns: list[str]) -> World:
    one = st.sampled_from(patterns)
    some, none = st.lists(one, max_size=2), st.just([])
    rarely = st.one_of(none, none, none, some)
    permissions = st.lists(
        st.tuples(st.lists(one, min_size=1, max_size=2), rarely, some, rarely), min_size=1
    )
    made = draw(st.dictionaries(st.sampled_from("abcd"), permissions, min_size=1))
    role = st.sampled_from(sorted(made))
    denied = st.builds(
        Denied,
        anywhere.filter(bool),
        permissions,
        st.lists(st.one_of(everybody, st.just(EVERYONE)), min_size=1, max_size=2),
        st.lists(everybody, max_size=1),
        st.booleans(),
    )
    return World(
        draw(st.dictionaries(st.sampled_from(TEAMS), st.sets(everybody, max_size=4))),
        made,
        draw(st.lists(st.tuples(everybody, role, anywhere), min_size=1, max_size=8)),
        draw(st.lists(denied, max_size=3)),
    )


class Given:
    """The port `Grants` of the directory, over what is held in memory."""

    def __init__(self) -> None:
        self.held, self.changes = Held({}), 0

    def of(self, principal_ids: frozenset[str]) -> list[Grant]:
        return list(self.held.grants(principal_ids))

    def denials(self, principal_ids: frozenset[str]) -> list[Denial]:
        return list(self.held.denials(principal_ids))

    def same_since(self, generation: int, principal_ids: frozenset[str]) -> bool:
        return generation == self.changes

    def generation(self) -> int:
        return self.changes


class Scene:
    """The house, and a database with one thing at each scope."""

    def __init__(self, folder: Path):
        self.house: House = house_in(folder)
        self.given = Given()
        self.directory = Directory(self.house.database, self.given, self.house.clock)
        self.ids = {name: self.house.user(name).id for name in PEOPLE}
        self.ids |= {name: self.house.group(name).id for name in TEAMS}
        self.ids[EVERYONE] = EVERYONE
        self.things = Database(f"sqlite:///{folder}/things.db")
        self.things.create(resources.metadata)
        with self.things.write() as connection:
            for scope in SCOPES:
                Resources(connection).save(resource(f"{scope}/providers/Ml/things/t", {}), "1")

    def enter(self, world: World) -> None:
        with self.directory.generation.changing() as connection:
            for team in TEAMS:
                inside = [self.ids[name] for name in world.members.get(team, ())]
                principals.set_members(connection, self.ids[team], inside)
        self.given.held, self.given.changes = Held({}), self.given.changes + 1
        for row in self._rows(world):
            self.given.held.put(row)

    def _rows(self, world: World) -> Iterator[Resource]:
        for name, lists in world.roles.items():
            said = {"roleName": name, "permissions": [_permission(each) for each in lists]}
            yield resource(f"/providers/{DEFINITIONS}/{name}", said)
        for principal, role, scope in world.assignments:
            definition = f"/providers/{DEFINITIONS}/{role}"
            said = {"roleDefinitionId": definition, "principalId": self.ids[principal].upper()}
            yield resource(f"{scope}/providers/{ASSIGNMENTS}/{uuid.uuid4()}", said)
        for denial in world.denials:
            said = {
                "permissions": [_permission(each) for each in denial.permissions],
                "principals": [{"id": self.ids[one]} for one in denial.principals],
                "excludePrincipals": [{"id": self.ids[one]} for one in denial.excluded],
                "doNotApplyToChildScopes": denial.only_here,
            }
            yield resource(f"{denial.scope}/providers/{DENIALS}/{uuid.uuid4()}", said)

    def caller(self, name: str) -> Caller:
        return self.directory.admitted(self.ids[name])

    def listed(self, caller: Caller, under: str) -> set[str] | None:
        """The scopes of the things that a list shows; None where it is refused."""
        at = Address(ids.parse(under) if under else ResourceId(), "things", "Ml")
        try:
            reach = reach_of(caller, THING, at)
        except Forbidden:
            return None
        query = Query(
            type=THING.name,
            under=at.id.key,
            scopes=reach.scopes,
            taken=reach.taken,
            hidden=reach.hidden,
            limit=1000,
        )
        with self.things.read() as connection:
            return {str(row.id.parent) for row in Resources(connection).list(query)}


def resource(id: str, properties: dict[str, Any]) -> Resource:
    stamp = Stamp("x", "User", 0.0)
    return Resource(
        id=ids.parse(id), document={"properties": properties}, created=stamp, modified=stamp
    )


def _permission(lists: Any) -> dict[str, Any]:
    names = ("actions", "notActions", "dataActions", "notDataActions")
    return dict(zip(names, lists, strict=True))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    scene = Scene(tmp_path_factory.mktemp("rights"))
    yield scene
    scene.things.close()
    scene.house.close()


MANY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@MANY
@given(worlds(PATTERNS))
def test_a_check_says_what_the_slow_reference_says(scene: Scene, world: World):
    scene.enter(world)
    for name in PEOPLE:
        rights = scene.caller(name).rights
        for action in ACTIONS:
            for scope in ["", *SCOPES]:
                for data in (False, True):
                    said = allowed(world, name, action, scope, data)
                    assert rights.allows(action.upper(), scope.upper(), data) == said
                    assert rights.area(action, data).has(scope.lower()) == said


@MANY
@given(worlds(READS), st.sampled_from(["", "/subscriptions/s1", GROUPS[0], SPACES[0]]))
def test_a_list_shows_what_each_single_question_allows(scene: Scene, world: World, under: str):
    scene.enter(world)
    for name in PEOPLE:
        caller = scene.caller(name)
        found = scene.listed(caller, under)
        may = {
            scope
            for scope in SCOPES
            if reaches(under, scope) or not under
            if allowed(world, name, "Ml/things/read", f"{scope}/providers/Ml/things/t", False)
        }
        assert (found or set()) == may
        assert found is not None or not may


@MANY
@given(worlds(PATTERNS))
def test_an_area_meets_every_scope_in_which_anything_is_allowed(scene: Scene, world: World):
    scene.enter(world)
    for name in PEOPLE:
        rights = scene.caller(name).rights
        for action in ACTIONS:
            may = [s.lower() for s in SCOPES if allowed(world, name, action, s, False)]
            for key in map(key_of, SCOPES):
                inside = any(one == key or within(one, key) for one in may)
                assert rights.area(action).meets(key) or not inside
