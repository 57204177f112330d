"""An estate with two teams for the commands of a module, served at an origin that they know."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.access.two_workspaces import Two
from tests.house import served


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    house = Two(tmp_path_factory.mktemp("estate"))
    yield house.build()
    house.close()


@pytest.fixture
def estate(house: Two, monkeypatch: pytest.MonkeyPatch) -> Iterator[Two]:
    with served(house.estate.app) as origin:
        monkeypatch.setenv("MLESTATE_URL", origin)
        monkeypatch.setenv("MLESTATE_DATA", str(house.estate.data))
        yield house
