"""The estate with two workspaces: once for those who only look, anew for those who change it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.access.asking import House
from tests.access.team import Team
from tests.access.two_workspaces import Two
from tests.house import served


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    yield from _built(tmp_path_factory.mktemp("two"))


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Two]:
    yield from _built(tmp_path)


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    house = Team(tmp_path)
    try:
        yield house.build()
    finally:
        house.close()


@pytest.fixture(scope="module")
def applying(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Served to the commands, with a worker that works while an apply waits for it."""
    made, over = House(tmp_path_factory.mktemp("estate")), threading.Event()

    def work() -> None:
        while not over.wait(0.01):
            made.work()

    worker = threading.Thread(target=work)
    with served(made.estate.app) as origin, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLESTATE_URL", origin)
        patch.setenv("MLESTATE_DATA", str(made.estate.data))
        worker.start()
        yield made
        over.set()
        worker.join()
    made.close()


def _built(data: Path) -> Iterator[Two]:
    house = Two(data)
    try:
        yield house.build()
    finally:
        house.close()
