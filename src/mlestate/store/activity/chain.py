"""Whether the log is as it was written: its chain is walked, and held to what others know of it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from ...core.activity import place, seal
from ..database import take_turn
from .reading import event_of
from .tables import activity, marks

HEAD, FLOOR, JOURNAL = "head", "floor", "journal"
_AT_ONCE = 10_000
_MOST_FAULTS = 100
_FORGED = "the head that was kept of it is not the estate's own"
# Whether a signature of some words is the estate's own; and how one is made.
Sign = Callable[[str], str]


class Mark(msgspec.Struct, frozen=True):
    """A point of a cell's chain: the event of that number has that hash. `kind` is HEAD for the
    newest at a time, FLOOR for the last that was dropped."""

    kind: str
    cell: str
    seq: int
    hash: str
    at: float
    signature: str = ""

    @property
    def words(self) -> str:
        return f"{self.kind}|{self.cell}|{self.seq}|{self.hash}|{self.at!r}"

    def signed(self, sign: Sign) -> Mark:
        return msgspec.structs.replace(self, signature=sign(self.words))

    def genuine(self, sign: Sign) -> bool:
        return hmac.compare_digest(self.signature, sign(self.words))


class Fault(msgspec.Struct, frozen=True):
    """Where a chain is not what it was: in which cell, at which number, and how."""

    cell: str
    seq: int
    what: str


class Verdict(msgspec.Struct, frozen=True):
    """`first` and `last` are numbers; both 0 where there are no events."""

    cell: str
    count: int
    first: int
    last: int
    hash: str
    faults: tuple[Fault, ...]


def signer(secret: bytes) -> Sign:
    """By the estate's own secret: who can write to a database alone can forge no mark."""
    return lambda words: hmac.new(secret, f"activity|{words}".encode(), hashlib.sha256).hexdigest()


def verify(connection: Connection, cell: str, anchors: Iterable[Mark], sign: Sign) -> Verdict:
    """Of one cell. `anchors` are heads of it that were kept elsewhere."""
    floor = kept(connection, FLOOR, cell)
    by_number: dict[int, list[Mark]] = {}
    for anchor in anchors:
        by_number.setdefault(anchor.seq, []).append(anchor)
    walk = _Walk(cell, floor, by_number, sign)
    for row in connection.execute(_rows()).yield_per(_AT_ONCE):
        walk.step(row)
    return walk.end()


class _Walk:
    """From the oldest event to the newest."""

    def __init__(self, cell: str, floor: Mark | None, anchors: dict[int, list[Mark]], sign: Sign):
        self.cell, self.floor, self.anchors, self.sign = cell, floor, anchors, sign
        self.before, self.last = (floor.hash, floor.seq) if floor else ("", 0)
        self.count = self.first = 0
        self.faults: list[Fault] = []
        if floor is not None and not floor.genuine(sign):
            self._fault(floor.seq, "the mark of what was dropped before is not the estate's own")

    def step(self, row: Any) -> None:
        event = event_of(row)
        if row.hash != seal(self.before, event):
            self._fault(row.seq, self._broken(row.seq))
        elif row.place is not None and row.place != place(event.resource):
            self._fault(row.seq, "the group that it is found by was changed")
        self._hold(row.seq, row.hash)
        self.before, self.last = row.hash, row.seq
        self.first, self.count = self.first or row.seq, self.count + 1

    def end(self) -> Verdict:
        lowest = self.floor.seq if self.floor else 0
        if self.floor is not None:
            self._hold(lowest, self.floor.hash)
        for seq, anchors in sorted(self.anchors.items()):
            if not all(anchor.genuine(self.sign) for anchor in anchors):
                self._fault(seq, _FORGED)
            elif seq > self.last:
                gone = f"{self.last + 1} to {seq} are" if seq > self.last + 1 else f"{seq} is"
                self._fault(seq, f"the end is cut off: {gone} gone")
        head = self.before if self.count else ""
        found = tuple(self.faults[:_MOST_FAULTS])
        return Verdict(self.cell, self.count, self.first, self.last, head, found)

    def _broken(self, seq: int) -> str:
        if seq > self.last + 2:
            return f"{self.last + 1} to {seq - 1} before it are gone"
        if seq > self.last + 1:
            return f"{self.last + 1} before it is gone"
        return "it was changed or moved, or one before it was taken out"

    def _hold(self, seq: int, hash: str) -> None:
        for anchor in self.anchors.pop(seq, ()):
            if not anchor.genuine(self.sign):
                self._fault(seq, _FORGED)
            elif anchor.hash != hash:
                self._fault(seq, "it is not the one whose hash was kept: the log was written anew")

    def _fault(self, seq: int, what: str) -> None:
        self.faults.append(Fault(self.cell, seq, what))


def head(connection: Connection, cell: str, at: float, sign: Sign) -> Mark | None:
    """The newest event's; None where there is none."""
    newest = select(activity.c.seq, activity.c.hash).order_by(activity.c.seq.desc()).limit(1)
    row = connection.execute(newest).first()
    return Mark(HEAD, cell, row.seq, row.hash, at).signed(sign) if row else None


def holds(connection: Connection, anchor: Mark) -> bool:
    """Whether the chain still has it, or dropped it by its age."""
    same = select(activity.c.hash).where(activity.c.seq == anchor.seq)
    found = connection.execute(same).scalar_one_or_none()
    if found is not None:
        return bool(found == anchor.hash)
    floor = kept(connection, FLOOR, anchor.cell)
    return floor is not None and anchor.seq <= floor.seq


def keep(connection: Connection, mark: Mark) -> None:
    """In the place of an older one of its kind and cell."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    row = {
        "name": f"{mark.kind}:{mark.cell}",
        "seq": mark.seq,
        "hash": mark.hash,
        "at": mark.at,
        "signature": mark.signature,
    }
    insert: Any = dialect.insert(marks).values(row)
    changed = {name: insert.excluded[name] for name in row if name != "name"}
    connection.execute(insert.on_conflict_do_update(index_elements=["name"], set_=changed))


def kept(connection: Connection, kind: str, cell: str) -> Mark | None:
    row = connection.execute(select(marks).where(marks.c.name == f"{kind}:{cell}")).first()
    return Mark(kind, cell, row.seq, row.hash, row.at, row.signature) if row else None


def forget(connection: Connection, cell: str, before: float, now: float, sign: Sign) -> int:
    """Drop what is older than that, and mark where the chain goes on; how many. Some at a time: it
    is to be called until there are none. The newest event stays, whatever its age."""
    take_turn(connection)
    kept_from = connection.execute(
        select(func.min(activity.c.seq)).where(activity.c.at >= before)
    ).scalar()
    ends = connection.execute(select(func.min(activity.c.seq), func.max(activity.c.seq))).one()
    oldest, newest = ends
    if newest is None:
        return 0
    cut = min((kept_from or newest) - 1, newest - 1, oldest + _AT_ONCE - 1)
    if cut < oldest:
        return 0
    last = select(activity.c.seq, activity.c.hash).where(activity.c.seq <= cut)
    row = connection.execute(last.order_by(activity.c.seq.desc()).limit(1)).one()
    keep(connection, Mark(FLOOR, cell, row.seq, row.hash, now).signed(sign))
    return connection.execute(delete(activity).where(activity.c.seq <= cut)).rowcount


def _rows() -> Any:
    return select(activity).order_by(activity.c.seq)
