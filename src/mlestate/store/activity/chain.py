"""Whether the log is as it was written: its chain is walked, and held to what others know of it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, select, text
from sqlalchemy.exc import DBAPIError

from ...core.activity import Event, place, plain_hash, seal
from ...core.errors import Invalid
from ..database import builtins_alone, key_of, take_turn
from ..misfit import in_a_line
from .marks import FLOOR, HEAD, Fault, Mark, Sign, keep, kept
from .reading import event_of
from .tables import activity

_log = logging.getLogger(__name__)
_AT_ONCE, _SOME = 10_000, 500
_MOST_FAULTS = 100
# So many events in a row that are told one by one.
_FEW = 3
_CHANGED = "it was changed, moved or forged, or one before it was taken out"
_FORGED = "the head that was kept of it is not the estate's own"
_IN_ORDER = select(activity).order_by(activity.c.seq)
# The table itself is read: an index may lack what somebody wants to hide.
_NAMES = ", ".join(f'"{column.name}"' for column in activity.c)
_UNINDEXED = text(f"SELECT {_NAMES} FROM activity NOT INDEXED ORDER BY seq").columns(*activity.c)


class Verdict(msgspec.Struct, frozen=True):
    """`first` and `last` are numbers; both 0 where there are no events."""

    cell: str
    count: int
    first: int
    last: int
    hash: str
    faults: tuple[Fault, ...]


def verify(
    connection: Connection, cell: str, anchors: Iterable[Mark], sign: Sign, begun: Mark | None
) -> Verdict:
    """Of one cell. `anchors` are heads of it that were kept elsewhere; `begun` is where its events
    began to be sealed, None where all are. A log that cannot be read is a fault, too; only of a
    database that does not answer there is no verdict."""
    try:
        with builtins_alone(connection):
            return _verify(connection, cell, anchors, sign, begun)
    except (DBAPIError, Invalid) as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        _log.warning("the activity log of `%s` cannot be read: %s", cell, in_a_line(error))
        return Verdict(cell, 0, 0, 0, "", (Fault(cell, 0, "the log cannot be read"),))


def _verify(
    connection: Connection, cell: str, anchors: Iterable[Mark], sign: Sign, begun: Mark | None
) -> Verdict:
    by_number: dict[int, list[Mark]] = {}
    for anchor in anchors:
        by_number.setdefault(anchor.seq, []).append(anchor)
    walk = _Walk(connection, cell, sign, begun, by_number)
    if connection.dialect.name == "sqlite":
        rows: Any = _UNINDEXED
    else:
        rows = _IN_ORDER
        for way in ("indexscan", "indexonlyscan", "bitmapscan"):
            connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
    for row in connection.execute(rows, execution_options={"yield_per": _AT_ONCE}):
        walk.step(row)
    return walk.end()


class _Walk:
    """From the oldest event to the newest."""

    def __init__(
        self,
        connection: Connection,
        cell: str,
        sign: Sign,
        begun: Mark | None,
        anchors: dict[int, list[Mark]],
    ):
        self.cell, self.sign, self.anchors = cell, sign, anchors
        self.key, self.floor = key_of(connection), kept(connection, FLOOR, cell)
        self.unsealed = begun.seq if begun else 0
        self.before, self.last = (self.floor.hash, self.floor.seq) if self.floor else ("", 0)
        self.count = self.first = 0
        # By the newest head that is known: a later event with a number up to its own took that
        # of another.
        known = [one for some in anchors.values() for one in some if one.genuine(sign)]
        self.known = max(known, key=lambda one: one.seq, default=None)
        self.again = 0
        self.faults: list[Fault] = []
        if begun is not None:
            anchors.setdefault(begun.seq, []).append(begun)
        if self.floor is not None and not self.floor.genuine(sign):
            self._fault(
                self.floor.seq, "the mark of what was dropped before is not the estate's own"
            )

    def step(self, row: Any) -> None:
        event = event_of(row)
        if row.seq <= self.last or not _is_event(event):
            self._fault(row.seq, "it is no event of the log")
        else:
            self._walk(row, event)

    def _walk(self, row: Any, event: Event) -> None:
        self._notice(row)
        if row.seq > self.unsealed:
            hash = seal(self.key, self.before, row.seq, event)
        else:
            hash = plain_hash(self.before, event)
        if row.hash != hash or row.seq != self.last + 1:
            self._fault(row.seq, self._broken(row.seq))
        elif row.place != place(event.resource):
            self._fault(row.seq, "the group that it is found by was changed")
        self._hold(row.seq, row.hash)
        self.before, self.last = row.hash, row.seq
        self.first, self.count = self.first or row.seq, self.count + 1

    def end(self) -> Verdict:
        self._hold(0, "")
        if self.floor is not None:
            self._hold(self.floor.seq, self.floor.hash)
        end = 0
        for anchor in (each for _, some in sorted(self.anchors.items()) for each in some):
            if anchor.genuine(self.sign):
                end = anchor.seq
            else:
                self._fault(anchor.seq, _FORGED)
        if end > self.last:
            self._fault(end, self._cut_off(self.again or self.last + 1, end))
        head = self.before if self.count else ""
        found = tuple(islice(_in_runs(self.faults), _MOST_FAULTS))
        return Verdict(self.cell, self.count, self.first, self.last, head, found)

    def _cut_off(self, first: int, end: int) -> str:
        gone = f"{first} to {end} are" if end > first else f"{end} is"
        used = ""
        if self.again:
            some = f"{first} to {self.last}" if self.last > first else str(first)
            used = f"; the events {some} that are there came later, with the same numbers"
        return f"the end is cut off: {gone} gone{used}"

    def _broken(self, seq: int) -> str:
        if seq > self.last + 2:
            return f"{self.last + 1} to {seq - 1} before it are gone"
        if seq > self.last + 1:
            return f"{self.last + 1} before it is gone"
        return _CHANGED

    def _notice(self, row: Any) -> None:
        late = self.known is not None and row.seq <= self.known.seq and row.at > self.known.at
        if late and not self.again:
            self.again = row.seq

    def _hold(self, seq: int, hash: str) -> None:
        for anchor in self.anchors.pop(seq, ()):
            if not anchor.genuine(self.sign):
                self._fault(seq, _FORGED)
            elif anchor.hash != hash:
                since = f" from {self.again} on" if self.again else ""
                what = f"it is not the one whose hash was kept: the log was written anew{since}"
                self._fault(seq, what)

    def _fault(self, seq: int, what: str) -> None:
        self.faults.append(Fault(self.cell, seq, what))


def _in_runs(faults: Iterable[Fault]) -> Iterator[Fault]:
    """Many events in a row that were changed are one fault: they have one cause."""
    in_order = enumerate(faults)
    for (what, _), some in groupby(in_order, lambda each: (each[1].what, each[1].seq - each[0])):
        run = [fault for _, fault in some]
        if what != _CHANGED or len(run) <= _FEW:
            yield from run
            continue
        said = (
            f"it and all up to {run[-1].seq} were changed, moved or forged, or sealed with another"
        )
        yield Fault(run[0].cell, run[0].seq, f"{said} secret than `server.secret`")


def _older(at: Any, before: float) -> bool:
    """What has no time is looked at: it is no event."""
    return not isinstance(at, float) or at < before


def _is_event(event: Event) -> bool:
    """SQLite keeps anything in any column."""
    texts = (event.principal, event.name, event.action, event.resource, event.correlation)
    return isinstance(event.at, float) and all(isinstance(each, str) for each in texts)


def head(connection: Connection, cell: str, at: float, sign: Sign) -> Mark | None:
    """The newest event's; None where there is none."""
    newest = select(activity.c.seq, activity.c.hash).order_by(activity.c.seq.desc()).limit(1)
    row = connection.execute(newest).first()
    return Mark(HEAD, cell, row.seq, row.hash, at).signed(sign) if row else None


