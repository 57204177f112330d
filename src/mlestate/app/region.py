"""A region's cell, put together: its databases, its objects, its queue."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..blob.cell import Cell
from ..blob.folder import FolderBodies
from ..control.beside import Beside
from ..runtime.dispatch import Dispatch, Jobs, Living
from ..runtime.nodes import Pool
from ..store.leases import Leases
from ..store.tracking import TrackingStore, naming, open_tracking
from . import databases
from .settings import Region as Wanted


class Region:
    """`folder` is `DIR/regions/NAME`. Nothing of the region's is stored outside it, unless its
    databases are elsewhere by the settings."""

    def __init__(
        self, name: str, folder: Path, wanted: Wanted, clock: Callable[[], float], secret: bytes
    ):
        folder.mkdir(parents=True, exist_ok=True)
        self.name, self.folder, self._clock = name, folder, clock
        self.database = databases.of_a_region(name, folder, wanted, secret)
        bodies = FolderBodies(folder / "objects")
        self.blobs = Cell(self.database, bodies, clock)
        runs = wanted.tracking or wanted.database or str(folder / "tracking.db")
        self.tracking: TrackingStore = open_tracking(runs, f"{name}_tracking")
        self.beside: tuple[Beside, ...] = (Runs(self.tracking), Objects(bodies))

    def open_queue(self, jobs: Jobs, slots: int, living: Living) -> Dispatch:
        """Jobs without a compute run on the region's own machine, `slots` at once."""
        dispatch = Dispatch(Leases(self.database), jobs, self._clock, living)
        dispatch.open_region(self.name, Pool("serverless", most=slots))
        return dispatch

    def close(self) -> None:
        self.tracking.close()


class Runs:
    kind, called = "runs", "the database of its runs"

    def __init__(self, store: TrackingStore):
        self._store = store

    def name(self) -> str:
        return self._store.read(naming.name)

    def take(self, name: str) -> None:
        self._store.write(lambda group: naming.take(group, name))


class Objects:
    kind, called = "objects", "the folder of its objects"

    def __init__(self, bodies: FolderBodies):
        self._bodies = bodies

    def name(self) -> str:
        return self._bodies.name()

    def take(self, name: str) -> None:
        self._bodies.take_name(name)
