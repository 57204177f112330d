"""The activity log is kept whole: heads of its chains in other cells; what is old is dropped."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from ..catalog.activity_logs import ACTIVITY_LOGS, DAY, USUAL, days
from ..core.ids import parse
from ..store.activity import chain
from ..store.activity.chain import HEAD, Mark, Sign, Verdict
from ..store.cells import ESTATE, Cells
from ..store.resources import Resources

_SETTINGS = parse(f"/providers/{ACTIVITY_LOGS.name}/default")
_log = structlog.get_logger(__name__)


class Safekeeping:
    """The estate's own database keeps the heads of all regions, and each region the estate's: who
    cuts off the end of a log has to do so in two places, and cannot sign what he leaves."""

    def __init__(self, cells: Cells, sign: Sign):
        self._cells, self._sign = cells, sign

    def heads(self, now: float) -> list[Mark]:
        """As they are now; of cells without events there is none."""
        found = []
        for region in self._regions():
            with self._cells.named(region).read() as connection:
                head = chain.head(connection, region, now, self._sign)
            found += [head] if head else []
        return found

    def anchor(self, now: float) -> None:
        """Keep the heads of now. One that was kept and is not in its chain any more stays: it
        tells what was done to it."""
        for head in self.heads(now):
            for keeper in self._keepers(head.cell):
                self._keep(keeper, head)

    def verify(self, more: Iterable[Mark] = ()) -> list[Verdict]:
        """Every cell; `more` are heads that were kept outside."""
        outside = list(more)
        return [self._verified(region, outside) for region in self._regions()]

    def forget(self, now: float) -> int:
        """Drop what is older than the estate keeps it; how many."""
        before, count = now - self._kept_days() * DAY, 0
        for region in self._regions():
            while some := self._forget(region, before, now):
                count += some
        return count

    def _kept_days(self) -> float:
        with self._cells.estate.read() as connection:
            said = Resources(connection).load(_SETTINGS.key)
        return days(str(said.properties["keep"]) if said else USUAL)

    def _regions(self) -> tuple[str, ...]:
        return (ESTATE, *sorted(self._cells.regions))

    def _keepers(self, cell: str) -> tuple[str, ...]:
        return (ESTATE,) if cell != ESTATE else tuple(self._cells.regions)

    def _keep(self, keeper: str, head: Mark) -> None:
        with self._cells.named(keeper).read() as connection:
            old = chain.kept(connection, HEAD, head.cell)
        if old is not None and old.seq == head.seq and old.hash == head.hash:
            return
        if old is not None:
            with self._cells.named(head.cell).read() as connection:
                holds = old.genuine(self._sign) and chain.holds(connection, old)
            if not holds:
                _log.error("the activity log was tampered with", cell=head.cell, seq=old.seq)
                return
        with self._cells.named(keeper).write() as connection:
            chain.keep(connection, head)

    def _verified(self, region: str, outside: list[Mark]) -> Verdict:
        anchors = [one for one in outside if one.cell == region]
        for keeper in self._keepers(region):
            with self._cells.named(keeper).read() as connection:
                kept = chain.kept(connection, HEAD, region)
            anchors += [kept] if kept else []
        with self._cells.named(region).read() as connection:
            return chain.verify(connection, region, anchors, self._sign)

    def _forget(self, region: str, before: float, now: float) -> int:
        with self._cells.named(region).turn() as connection:
            return chain.forget(connection, region, before, now, self._sign)
