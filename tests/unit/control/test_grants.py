"""What is held in memory is what is written, and only those are looked up anew whom it is about."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlestate.catalog.denials import deny_assignment
from mlestate.control.grants import Grants
from mlestate.control.held import ASSIGNMENTS, DEFINITIONS, DENIALS
from mlestate.core import ids
from mlestate.core.ids import ResourceId
from mlestate.core.resource import Resource, Stamp
from mlestate.core.rights import EVERYONE
from mlestate.store.cells import Cells
from mlestate.store.database import Database
from mlestate.store.resources import Resources

GROUP = "/subscriptions/s/resourceGroups/g"
ANA, BEN = (str(uuid.UUID(int=i)) for i in (1, 2))
ROLE = "r0000000-0000-0000-0000-000000000000"


class World:
    def __init__(self, folder: Path):
        self.cells = Cells(Database(f"sqlite:///{folder}/estate.db"), {})
        self.cells.create()
        self.grants = Grants(self.cells, {})
        self.definition = self.write(
            f"/providers/{DEFINITIONS}/{ROLE}",
            {"roleName": "r", "permissions": [{"actions": ["a/read"], "dataActions": None}]},
        )

    def write(self, id: str, properties: dict[str, Any]) -> ResourceId:
        stamp = Stamp("x", "User", 0.0)
        document = {"properties": properties}
        made = Resource(id=ids.parse(id), document=document, created=stamp, modified=stamp)
        with self.cells.estate.turn() as connection:
            Resources(connection).save(made, "1")
        self.grants.written([made.id])
        return made.id

    def drop(self, id: ResourceId) -> None:
        with self.cells.estate.turn() as connection:
            Resources(connection).drop_tree(id.key)
        self.grants.written([id])

    def give(self, principal: str) -> ResourceId:
        said = {"principalId": principal, "roleDefinitionId": f"/providers/{DEFINITIONS}/{ROLE}"}
        return self.write(f"{GROUP}/providers/{ASSIGNMENTS}/{uuid.uuid4()}", said)

    def actions(self, *principals: str) -> list[str]:
        found = self.grants.of(frozenset(principals))
        return [action for one in found for each in one.role.permissions for action in each.actions]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.cells.close()


def test_a_change_is_there_at_the_next_question_and_touches_those_it_is_about(world: World):
    world.give(ANA)
    assert world.actions(ANA) == ["a/read"]
    before = world.grants.generation()
    given = world.give(BEN)
    assert world.grants.same_since(before, [ANA])
    assert not world.grants.same_since(before, [ANA, BEN])
    assert world.actions(BEN) == ["a/read"]
    before = world.grants.generation()
    world.drop(given)
    assert not world.grants.same_since(before, [BEN])
    assert world.actions(BEN) == []


def test_a_change_of_a_role_is_about_all_who_hold_it(world: World):
    world.give(ANA)
    before = world.grants.generation()
    said = {"roleName": "r", "permissions": [{"actions": ["b/read"]}]}
    world.write(str(world.definition), said)
    assert not world.grants.same_since(before, [ANA])
    assert world.actions(ANA) == ["b/read"]
    world.drop(world.definition)
    assert world.actions(ANA) == []


def test_a_denial_is_about_its_principals_or_everyone(world: World):
    denied = {"permissions": [{"actions": ["a/read"]}], "principals": [{"id": ANA}]}
    shown = f"{GROUP}/providers/{DENIALS}/{uuid.uuid4()}"
    assert world.grants.denials(frozenset([ANA])) == []
    before = world.grants.generation()
    world.write(shown, denied)
    assert world.grants.same_since(before, [BEN])
    assert [one.scope for one in world.grants.denials(frozenset([ANA]))] == [GROUP]
    everyone = denied | {"principals": [{"id": EVERYONE}], "excludePrincipals": [{"id": BEN}]}
    world.write(shown, everyone)
    assert not world.grants.same_since(before, [BEN])
    assert world.grants.denials(frozenset([ANA]))
    assert world.grants.denials(frozenset([ANA, BEN])) == []


def test_who_writes_a_denial_tells_of_the_deny_assignment_beside_it(world: World):
    denial = ids.parse(f"{GROUP}/providers/Mlestate.Organization/denials/d")
    said = {"permissions": [{"actions": ["a/read"]}], "principals": [{"id": ANA}]}
    world.grants.of(frozenset([ANA]))
    stamp = Stamp("x", "User", 0.0)
    beside = deny_assignment(denial)
    made = Resource(id=beside, document={"properties": said}, created=stamp, modified=stamp)
    with world.cells.estate.turn() as connection:
        Resources(connection).save(made, "1")
    world.grants.written([denial])
    assert [one.id for one in world.grants.denials(frozenset([ANA]))] == [str(beside)]