def holds(connection: Connection, anchor: Mark, sign: Sign) -> bool:
    """Whether it is the estate's own, and the chain still has it, or dropped it by its age."""
    if not anchor.genuine(sign):
        return False
    if anchor.seq == 0:
        return True
    same = select(activity.c.hash).where(activity.c.seq == anchor.seq)
    found = connection.execute(same).scalar_one_or_none()
    if found is not None:
        return bool(found == anchor.hash)
    floor = kept(connection, FLOOR, anchor.cell)
    return floor is not None and anchor.seq <= floor.seq and floor.genuine(sign)


def forget(
    connection: Connection, cell: str, before: float, now: float, sign: Sign, begun: Mark | None
) -> int | Fault:
    """Drop what is older than that, and mark where the chain goes on; how many. Some at a time: it
    is to be called until there are none. The newest event stays, whatever its age. What is not as
    it was written is not dropped, and nothing behind it: who writes to a database could have made
    it old."""
    take_turn(connection)
    newest = connection.execute(select(func.max(activity.c.seq))).scalar()
    walk = _Walk(connection, cell, sign, begun, {})
    oldest = _IN_ORDER.limit(_AT_ONCE)
    with connection.execute(oldest, execution_options={"yield_per": _SOME}) as rows:
        for row in rows:
            if walk.faults or row.seq == newest or not _older(row.at, before):
                break
            walk.step(row)
    if walk.faults:
        return walk.faults[0]
    if not walk.count:
        return 0
    keep(connection, Mark(FLOOR, cell, walk.last, walk.before, now).signed(sign))
    return connection.execute(delete(activity).where(activity.c.seq <= walk.last)).rowcount
