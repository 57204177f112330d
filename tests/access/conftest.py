"""The estate with two workspaces: once for those who only look, anew for those who change it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.access.team import Team
from tests.access.two_workspaces import Two


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


def _built(data: Path) -> Iterator[Two]:
    house = Two(data)
    try:
        yield house.build()
    finally:
        house.close()
