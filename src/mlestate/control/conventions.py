"""The estate's naming conventions, kept in memory, and what they have to say about a new thing."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

import msgspec

from ..core import conventions
from ..core.conventions import Convention, New, Otherwise
from ..core.errors import Invalid
from ..core.name_pattern import Place
from ..core.resource import Resource
from ..core.validate import Fault
from ..store.cells import Cells
from ..store.resources import Query, Resources

CONVENTIONS = "Mlestate.Organization/namingConventions"
# What the activity log calls it where something was made against a convention that only warns.
WARNED = f"{CONVENTIONS}/warn/action"
VIOLATED = "NamingConventionViolated"


class Held(msgspec.Struct, frozen=True):
    """A convention, and since when (epoch seconds) it is as it is."""

    convention: Convention
    since: float


class Conventions:
    """`changed` is to be called after every write of one: the next question reads them anew."""

    def __init__(self, cells: Cells):
        self._cells = cells
        self._lock = threading.Lock()
        self._held: Mapping[str, Held] | None = None

    def changed(self) -> None:
        with self._lock:
            self._held = None

    def of(self, kind: str) -> Held | None:
        """By the word for what people make: `models`."""
        with self._lock:
            if self._held is None:
                self._held = self._read()
            return self._held.get(kind)

    def admit(self, made: Iterable[tuple[New, Place]]) -> tuple[str, ...]:
        """What to warn of. Raises Invalid with all that is refused."""
        refused: list[Fault] = []
        warnings: list[str] = []
        for new, place in made:
            held = self.of(new.of)
            if held is None or not conventions.holds(held.convention, place):
                continue
            found = conventions.breaches(held.convention, new, place)
            if held.convention.otherwise == Otherwise.REFUSE:
                refused += found
            else:
                warnings += (text for _, text in found)
        if refused:
            raise _refusal(refused)
        return tuple(warnings)

    def _read(self) -> dict[str, Held]:
        with self._cells.estate.read() as connection:
            rows = Resources(connection).list(Query(type=CONVENTIONS))
        return {row.name: _held(row) for row in rows}


def _held(row: Resource) -> Held:
    return Held(msgspec.convert(row.properties, Convention), row.modified.at)


def _refusal(found: list[Fault]) -> Invalid:
    if len(found) == 1:
        return Invalid(found[0][1], code=VIOLATED, target=found[0][0])
    details = tuple(Invalid(text, code=VIOLATED, target=where) for where, text in found)
    text = "; ".join(text for _, text in found)
    return Invalid(text, code=VIOLATED, target=found[0][0], details=details)
