"""What people changed since the last apply: the file that was applied against what is there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from ...core.errors import Invalid, NotFound
from ..desired import Desired
from ..port import Port, Workers
from . import record as records
from .compare import Difference
from .ownership import of_record
from .plan import plan
from .record import Record


class Changed(msgspec.Struct, frozen=True):
    """`fields`: as applied, and as it is; empty for what is gone."""

    desired: Desired
    fields: tuple[Difference, ...] = ()


class Drift(msgspec.Struct, frozen=True):
    """`extra` is there and no file's; `total` is what was applied. `called` are the names of those
    who are there, by object id in lower case."""

    record: Record
    changed: list[Changed]
    extra: list[str]
    total: int
    names: dict[str, Desired]
    called: Mapping[str, str] = {}

    @property
    def exit_code(self) -> int:
        """0 when all is as it was applied, 2 when it is not."""
        return 2 if self.changed else 0


def drift(record: Record, port: Port, workers: Workers = map, today: date = date.min) -> Drift:
    """Guests whose last day is before `today` are gone by themselves: that is no drift."""
    found = of_record(record, today)
    if found.trouble:
        raise Invalid(f"{found.trouble}: apply the estate's file again")
    left = {each.id.lower() for each in record.left}
    applied = {key: each for key, each in found.things.items() if key not in left}
    now = plan(list(applied.values()), port, workers)
    changed = [
        Changed(step.desired, tuple(_turned(each) for each in step.reasons)) for step in now.changes
    ]
    extra = [each for each in now.extra if each.lower() not in left | found.foreign]
    return Drift(record, changed, extra, len(applied), applied, now.names)


def choose(port: Port, estate: str) -> Record:
    """The record of the estate; of the only one there is, where none is named."""
    if estate:
        found = records.find(port, estate)
        if found is None:
            raise NotFound(f"no file of an estate `{estate}` was applied: `mlestate apply FILE`")
        return found
    known = records.every(port)
    if not known:
        raise NotFound("no estate file was applied here that you may read: `mlestate apply FILE`")
    if len(known) > 1:
        names = ", ".join(f"`{each.estate}`" for each in known)
        raise Invalid(f"there are {len(known)} estates here: say which with --estate: {names}")
    return known[0]


def _turned(reason: Difference) -> Difference:
    """What the file has is what was; what is there is what it became."""
    return Difference(reason.path, reason.after, reason.before)
