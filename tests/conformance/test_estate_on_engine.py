"""What the compiler writes, the real engine takes with the real catalog, and shows back."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from mlestate.catalog import CATALOG
from mlestate.control.engine import Engine
from mlestate.control.plane import Plane
from mlestate.control.writing import Conditions
from mlestate.core.access import Caller, Grant, Permission, Rights, Role
from mlestate.core.errors import NotFound
from mlestate.core.resource import View
from mlestate.estate.apply import apply, failed
from mlestate.estate.compile import compile_estate
from mlestate.estate.load import load
from mlestate.estate.plan import plan
from mlestate.store.cells import Cells
from mlestate.store.database import Database
from tests.estates import CONTOSO, SMALL, Memory

OWNER = Role("owner", "Owner", (Permission(actions=("*",)),))
ADMIN = Caller("a", "admin", "ServicePrincipal", Rights([Grant("", OWNER)]))


class OnEngine:
    """Resources in the engine; principals, which are no resources, in memory."""

    def __init__(self, cells: Cells):
        ids = (f"00000000-0000-0000-0000-{number:012}" for number in itertools.count(1))
        self._engine = Engine(Plane(CATALOG, cells, lambda: 1000.0, lambda: next(ids)), {})
        self._directory = Memory()

    def get(self, id: str) -> Mapping[str, Any] | None:
        if id.startswith("/estate/"):
            return self._directory.get(id)
        try:
            return self._engine.get(ADMIN, id, {}, View()).document
        except NotFound:
            return None

    def put(self, id: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        if id.startswith("/estate/"):
            return self._directory.put(id, body)
        sent = json.loads(json.dumps(body))
        self._engine.put(ADMIN, id, sent, Conditions(), View())
        return body

    def list(self, id: str) -> Iterator[Mapping[str, Any]]:
        raise NotImplementedError("neither plan nor apply lists")

    def delete(self, id: str) -> None:
        raise NotImplementedError("neither plan nor apply deletes")


@pytest.fixture
def port(database_url: str) -> Iterator[OnEngine]:
    def cell(name: str) -> Database:
        return Database(database_url.replace("test.db", f"{name}.db"), schema=name)

    cells = Cells(cell("estate"), {"westeurope": cell("westeurope")})
    cells.create()
    yield OnEngine(cells)
    cells.close()


def test_contoso_is_applied_and_there_is_nothing_left_to_do(port: OnEngine):
    desired = compile_estate(load(CONTOSO.read_text()))
    assert failed(apply(plan(desired, port), port)) == []
    assert plan(desired, port).changes == []


def test_a_snapshot_asks_for_types_that_the_catalog_has():
    known = {kind.name for kind in CATALOG}
    asked = {each.type for each in compile_estate(load(CONTOSO.read_text()))}
    assert {each for each in asked if each.startswith("Microsoft.")} <= known


def test_conventions_are_applied_and_what_the_file_no_longer_says_is_gone(port: OnEngine):
    def step(text: str) -> list[str]:
        desired = compile_estate(load(f"{SMALL}conventions:\n{text}"))
        changes = [each.desired.id for each in plan(desired, port).changes]
        assert failed(apply(plan(desired, port), port)) == []
        assert plan(desired, port).changes == []
        return changes

    models = "/providers/Mlestate.Organization/namingConventions/models"
    rule = '  models: {name: "{project}-{words}", tags: {stage: [new, old], owner: any}}\n'
    assert models in step(rule)
    assert step(rule) == []
    assert step(rule.replace(", owner: any", "")) == [models]
    assert step(rule.replace("[new, old]", "[new]")) == [models]
    assert step(rule.replace(", tags", ", otherwise: warn, tags")) == [models]
