from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from mlestate.blob.cell import Cell, Place
from mlestate.blob.containers import create
from mlestate.blob.folder import FolderBodies
from mlestate.store import blob_tables
from mlestate.store.database import Database
from tests.databases import postgres


class Clock:
    """Time that only moves when a test says so."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/cell.db"
    else:
        url = _new_database(request.getfixturevalue("postgres_url"))
    database = Database(url)
    database.create(blob_tables.metadata)
    yield database
    database.close()


@pytest.fixture
def cell(database: Database, tmp_path: Path, clock: Clock) -> Cell:
    etags = itertools.count(1)
    cell = Cell(database, FolderBodies(tmp_path / "objects"), clock, lambda: f"0x{next(etags)}")
    create(cell, "acc", "box")
    return cell


@pytest.fixture
def place() -> Place:
    return Place("acc", "box", "folder/b.txt")


def _new_database(server: str) -> str:
    name = f"t{uuid4().hex}"
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{server}/{name}"
