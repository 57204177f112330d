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
from ..store.activity.marks import Fault, Mark, signer
from ..store.cells import ESTATE, Cells
from . import databases, secret, settings
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
    regions = [
        Region(name, folder, wanted, lambda: now, key)
        for name, folder, wanted in _regions(data, said)
    ]
    estate = databases.of_the_estate(data, said, key)
    cells = Cells(estate, {each.name: each.database for each in regions})
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
        databases.of_the_estate(data, said, key, existing=True),
        {
            name: databases.of_a_region(name, folder, wanted, key, existing=True)
            for name, folder, wanted in _regions(data, said)
        },
    )
    sign = signer(key)
    try:
        yield Safekeeping(cells, sign, LedgerFile(data / NAME, sign))
    finally:
        cells.close()


def _need_estate(data: Path, said: settings.Settings) -> None:
    if not (data / secret.NAME).exists() and not any(secret.used(data, said)):
        raise Invalid(f"there is no estate in `{data}`: name its data folder with `--data`")


def _regions(data: Path, said: settings.Settings) -> Iterator[tuple[str, Path, settings.Region]]:
    """The name, the folder and the settings of each."""
    for name in settings.regions(data, said, ()):
        yield name, data / "regions" / name, said.regions.get(name, settings.Region())
