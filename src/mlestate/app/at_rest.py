"""The activity log of an estate that is not running, checked in its data folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

from ..control.safekeeping import Safekeeping
from ..core.errors import Invalid
from ..store.activity.chain import Mark, signer
from ..store.cells import Cells
from ..store.database import Database
from . import settings


def verify(data: Path, heads: list[dict[str, Any]]) -> dict[str, Any]:
    """As `/estate/v1/audit/verify` answers. Nothing is written, and nothing migrated."""
    secret = data / "server.secret"
    if not secret.exists():
        raise Invalid(f"there is no estate in `{data}`: name its data folder with `--data`")
    cells = _cells(data)
    try:
        marks = msgspec.convert(heads, list[Mark])
        found = Safekeeping(cells, signer(secret.read_bytes())).verify(marks)
    except msgspec.ValidationError as error:
        raise Invalid(f"these are no heads of an activity log: {error}") from None
    finally:
        cells.close()
    whole = not any(one.faults for one in found)
    return {"whole": whole, "value": msgspec.to_builtins(found)}


def _cells(data: Path) -> Cells:
    said = settings.read(data, os.environ)
    estate = Database(said.database or f"sqlite:///{data}/estate.db", schema="estate")
    names = settings.regions(data, said, ())
    return Cells(estate, {name: _region(data, said, name) for name in names})


def _region(data: Path, said: settings.Settings, name: str) -> Database:
    wanted = said.regions.get(name, settings.Region())
    file = data / "regions" / name / "metadata.db"
    return Database(wanted.database or f"sqlite:///{file}", schema=name)
