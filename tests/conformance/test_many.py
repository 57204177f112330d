"""Many PUTs at once do what the same PUTs do one by one, on every database."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event

from mlestate.catalog import CATALOG
from mlestate.control.engine import Engine
from mlestate.control.plane import Plane
from mlestate.control.writing import Conditions, Outcome
from mlestate.core import ids
from mlestate.core.access import Caller, Grant, Permission, Rights, Role
from mlestate.core.errors import Conflict, PlatformError, Unavailable
from mlestate.core.lifecycle import Lifecycle
from mlestate.core.resource import View
from mlestate.store.activity import events, seal
from mlestate.store.cells import Cells
from mlestate.store.database import Database
from mlestate.store.resources import Resources

SUBSCRIPTION = "/subscriptions/11111111-1111-1111-1111-111111111111"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg"
SHUT = f"{SUBSCRIPTION}/resourceGroups/shut"
LOCKED = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/stlocked"
OWNER = Role("owner", "Owner", (Permission(actions=("*",)),))
REGIONS = ("westeurope", "eastus")
Put = tuple[str, Any]


class Components(Lifecycle):
    """Refuses some when they are written already, and fails at others."""

    kind = "Microsoft.Insights/components"

    def written(self, work: Any, resource: Any, old: Any) -> None:
        work.put(ids.parse(f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-{resource.name}"), HERE)
        if resource.name.startswith("late"):
            raise Conflict("too late")
        if resource.name.startswith("crash"):
            raise KeyError("a fault of ours")


HERE = {"location": "westeurope", "properties": {}}


class House:
    """Whoever asks may write all but in the group `shut`."""

    def __init__(self, database_url: str, word: str):
        self.databases = {
            name: Database(database_url.replace("test.db", f"{word}{name}.db"), schema=word + name)
            for name in ("estate", *REGIONS)
        }
        regions = {name: self.databases[name] for name in REGIONS}
        self.cells = Cells(self.databases["estate"], regions)
        self.cells.create()
        fresh = (f"00000000-0000-0000-0000-{number:012}" for number in itertools.count(1))
        self.changed: list[tuple[str, int]] = []
        plane = Plane(CATALOG, self.cells, lambda: 1000.0, lambda: next(fresh), self._changed)
        plane.add([Components()])
        self.engine = Engine(plane, {})
        self.admin = Caller("a", "admin", "User", Rights([Grant("", OWNER)]))
        self.one_by_one((SUBSCRIPTION, {}), (GROUP, {"location": "westeurope"}))
        self.one_by_one((SHUT, {"location": "westeurope"}))
        lock = f"{LOCKED}/providers/Microsoft.Authorization/locks/still"
        self.one_by_one(account("stlocked"), (lock, {"properties": {"level": "ReadOnly"}}))
        self.caller = Caller("e", "eve", "User", Rights([Grant(GROUP, OWNER)]))

    def _changed(self, kind: str, *ids: Any) -> None:
        self.changed.append((kind, len(ids)))

    def one_by_one(self, *puts: Put) -> list[Outcome | PlatformError]:
        caller = getattr(self, "caller", self.admin)
        return [self._put(caller, *put) for put in puts]

    def together(self, *puts: Put) -> list[Outcome | PlatformError]:
        return self.engine.put_many(self.caller, puts, View())

    def _put(self, caller: Caller, id: str, body: Any) -> Outcome | PlatformError:
        try:
            return self.engine.put(caller, id, body, Conditions(), View())
        except PlatformError as error:
            return error

    def there(self, id: str) -> bool:
        return self.engine.plane.load(self.engine.address(id).id) is not None

    def every_id(self, region: str) -> set[str]:
        with self.cells.named(region).read() as connection:
            return set(Resources(connection).every_id())

    def recorded(self, region: str) -> list[tuple[str, str]]:
        with self.cells.named(region).read() as connection:
            return [(each.action, each.resource) for each in reversed(events(connection))]

    def commits(self, region: str) -> list[None]:
        """Grows with each from now on."""
        seen: list[None] = []
        engine = self.databases[region or "estate"].engine
        event.listen(engine, "commit", lambda _: seen.append(None))
        return seen

    def close(self) -> None:
        self.cells.close()


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    house = House(database_url, "one_")
    yield house
    house.close()


@pytest.fixture
def twin(database_url: str) -> Iterator[House]:
    house = House(database_url, "two_")
    yield house
    house.close()


def account(name: str, group: str = GROUP, **changes: Any) -> Put:
    id = f"{group}/providers/Microsoft.Storage/storageAccounts/{name}"
    return id, {"location": "westeurope", "properties": {}, **changes}


def component(name: str, region: str = "westeurope") -> Put:
    return f"{GROUP}/providers/Microsoft.Insights/components/{name}", {**HERE, "location": region}


EVERYTHING = [
    account("stone"),
    account("sttwo", location="East US"),
    account("stone", tags={"again": "yes"}),
    account("stshut", SHUT),
    account("stlocked", tags={"not": "now"}),
    account("stnowhere", location="moon"),
    account("stnone", location=None),
    account("st-bad"),
    account("stbad", kind="Nonsense", sku={"name": "None"}),
    account("stlost", f"{SUBSCRIPTION}/resourceGroups/lost"),
    component("fine"),
    component("late"),
    component("far", "eastus"),
    (f"{GROUP}/providers/Microsoft.Storage/storageAccounts/stlist", []),
    (f"{GROUP}/providers/Microsoft.Storage/storageAccounts", HERE),
    (f"{GROUP}/providers/Microsoft.Unheard/things/x", HERE),
    (f"{SHUT}/providers/Microsoft.Unheard/things/x", HERE),
    ("/subscriptions", {}),
    ("nonsense", {}),
    (f"{GROUP}/providers/Microsoft.Storage/storageAccounts/a<b", HERE),
    account("STONE", tags={}),
]


def said(answer: Outcome | PlatformError) -> Any:
    if isinstance(answer, PlatformError):
        details = [(str(each), each.target) for each in answer.details]
        return type(answer), answer.code, str(answer), answer.target, details
    assert isinstance(answer, Outcome)
    document = {k: v for k, v in (answer.document or {}).items() if k != "properties"}
    properties = (answer.document or {}).get("properties", {})
    drawn = ("AppId", "InstrumentationKey")
    kept = {k: v for k, v in properties.items() if k not in drawn}
    return document, kept, answer.created, answer.existed, bool(answer.operation)


def test_each_is_answered_as_it_is_alone(house: House, twin: House):
    alone = twin.one_by_one(*EVERYTHING)
    assert [said(each) for each in house.together(*EVERYTHING)] == [said(each) for each in alone]
    for region in ("", *REGIONS):
        assert house.every_id(region) == twin.every_id(region)


def test_each_is_recorded_as_it_is_alone(house: House, twin: House):
    twin.one_by_one(*EVERYTHING)
    house.together(*EVERYTHING)
    for region in ("", *REGIONS):
        assert house.recorded(region) == twin.recorded(region)


def test_the_chain_of_what_is_recorded_holds(house: House):
    house.together(*(account(f"st{n}") for n in range(5)))
    with house.cells.named("westeurope").read() as connection:
        hashes = list(
            connection.exec_driver_sql("select hash from activity order by seq").scalars()
        )
        expected, before = [], ""
        for number, each in enumerate(reversed(events(connection)), 1):
            before = seal(b"", before, number, each)
            expected.append(before)
    assert hashes == expected


def test_what_a_refused_one_had_written_is_undone_and_its_name_is_free(house: House):
    late, fine = component("late"), account("stfine")
    assert isinstance(house.together(account("stfirst"), late, fine)[1], Conflict)
    assert not house.there(late[0])
    assert not house.there(f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-late")
    assert house.there(account("stfirst")[0])
    assert house.there(fine[0])
    assert house.cells.region_of(ids.parse(late[0]).key) is None


def test_one_that_fails_takes_no_other_along(house: House):
    answers = house.together(account("stone"), component("crash"), account("sttwo"))
    assert [isinstance(each, Outcome) for each in answers] == [True, False, True]
    assert answers[1].code == "InternalServerError"  # type: ignore[union-attr]
    assert house.there(account("sttwo")[0])
    assert not house.there(component("crash")[0])
    assert isinstance(house.together(account("stnext"))[0], Outcome)


def test_a_name_that_is_asked_for_twice_goes_to_the_first_that_may_have_it(house: House):
    other = f"{SUBSCRIPTION}/resourceGroups/other"
    house.engine.put(house.admin, other, {"location": "westeurope"}, Conditions(), View())
    house.caller = house.admin
    first, second = account("stone"), account("stone", other)
    answers = house.together(first, second)
    assert isinstance(answers[0], Outcome)
    assert said(answers[1])[1] == "StorageAccountAlreadyTaken"
    wrong, right = account("sttwo", sku={"name": "None"}), account("sttwo", other)
    answers = house.together(wrong, right)
    assert isinstance(answers[0], PlatformError)
    assert isinstance(answers[1], Outcome)


def test_what_goes_to_one_cell_shares_a_transaction(house: House):
    here, there, estate = (house.commits(region) for region in ("westeurope", "eastus", ""))
    mixed = [account(f"st{n}", location=REGIONS[n % 2], tags={"n": str(n)}) for n in range(60)]
    assert all(isinstance(each, Outcome) for each in house.together(*mixed))
    assert (len(here), len(there)) == (1, 1)
    assert len(estate) == 2  # their places, once for each cell


def test_what_is_in_memory_is_told_once_of_all(house: House):
    house.changed.clear()
    house.together(*(account(f"st{n}") for n in range(5)), component("fine"))
    assert house.changed == [
        ("microsoft.storage/storageaccounts", 5),
        ("microsoft.insights/components", 1),
    ]


def test_a_cell_that_is_away_refuses_its_own_and_keeps_no_place(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    def away(*_: Any) -> Any:
        raise Unavailable("the database does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(house.databases["eastus"], "turn", away)
        answers = house.together(account("stone"), account("sttwo", location="eastus"))
    assert isinstance(answers[0], Outcome)
    assert isinstance(answers[1], Unavailable)
    assert house.cells.owner("storage", "sttwo") is None
    assert isinstance(house.together(account("sttwo"))[0], Outcome)


def test_nothing_at_all_is_done_at_once_too(house: House):
    assert house.together() == []
