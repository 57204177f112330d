"""The lease of an apply: taken before the first write, kept alive while it works, given back.

The server's clock says when it ends; ours, only how long ago it was last renewed. One that could
not be renewed in time is lost, whoever has it now, and nothing more is written under it.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ...core.errors import Conflict, NotFound, PlatformError, Stale
from ..desired import Document
from ..planning.record import Record, read
from ..port import Recorder

SECONDS = 15
_LOST = (Stale, Conflict, NotFound)


class Holder(msgspec.Struct, frozen=True):
    """Who applies. `id` is this apply's own; `dead` says of another's whether the process that
    had it is known to have ended, so that its lease need not be waited for."""

    id: str
    name: str
    dead: Callable[[str], bool] = lambda other: False


class Lease:
    """`clock` gives seconds that only go forward."""

    def __init__(self, port: Recorder, address: str, holder: Holder, clock: Callable[[], float]):
        self._port, self._address, self._clock = port, address, clock
        self._id, self._name = holder.id, holder.name
        self._dead = holder.dead
        self._etag, self._renewed, self._why = "", 0.0, ""

    def take(self, old: Record | None, body: Callable[[Document], Document]) -> None:
        """Write the record that begins the work. Raises Conflict where another works, and Stale
        where another has worked since `old` was read."""
        if old is not None and old.under_way and old.lease and self._dead(old.lease.id):
            self._id = old.lease.id  # its process is gone: we go on in its place
        asked = self._clock()
        said: Document = {"id": self._id, "holder": self._name, "seconds": SECONDS}
        try:
            written = self._port.replace(self._address, body(said), old.etag if old else "")
        except Stale:
            written = self._taken_before()
        self._keep(written, asked)

    def _taken_before(self) -> Document:
        """What we wrote, where the answer was lost on its way and the request was sent again."""
        found = self._port.get(self._address)
        lease = read(found).lease if found else None
        if found is None or lease is None or lease.id != self._id:
            raise Stale("somebody else applied this estate in the meantime: run it again")
        return found

    def tick(self) -> float:
        """Renew it when it is time; in how many seconds it will be."""
        wait = self._renewed + SECONDS / 3 - self._clock()
        if wait > 0 or self._why:
            return max(wait, 1.0)
        asked = self._clock()
        body: Document = {"properties": {"lease": {"id": self._id, "seconds": SECONDS}}}
        try:
            self._keep(self._port.amend(self._address, body, self._etag), asked)
        except _LOST as error:
            self._why = f"the lease was lost ({error})"
        except PlatformError:
            return 1.0  # tried again, until it has run out
        return SECONDS / 3

    def stop(self) -> str:
        """Why nothing more may be written; empty while it may."""
        if not self._why and self._clock() >= self._renewed + SECONDS:
            self._why = "the lease ran out before it could be renewed"
        return f"{self._why}: run it again" if self._why else ""

    def end(self, body: Callable[[Document], Document]) -> None:
        """Give it back, with what became of the work. One that is lost is not given back."""
        if self.stop():
            return
        self._port.amend(self._address, body({"id": self._id, "seconds": 0}), self._etag)
        self._why = "the apply has ended"

    def _keep(self, document: Document, asked: float) -> None:
        # From when it was asked for: the server's span began no earlier.
        self._etag, self._renewed = read(document).etag, asked
