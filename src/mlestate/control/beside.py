"""What belongs to a region's database and is kept outside it, such as its runs, has a name of its
own that the database knows: what is empty, or another's, is not taken for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from ..core.errors import Conflict
from ..store.activity import marks
from ..store.activity.marks import Fault, Mark, Sign
from ..store.database import Database


class Beside(Protocol):
    """`kind` is one word, and `called` what a person is told."""

    @property
    def kind(self) -> str: ...
    @property
    def called(self) -> str: ...
    def name(self) -> str:
        """Empty where it has none yet."""

    def take(self, name: str) -> None:
        """Have this name from now on. On disk when it returns."""


class Companions:
    """Those of one region."""

    def __init__(self, region: str, database: Database, sign: Sign, beside: Iterable[Beside]):
        self._region, self._database, self._sign = region, database, sign
        self._beside = tuple(beside)

    def hold(self, fresh: Callable[[], str], now: float) -> None:
        """What every start makes sure of. What was not known yet is known from now on. Raises
        Conflict where one is not the one that was used."""
        for fault in self.strange():
            raise Conflict(
                f"in {self._region}, {fault.what}: it is empty, or another's. Put the right one in "
                "its place; if that is lost for good, `mlestate audit accept` goes on with this "
                "one",
                code="DatabaseReplaced",
            )
        self.accept(fresh, now)

    def strange(self) -> list[Fault]:
        """Those that are not the ones that were used."""
        return [
            Fault(self._region, 0, f"{each.called} is not the one that was used")
            for each in self._beside
            if (known := self._known(each)) and each.name() != known
        ]

    def accept(self, fresh: Callable[[], str], now: float) -> None:
        """Know them as they are."""
        for each in self._beside:
            # First there and then here: a kill in between leaves what the next start goes on from.
            if not (name := each.name()):
                each.take(name := fresh())
            if self._known(each) != name:
                mark = Mark(each.kind, self._region, 0, name, now).signed(self._sign)
                with self._database.write() as connection:
                    marks.keep(connection, mark)

    def _known(self, one: Beside) -> str:
        """Empty where it is not known, or somebody else than the estate wrote it."""
        with self._database.read() as connection:
            mark = marks.kept(connection, one.kind, self._region)
        return mark.hash if mark and mark.genuine(self._sign) else ""
