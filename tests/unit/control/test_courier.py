"""The courier over real outboxes and threads: nobody waits for another, and nothing is told twice
where nothing failed."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mlestate.control.courier import Courier
from mlestate.control.hooks import WEBHOOKS, Hooks
from mlestate.control.turns import CARRIERS
from mlestate.core.ids import ResourceId
from mlestate.core.resource import Resource, Stamp
from mlestate.store.cells import Cells
from mlestate.store.database import Database
from mlestate.store.outbox import DELIVERED, SET_ASIDE, Letter, Outbox
from mlestate.store.resources import Resources

REGION = "westeurope"
PATIENCE = 30.0


class Told:
    """What was sent, by webhook. Those that hang answer when `goes_on` is set."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.goes_on = threading.Event()
        self.status = 204
        self._enough = threading.Condition()

    def send(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        if url.startswith("https://hangs"):
            self.goes_on.wait(PATIENCE)
        with self._enough:
            self.sent.append((url, headers["webhook-id"]))
            self._enough.notify_all()
        return self.status

    def count(self, name: str) -> int:
        return sum(url == f"https://{name}/" for url, _ in self.sent)

    def until(self, name: str, count: int) -> None:
        with self._enough:
            assert self._enough.wait_for(lambda: self.count(name) >= count, PATIENCE)


@pytest.fixture
def cells(tmp_path: Path) -> Iterator[Cells]:
    names = ("estate", REGION)
    estate, region = (Database(f"sqlite:///{tmp_path}/{name}.db") for name in names)
    cells = Cells(estate, {REGION: region})
    cells.create()
    yield cells
    cells.close()


@pytest.fixture
def told() -> Iterator[Told]:
    told = Told()
    yield told
    told.goes_on.set()


@pytest.fixture
def courier(cells: Cells, told: Told) -> Iterator[Courier]:
    numbers = itertools.count()
    hooks = Hooks(cells, lambda: f"id-{next(numbers)}")
    threads = ThreadPoolExecutor(CARRIERS)
    courier = Courier(
        cells, hooks, lambda hook, letter: "", told.send, lambda: 1.0, lambda: 0.5, threads
    )
    thread = threading.Thread(target=courier.run, args=(0.05,))
    thread.start()
    yield courier
    told.goes_on.set()
    courier.stop()
    thread.join()
    courier.close()


def webhook(cells: Cells, courier: Courier, name: str) -> None:
    id = ResourceId().child("webhooks", name, WEBHOOKS.partition("/")[0])
    said = {"url": f"https://{name}/", "events": ["*"]}
    stamp = Stamp("ann", "User", 1.0, "a")
    resource = Resource(id=id, document={"properties": said}, created=stamp, modified=stamp)
    with cells.estate.write() as connection:
        Resources(connection).save(resource, name)
    courier.hooks.changed()


def put(cells: Cells, *names: str, count: int = 1, key: str = "") -> None:
    """So many letters for each, all of the first one's before those of the second."""
    letters = [
        Letter(
            event=f"{name}-{number}",
            webhook=name,
            key=key or f"/{number}",
            type="t",
            body="{}",
            at=1.0,
            due_at=1.0,
        )
        for name in names
        for number in range(count)
    ]
    with cells.named(REGION).write() as connection:
        Outbox(connection).put(letters)


def states(cells: Cells, name: str) -> dict[str, int]:
    with cells.named(REGION).read() as connection:
        return Counter(letter.state for letter in Outbox(connection).list(name, 10_000))


def settle(courier: Courier) -> None:
    """What is under way ends, and nothing more begins."""
    courier.close()


def test_one_that_hangs_holds_up_no_other(cells: Cells, courier: Courier, told: Told):
    """However much waits for it, and since when."""
    webhook(cells, courier, "hangs")
    webhook(cells, courier, "well")
    put(cells, "hangs", "well", count=300)
    told.until("well", 300)
    assert told.count("hangs") == 0


def test_many_that_hang_hold_up_no_other(cells: Cells, courier: Courier, told: Told):
    hanging = [f"hangs-{number}" for number in range(2 * CARRIERS)]
    for name in (*hanging, "well"):
        webhook(cells, courier, name)
    put(cells, "well")
    told.until("well", 1)  # it is known to answer at once
    put(cells, *hanging, count=20)
    put(cells, "well", count=50)
    told.until("well", 51)


def test_what_is_told_is_told_once(cells: Cells, courier: Courier, told: Told):
    webhook(cells, courier, "well")
    put(cells, "well", count=400)
    told.until("well", 400)
    settle(courier)
    assert [one for one, count in Counter(told.sent).items() if count > 1] == []
    assert states(cells, "well") == {DELIVERED: 400}


def test_who_wants_to_hear_no_more_is_sent_each_letter_once(
    cells: Cells, courier: Courier, told: Told
):
    told.status = 410
    webhook(cells, courier, "well")
    put(cells, "well", count=50)
    told.until("well", 50)
    settle(courier)
    assert max(Counter(told.sent).values()) == 1
    assert states(cells, "well") == {SET_ASIDE: 50}


def test_what_is_about_the_same_comes_in_order(cells: Cells, courier: Courier, told: Told):
    webhook(cells, courier, "well")
    put(cells, "well", count=30, key="/same")
    told.until("well", 30)
    assert [event for _, event in told.sent] == [f"well-{number}" for number in range(30)]
