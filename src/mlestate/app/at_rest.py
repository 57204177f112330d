"""The activity log of an estate that is not running, checked in its data folder."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from ..catalog import CATALOG
from ..control.beside import Companions
from ..control.safekeeping import Safekeeping
from ..control.settling import without_place
from ..core.errors import Invalid
from ..store.activity.ledger import NAME, LedgerFile
from ..store.activity.marks import Fault, Mark, sealing_key, signer
from ..store.cells import ESTATE, Cells
from ..store.database import Database
from . import secret, settings
from .region import Region
from .up import only_one


def verify(data: Path, heads: list[dict[str, Any]]) -> dict[str, Any]:
    """As `/estate/v1/audit/verify` answers. Nothing is written, made or migrated."""
    try:
        marks = msgspec.convert(heads, list[Mark])
    except msgspec.ValidationError as error:
        raise Invalid(f"these are no heads of an activity log: {error}") from None
    with _as_it_is(data) as keeping:
        found = keeping.verify(marks)
    whole = not any(one.faults for one in found)
    return {"whole": whole, "value": msgspec.to_builtins(found)}


def accept(data: Path, now: float) -> list[Fault]:
    """Go on from what there is, as a start would with what is missing made anew; what was not as
    it was. Raises Conflict where the estate runs."""
    said = settings.read(data, os.environ)
    _need_estate(data, said)
    lock = only_one(data)
    try:
        return _accepted(data, said, now)
    finally:
        os.close(lock)


def _accepted(data: Path, said: settings.Settings, now: float) -> list[Fault]:
    file = data / secret.NAME
    faults = [] if file.exists() else [_lost_secret(file)]
    key = file.read_bytes()
    sign = signer(key)
    regions = [_region(data, said, name, key, now) for name in _names(data, said)]
    cells = Cells(_estate(data, said, key), {each.name: each.database for each in regions})
    try:
        cells.create()
        beside = [Companions(each.name, each.database, sign, each.beside) for each in regions]
        faults += [fault for each in beside for fault in each.strange()]
        faults += _unknown(cells)
        found = Safekeeping(cells, sign, LedgerFile(data / NAME, sign)).accept(now, faults)
        for each in beside:
            each.accept(lambda: str(uuid.uuid4()), now)
        return found
    finally:
        for region in regions:
            region.close()
        cells.close()


def _unknown(cells: Cells) -> Iterator[Fault]:
    for region, there in without_place(cells, {kind.name.lower(): kind for kind in CATALOG}):
        yield Fault(
            region,
            0,
            f"the estate does not know of {len(there)} resources that are there: the next start "
            "finds them, and `mlestate apply` makes groups and roles around them anew",
        )


def _lost_secret(file: Path) -> Fault:
    """Another one is made."""
    secret.make(file)
    return Fault(ESTATE, 0, f"`{secret.NAME}` was gone: another one was made")


@contextmanager
def _as_it_is(data: Path) -> Iterator[Safekeeping]:
    said = settings.read(data, os.environ)
    _need_estate(data, said)
    file = data / secret.NAME
    if not file.exists():
        raise Invalid(
            f"`{secret.NAME}` is gone, and nothing can be checked without it: put it in its place"
        )
    key = file.read_bytes()
    cells = Cells(
        _estate(data, said, key, existing=True),
        {name: _database(data, said, name, key) for name in _names(data, said)},
    )
    sign = signer(key)
    try:
        yield Safekeeping(cells, sign, LedgerFile(data / NAME, sign))
    finally:
        cells.close()


def _need_estate(data: Path, said: settings.Settings) -> None:
    if not (data / secret.NAME).exists() and not any(secret.used(data, said)):
        raise Invalid(f"there is no estate in `{data}`: name its data folder with `--data`")


def _names(data: Path, said: settings.Settings) -> list[str]:
    return settings.regions(data, said, ())


def _estate(data: Path, said: settings.Settings, key: bytes, existing: bool = False) -> Database:
    url = said.database or f"sqlite:///{data / 'estate.db'}"
    return Database(url, schema="estate", key=sealing_key(key, ESTATE), existing=existing)


def _region(data: Path, said: settings.Settings, name: str, key: bytes, now: float) -> Region:
    wanted = said.regions.get(name, settings.Region())
    return Region(name, data / "regions" / name, wanted, lambda: now, key)


def _database(data: Path, said: settings.Settings, name: str, key: bytes) -> Database:
    wanted = said.regions.get(name, settings.Region())
    url = wanted.database or f"sqlite:///{data / 'regions' / name / 'metadata.db'}"
    return Database(url, schema=name, key=sealing_key(key, name), existing=True)
