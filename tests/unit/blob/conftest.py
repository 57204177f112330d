from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlestate.blob.cell import Cell, Place
from mlestate.blob.containers import create
from mlestate.blob.folder import FolderBodies
from mlestate.store import blob_tables
from mlestate.store.database import Database


class Clock:
    """Time that only moves when a test says so."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
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
