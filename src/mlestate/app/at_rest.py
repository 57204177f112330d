"""The activity log of an estate that is not running, checked in its data folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from ..control.safekeeping import Safekeeping
from ..core.errors import Invalid
from ..store.activity.ledger import NAME, LedgerFile
from ..store.activity.marks import Fault, Mark, sealing_key, signer
from ..store.cells import ESTATE, Cells
from ..store.database import Database
from . import settings
from .up import only_one


def verify(data: Path, heads: list[dict[str, Any]]) -> dict[str, Any]:
    """As `/estate/v1/audit/verify` answers. Nothing is written, and nothing migrated."""
    try:
        marks = msgspec.convert(heads, list[Mark])
    except msgspec.ValidationError as error:
        raise Invalid(f"these are no heads of an activity log: {error}") from None
    with _keeping(data) as keeping:
        found = keeping.verify(marks)
    whole = not any(one.faults for one in found)
    return {"whole": whole, "value": msgspec.to_builtins(found)}


def accept(data: Path, now: float) -> list[Fault]:
    """Go on from the databases as they are; what was not as it was. Raises Conflict where the
    estate runs."""
    with _keeping(data) as keeping:
        lock = only_one(data)
        try:
            return keeping.accept(now)
        finally:
            os.close(lock)


@contextmanager
def _keeping(data: Path) -> Iterator[Safekeeping]:
    file = data / "server.secret"
    if not file.exists():
        raise Invalid(f"there is no estate in `{data}`: name its data folder with `--data`")
    secret = file.read_bytes()
    sign, cells = signer(secret), _cells(data, secret)
    try:
        yield Safekeeping(cells, sign, LedgerFile(data / NAME, sign))
    finally:
        cells.close()


def _cells(data: Path, secret: bytes) -> Cells:
    said = settings.read(data, os.environ)
    estate = _database(said.database, data / "estate.db", "estate", sealing_key(secret, ESTATE))
    names = settings.regions(data, said, ())
    return Cells(estate, {name: _region(data, said, name, secret) for name in names})


def _region(data: Path, said: settings.Settings, name: str, secret: bytes) -> Database:
    wanted = said.regions.get(name, settings.Region())
    file = data / "regions" / name / "metadata.db"
    return _database(wanted.database, file, name, sealing_key(secret, name))


def _database(url: str, file: Path, schema: str, key: bytes) -> Database:
    return Database(url or f"sqlite:///{file}", schema=schema, key=key)
