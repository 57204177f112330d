"""An engine over a small catalog of its own, on SQLite files."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

from mlestate.control.engine import Engine
from mlestate.control.plane import Plane
from mlestate.control.worker import Worker
from mlestate.control.writing import Conditions, Outcome
from mlestate.core.access import Caller, Grant, Permission, Rights, Role
from mlestate.core.errors import Conflict, Invalid
from mlestate.core.lifecycle import Lifecycle
from mlestate.core.resource import Change, View
from mlestate.core.resource_type import Action, Filter, NameRule, ResourceType
from mlestate.store.cells import Cells
from mlestate.store.database import Database

SUBSCRIPTION = "/subscriptions/s"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg"
WORKSPACE = f"{GROUP}/providers/Ml/workspaces/w"
CPU = f"{WORKSPACE}/computes/cpu"


class Empty(msgspec.Struct):
    pass


class Compute(msgspec.Struct, rename="camel"):
    vm_size: str
    min_nodes: Annotated[int, msgspec.Meta(ge=0)] = 0


class Version(msgspec.Struct, rename="camel"):
    uri: str
    is_archived: bool = False


def no_huge(change: Change) -> None:
    if change.typed.vm_size == "Unheard":
        raise Invalid("`Unheard` is not a size", target="$.properties.vmSize")


SHORT = NameRule(r"[a-zA-Z0-9-]{1,12}", "1 to 12 letters, digits and hyphens")
CATALOG = (
    ResourceType(
        name="Microsoft.Resources/subscriptions",
        doc="Subscriptions.",
        properties=Empty,
        estate_wide=True,
    ),
    ResourceType(
        name="Microsoft.Resources/subscriptions/resourceGroups",
        doc="Groups.",
        properties=Empty,
        estate_wide=True,
        slow=frozenset({"delete"}),
    ),
    ResourceType(
        name="Ml/workspaces",
        doc="Workspaces.",
        properties=Empty,
        name_rule=SHORT,
        tracked=True,
        unique_in="workspace",
        slow=frozenset({"delete"}),
        complete=lambda change: {} if change.old else {"workspaceId": change.fresh_id},
        read_only=("workspaceId",),
    ),
    ResourceType(
        name="Ml/workspaces/computes",
        doc="Computes.",
        properties=Compute,
        name_rule=SHORT,
        check=no_huge,
        fixed=("vmSize",),
        secrets=("login.password",),
        slow=frozenset({"create", "delete"}),
        actions=(Action(name="start", slow=True), Action(name="listKeys")),
    ),
    ResourceType(name="Ml/workspaces/models", doc="Models.", properties=Empty),
    ResourceType(
        name="Ml/workspaces/models/versions",
        doc="Versions.",
        properties=Version,
        makes_parent=True,
        complete=lambda change: {"isArchived": change.typed.is_archived},
        filters={
            "listViewType": Filter(
                ("isArchived",), {"ActiveOnly": False, "ArchivedOnly": True, "All": None}
            )
        },
    ),
    ResourceType(
        name="Au/grants", doc="Grants.", properties=Empty, estate_wide=True, extension=True
    ),
)


class Computes(Lifecycle):
    kind = "Ml/workspaces/computes"

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []

    def create(self, slow: Any, resource: Any) -> None:
        if resource.properties["vmSize"] == "Huge":
            raise Conflict("no quota for `Huge`", code="QuotaExceeded")
        self.done.append(("create", resource.name))
        slow.change(resource.id, nodes=resource.properties.get("minNodes", 0))

    def delete(self, slow: Any, resource: Any) -> None:
        self.done.append(("delete", resource.name))

    def run(self, slow: Any, verb: str, resource: Any, body: Any) -> None:
        self.done.append((verb, resource.name))

    def act(self, work: Any, verb: str, resource: Any, id: Any, body: Any) -> Any:
        return {"password": (work.secret(id) or {}).get("login.password")}


def caller(name: str, *grants: tuple[str, str]) -> Caller:
    """A caller with one role of one action per grant: (scope, action)."""
    held = [Grant(s, Role(a, a, (Permission(actions=(a,)),))) for s, a in grants]
    return Caller(name, name, "User", Rights(held))


class Estate:
    """The engine, its worker and what they did, with short words for the tests."""

    def __init__(self, folder: Path):
        self.counter = itertools.count(1)
        self.now = 1000.0
        databases = {r: Database(f"sqlite:///{folder}/{r}.db") for r in ("estate", "here", "there")}
        self.cells = Cells(databases.pop("estate"), databases)
        self.cells.create()
        self.computes = Computes()
        self.plane = Plane(
            CATALOG,
            self.cells,
            lambda: self.now,
            lambda: f"id{next(self.counter)}",
        )
        self.plane.add([self.computes])
        self.engine = Engine(self.plane, {})
        self.worker = Worker(self.plane, caller)
        self.admin = caller("admin", ("", "*"))

    def put(self, path: str, body: Any = None, who: Caller | None = None, **when: str) -> Outcome:
        return self.engine.put(
            who or self.admin, path, {} if body is None else body, Conditions(**when), View()
        )

    def get(self, path: str, who: Caller | None = None) -> dict[str, Any]:
        found = self.engine.get(who or self.admin, path, {}, View())
        assert found.document is not None
        return found.document

    def list(self, path: str, who: Caller | None = None, **asked: str) -> list[str]:
        found = self.engine.get(who or self.admin, path, asked, View())
        assert found.page is not None
        return [row["name"] for row in found.page.rows]

    def delete(self, path: str, who: Caller | None = None) -> Outcome:
        return self.engine.delete(who or self.admin, path, Conditions(), View())

    def work(self) -> None:
        while self.worker.step():
            pass


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    made = Estate(tmp_path)
    made.put(SUBSCRIPTION)
    made.put(GROUP)
    made.put(WORKSPACE, {"location": "here"})
    yield made
    made.cells.close()
