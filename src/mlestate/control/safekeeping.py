"""The activity log is kept whole: how far its chains reach is kept elsewhere; what is old is
dropped."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

import structlog
from msgspec.structs import replace

from ..catalog.activity_logs import DAY, USUAL, days
from ..core.errors import Unavailable
from ..store.activity import chain, marks, record, shape
from ..store.activity.chain import Verdict
from ..store.activity.ledger import NAME, Clock, Entry, Ledger, LedgerFile
from ..store.activity.marks import BEGUN, FLOOR, HEAD, Fault, Mark, Sign
from ..store.cells import ESTATE, Cells
from ..store.database import Altered, Database
from ..store.resources import Resources
from . import log_words as words

_log = structlog.get_logger(__name__)


class Safekeeping:
    """Heads of all cells are in the ledger, a file outside the databases; besides, the estate's own
    database keeps the heads of all regions, and each region the estate's. A head that is gone, or
    not in its chain any more, is never replaced: that is the proof of what was done."""

    def __init__(self, cells: Cells, sign: Sign, file: LedgerFile):
        self._cells, self._sign, self._file = cells, sign, file
        self._lock = threading.Lock()
        self._told = set[tuple[str, str]]()

    def open(self, now: float) -> None:
        """What every start makes sure of, before an event is recorded. Raises Conflict where a
        database is not the one that was used."""
        with self._lock:
            self._hold_used()
            first = self._file.missing() and not self._ever_begun()
            ledger = Ledger() if first else self._read()
            if ledger is not None:
                here = {region: self._cells.named(region) for region in self._regions()}
                self._begin(ledger, here, now, first)

    def followed(self) -> set[str]:
        """The cells whose logs go on from what was known of them: none of what is in them was lost
        with a database."""
        known = _entries(self._file.read())
        return {cell for cell in self._regions() if cell in known and self._holds(known[cell].head)}

    def begin(self, region: str, database: Database, now: float) -> None:
        """The log of a new region, before it is one of the cells."""
        with self._lock:
            if (ledger := self._read()) is not None:
                self._begin(ledger, {region: database}, now)

    def accept(self, now: float, more: Iterable[Fault] = ()) -> list[Fault]:
        """Go on from what there is, such as databases of a backup: what is not as it was, which the
        log itself tells from now on. The file of heads is laid aside. An event that was changed
        stays a fault. `more` is what else is not as it was."""
        faults = [*more, *(fault for each in self.verify() for fault in each.faults)]
        with self._lock:
            old = _entries(self._file.read())
            # All that is asked of the databases comes first: what is recorded has happened.
            found = {each: self._anew(each, old, now) for each in self._regions()}
            with self._cells.estate.write() as connection:
                record(connection, words.accepted(now, faults))
            found[ESTATE] = self._anew(ESTATE, old, now)
            self._file.lay_aside(now)
            self._file.write(Ledger(found))
            self._begin(Ledger(found), {each: self._cells.named(each) for each in found}, now)
        return faults

    def heads(self, now: float) -> list[Mark]:
        """As they are now; of cells without events there is none."""
        found = []
        for region in self._regions():
            with self._cells.named(region).read() as connection:
                found.append(chain.head(connection, region, now, self._sign))
        return [head for head in found if head is not None]

    def note(self, now: float) -> None:
        """Keep the heads of now in the ledger."""
        with self._lock:
            self._noted(now)

    def anchor(self, now: float) -> None:
        """Keep the heads of now, in the ledger and in other cells."""
        with self._lock:
            for head in self._noted(now):
                for keeper in self._keepers(head.cell):
                    self._keep(keeper, head)

    def verify(self, more: Iterable[Mark] = ()) -> list[Verdict]:
        """Every cell; `more` are heads that were kept outside."""
        outside, ledger = list(more), self._file.read()
        known = _entries(ledger)
        regions = self._regions()
        other = self._other_secret(ledger)
        found = [self._verified(region, ledger, outside, other) for region in regions]
        last = {cell: entry.head.seq for cell, entry in known.items()}
        last |= {one.cell: one.seq for one in outside}
        gone = sorted(last.keys() - set(regions))
        return [*found, *(words.unknown(cell, last[cell]) for cell in gone)]

    def forget(self, now: float) -> int:
        """Drop what is older than the estate keeps it, in whole days; how many. Nothing while the
        clock has not gone on for a day without a jump: what is old by a wrong clock is not old."""
        if not self._steady(now):
            return 0
        before, count = now // DAY * DAY - self._kept_days() * DAY, 0
        ledger = self._read()
        for region, entry in (ledger.cells if ledger else {}).items():
            while region in self._regions() and (some := self._forget(region, entry, before, now)):
                count += some
        return count

    def _steady(self, now: float) -> bool:
        with self._lock:
            ledger = self._read()
            if ledger is None:
                return False
            clock = (ledger.clock or Clock(now, now)).looked_at(now, DAY)
            if ledger.clock is not None and ledger.clock.since != clock.since:
                _log.warning(
                    "the clock jumped, or nobody looked: no old event is dropped for a day",
                    seconds=now - ledger.clock.seen,
                )
            self._file.write(replace(ledger, clock=clock))
        return now - clock.since >= DAY

    def _hold_used(self) -> None:
        """One that is empty, or another's, knows nothing of what is in the estate."""
        ledger = self._file.read()
        if self._other_secret(ledger):
            raise words.other_secret()
        known = _entries(ledger)
        for cell in self._regions():
            entry = known.get(cell)
            if entry is None or self._kept(cell, BEGUN, cell) == entry.begun:
                continue
            if not self._holds(entry.head):
                raise words.replaced(cell)

    def _other_secret(self, ledger: Ledger | Fault) -> bool:
        """Whether all that was ever signed was signed with another secret."""
        if isinstance(ledger, Ledger):
            return False
        cells = self._regions()
        own = [self._seen(cell, BEGUN, cell) for cell in cells]
        heads = [self._seen(keeper, HEAD, cell) for cell in cells for keeper in self._keepers(cell)]
        found = [mark for mark in (*own, *heads) if mark is not None]
        return bool(found) and not any(mark.genuine(self._sign) for mark in found)

    def _holds(self, head: Mark) -> bool:
        with self._cells.named(head.cell).read() as connection:
            return chain.holds(connection, head, self._sign)

    def _kept_days(self) -> float:
        with self._cells.estate.read() as connection:
            said = Resources(connection).load(words.SETTINGS.key)
        # A database can be made to say less than the estate takes.
        return max(1.0, days(str(said.properties["keep"]) if said else USUAL))

    def _regions(self) -> tuple[str, ...]:
        return (ESTATE, *sorted(self._cells.regions))

    def _keepers(self, cell: str) -> tuple[str, ...]:
        return (ESTATE,) if cell != ESTATE else tuple(self._cells.regions)

    def _read(self) -> Ledger | None:
        found = self._file.read()
        if isinstance(found, Ledger):
            return found
        self._tell(found)
        return None

    def _ever_begun(self) -> bool:
        """Then there was a ledger."""
        return any(self._kept(region, BEGUN, region) for region in self._regions())

    def _begin(
        self,
        ledger: Ledger,
        databases: Mapping[str, Database],
        now: float,
        taken_over: bool = False,
    ) -> None:
        """Enter cells into the ledger, and then their marks into databases; a kill in between is
        made good by the next start. `taken_over` are logs of a version that had no ledger."""
        new = {}
        for region in databases.keys() - ledger.cells.keys():
            head = self._end(region, databases[region], now)
            if head.seq and not (taken_over and self._plainly_whole(head)):
                self._tell(Fault(region, head.seq, words.STRANGE))
                continue
            new[region] = Entry(replace(head, kind=BEGUN).signed(self._sign), head)
        if new or taken_over:
            ledger = ledger.altered(new)
            self._file.write(ledger)
        loose = [r for r in databases if r in ledger.cells and not ledger.cells[r].settled]
        for region in loose:
            self._settle(ledger, region, databases[region])
        if loose:
            settled = {region: replace(ledger.cells[region], settled=True) for region in loose}
            self._file.write(ledger.altered(settled))

    def _plainly_whole(self, head: Mark) -> bool:
        """By what the versions before knew of it."""
        begun, region = replace(head, kind=BEGUN).signed(self._sign), head.cell
        found = [self._kept(keeper, HEAD, region) for keeper in self._keepers(region)]
        anchors = [each for each in found if each is not None]
        with self._cells.named(region).read() as connection:
            return not chain.verify(connection, region, anchors, self._sign, begun).faults

    def _settle(self, ledger: Ledger, region: str, database: Database) -> None:
        entry = ledger.cells[region]
        with database.write() as connection:
            marks.keep(connection, entry.begun)
            if region != ESTATE and ESTATE in ledger.cells:
                marks.keep(connection, ledger.cells[ESTATE].head)
        if region != ESTATE:
            with self._cells.estate.write() as connection:
                marks.keep(connection, entry.head)

    def _anew(self, region: str, old: Mapping[str, Entry], now: float) -> Entry:
        begun = old[region].begun if region in old else self._kept(region, BEGUN, region)
        head = self._end(region, self._cells.named(region), now)
        if begun is None or not begun.genuine(self._sign) or begun.seq > head.seq:
            begun = Mark(BEGUN, region, 0, "", now).signed(self._sign)
        return Entry(begun, head)

    def _end(self, region: str, database: Database, now: float) -> Mark:
        """The newest event's, or that from which the first will follow."""
        with database.read() as connection:
            found = chain.head(connection, region, now, self._sign)
        return found or Mark(HEAD, region, 0, "", now).signed(self._sign)

    def _noted(self, now: float) -> list[Mark]:
        """The heads of those cells whose logs go on from what was known of them."""
        ledger = self._read()
        if ledger is None:
            return []
        found = [self._following(region, ledger, now) for region in self._regions()]
        heads = [head for head in found if head is not None]
        moved = {
            head.cell: replace(ledger.cells[head.cell], head=head)
            for head in heads
            if head.seq != ledger.cells[head.cell].head.seq
        }
        if moved:
            self._file.write(ledger.altered(moved))
        return heads

    def _following(self, region: str, ledger: Ledger, now: float) -> Mark | None:
        entry = ledger.cells.get(region)
        if entry is None:
            self._tell(Fault(region, 0, words.STRANGE))
            return None
        try:
            with self._cells.named(region).read() as connection:
                head = chain.head(connection, region, now, self._sign)
                holds = chain.holds(connection, entry.head, self._sign)
        except Unavailable as error:
            _log.warning("no head of the activity log", cell=region, why=str(error))
            return None
        if not holds:
            self._tell(Fault(region, entry.head.seq, f"it does not have what `{NAME}` knows of"))
            return None
        return entry.head if head is None or head.seq == entry.head.seq else head

    def _keep(self, keeper: str, head: Mark) -> None:
        try:
            old = self._kept(keeper, HEAD, head.cell)
            if old is not None and (old.seq, old.hash) == (head.seq, head.hash):
                return
            if old is None:
                self._tell(words.gone(head, keeper))
                return
            with self._cells.named(head.cell).read() as connection:
                holds = chain.holds(connection, old, self._sign)
            if not holds:
                what = f"it does not have what {words.word(keeper)} knows of"
                self._tell(Fault(head.cell, old.seq, what))
                return
            with self._cells.named(keeper).write() as connection:
                marks.keep(connection, head)
        except Unavailable as error:
            _log.warning("a head of the activity log was not kept", at=keeper, why=str(error))

    def _verified(
        self, region: str, ledger: Ledger | Fault, outside: list[Mark], other_secret: bool
    ) -> Verdict:
        try:
            return self._verdict(region, ledger, outside, other_secret)
        except Altered as error:
            return Verdict(region, 0, 0, 0, "", (Fault(region, 0, str(error)),))

    def _verdict(
        self, region: str, ledger: Ledger | Fault, outside: list[Mark], other_secret: bool
    ) -> Verdict:
        entry = _entries(ledger).get(region)
        kept = {keeper: self._seen(keeper, HEAD, region) for keeper in self._keepers(region)}
        anchors = [*kept.values(), entry.head if entry else None]
        anchors += [one for one in outside if one.cell == region]
        own = self._seen(region, BEGUN, region)
        with self._cells.named(region).read() as connection:
            faults = [Fault(region, 0, odd) for odd in shape.oddities(connection)]
            if shape.unreadable(connection):
                return Verdict(region, 0, 0, 0, "", tuple(faults))
            begun = entry.begun if entry else own
            here = [each for each in anchors if each is not None]
            found = chain.verify(connection, region, here, self._sign, begun)
        if other_secret:
            return replace(found, faults=(*faults, Fault(region, 0, words.OTHER_SECRET)))
        if isinstance(ledger, Fault):
            faults += [ledger] if region == ESTATE else []
        elif entry is None:
            faults += [Fault(region, 0, words.STRANGE)] if own or found.count else []
        elif entry.settled:
            faults += [
                words.gone(entry.head, keeper) for keeper, head in kept.items() if head is None
            ]
            faults += [] if own == entry.begun else [Fault(region, 0, words.BEGUN_GONE)]
        return replace(found, faults=(*faults, *found.faults))

    def _forget(self, region: str, entry: Entry, before: float, now: float) -> int:
        with self._cells.named(region).turn() as connection:
            found = chain.forget(connection, region, before, now, self._sign, entry.begun)
            if isinstance(found, int) and found:
                floor = marks.kept(connection, FLOOR, region)
                record(connection, words.dropped(now, found, floor.seq if floor else 0, before))
        if isinstance(found, int):
            return found
        self._tell(found)
        return 0

    def _seen(self, keeper: str, kind: str, cell: str) -> Mark | None:
        """The same; what cannot be looked at is not there."""
        try:
            return self._kept(keeper, kind, cell)
        except Altered:
            return None

    def _kept(self, keeper: str, kind: str, cell: str) -> Mark | None:
        with self._cells.named(keeper).read() as connection:
            return marks.kept(connection, kind, cell)

    def _tell(self, fault: Fault) -> None:
        """Once: it stays as it is."""
        if (fault.cell, fault.what) not in self._told:
            self._told.add((fault.cell, fault.what))
            _log.error(
                "the activity log was tampered with",
                cell=words.word(fault.cell),
                seq=fault.seq,
                what=fault.what,
            )


def _entries(ledger: Ledger | Fault) -> Mapping[str, Entry]:
    """By cell; none of a ledger that is gone, or not the estate's own."""
    return ledger.cells if isinstance(ledger, Ledger) else {}
