"""A file with guests is changed and applied, over HTTP, as anyone else does it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mlestate.app.upkeep import duties
from mlestate.core.errors import Conflict
from mlestate.estate.applying.apply import apply, failed
from mlestate.estate.compile import compile_estate
from mlestate.estate.load import load
from mlestate.estate.planning.plan import plan
from tests.access.asking import House, Request
from tests.estates import broken

DAY = 86400.0
TODAY = datetime.now(UTC).date()
LAST = TODAY + timedelta(days=10)
PROJECT = "fraud: {members:"
REAL = (
    "dev: Contributor, prod: [mlops, Storage Blob Data Reader]",
    "dev: Reader, prod: [mlops, Storage Blob Data Reader]",
)


class Port:
    def __init__(self, house: House):
        self.house = house

    def get(self, id: str) -> Mapping[str, Any] | None:
        answer = self.house.get("admin", id)
        return answer.json() if answer.status == 200 else None

    def put(self, id: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = self.house.ask("admin", Request("PUT", id, body))
        self.house.work()
        if answer.status >= 300:
            raise Conflict(answer.text)
        return answer.json()

    def list(self, id: str) -> Iterator[Mapping[str, Any]]:
        raise NotImplementedError("neither plan nor apply lists")

    def delete(self, id: str) -> bool:
        raise NotImplementedError("neither plan nor apply deletes")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def guests(said: str) -> str:
    return broken(REAL, (PROJECT, f"fraud: {{guests: {{{said}}}, members:"))


def lee(*environments: str, who: str = "lee", people: str = "") -> str:
    where = ", ".join(environments)
    return (
        f"{who}: {{name: Lee, sponsor: ana, until: {LAST}, role: engineer, "
        f"environments: [{where}]{people}}}"
    )


def applied(house: House, text: str, today: date = TODAY) -> None:
    """What was asked for is there: nothing failed, and nothing is left to do."""
    port, desired = Port(house), compile_estate(load(text), today)
    outcomes = apply(plan(desired, port), port)
    assert [(each.id, each.why) for each in failed(outcomes)] == []
    assert [step.desired.id for step in plan(desired, port).changes] == []


@pytest.mark.parametrize("people", ["", ", people: {kim: Kim, joe: Joe}"])
def test_environments_come_and_go(house: House, people: str):
    for where in (("dev",), ("dev", "prod"), ("prod",), ("dev",)):
        applied(house, guests(lee(*where, people=people)))
    kind = "groups" if people else "users"
    shown = house.get("admin", f"/estate/v1/{kind}/lee").json()["guest"]
    assert [scope.rpartition("/")[2] for scope in shown["scopes"]] == ["rg-fraud-dev"]
    assert shown["sponsor"] == "ana"


def test_somebody_of_the_house_becomes_a_guest_and_one_of_the_house_again(house: House):
    inside = broken(REAL, ("people:\n", "people:\n  lee: {name: Lee, groups: [science]}\n"))
    applied(house, inside)
    applied(house, guests(lee("dev")))
    assert house.get("admin", "/estate/v1/users/lee").json()["guest"]["until"] == str(LAST)
    applied(house, inside)
    assert "guest" not in house.get("admin", "/estate/v1/users/lee").json()


def test_a_sponsor_who_was_away_is_put_back(house: House):
    text = guests(lee("dev"))
    applied(house, text)
    house.made("admin", Request("DELETE", "/estate/v1/users/ana"))
    port, desired = Port(house), compile_estate(load(text), TODAY)
    changed = {step.desired.id for step in plan(desired, port).changes}
    assert "/estate/v1/users/lee" in changed
    applied(house, text)


def test_after_the_last_day_there_is_nothing_to_do_and_nothing_left(house: House):
    text = guests(lee("dev"))
    applied(house, text)
    house.clock.ahead = 12 * DAY
    house.log_in()
    [duty] = [duty for duty in duties(house.estate, lambda: None) if "guests" in duty.name]
    assert duty.do() == 1
    after = compile_estate(load(text), TODAY + timedelta(days=12))
    assert plan(after, Port(house)).changes == []
    assert house.get("admin", "/estate/v1/users/lee").status == 404


def test_prolonged_in_the_file_they_stay(house: House):
    text = guests(lee("dev"))
    applied(house, text)
    applied(house, text.replace(str(LAST), str(LAST + timedelta(days=30))))
    house.clock.ahead = 12 * DAY
    [duty] = [duty for duty in duties(house.estate, lambda: None) if "guests" in duty.name]
    assert duty.do() == 0
