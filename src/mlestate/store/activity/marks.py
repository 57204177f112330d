"""Points of a cell's chain that are known elsewhere too, signed with the estate's secret."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from .tables import marks

BEGUN, HEAD, FLOOR, JOURNAL = "begun", "head", "floor", "journal"
# Makes the signature of some words, which is the estate's own.
Sign = Callable[[str], str]


class Mark(msgspec.Struct, frozen=True):
    """A point of a cell's chain: the event of that number has that hash. `kind` is HEAD for the
    newest at a time, FLOOR for the last that was dropped, BEGUN for the last that is not sealed;
    number 0 is before the first event."""

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
        return hmac.compare_digest(self.signature.encode(), sign(self.words).encode())


class Fault(msgspec.Struct, frozen=True):
    """Where a log is not what it was: in which cell, at which number, and how."""

    cell: str
    seq: int
    what: str


def signer(secret: bytes) -> Sign:
    """By the estate's own secret: who can write to a database alone can forge no mark."""
    return lambda words: hmac.digest(secret, f"activity|{words}".encode(), "sha256").hex()


def sealing_key(secret: bytes, cell: str) -> bytes:
    """A cell's own, so that no event of one cell fits into another's chain."""
    return hmac.digest(secret, f"activity-seal|{cell}".encode(), "sha256")


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
