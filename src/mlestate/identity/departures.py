"""Who leaves the directory by time alone: guests whose last day is over, with those who were guests
through them; and whom a directory elsewhere took away some weeks ago."""

from __future__ import annotations

from ..core.activity import By
from ..core.guests import today
from ..core.principals import Principal
from ..store import guests, principals, provisioned
from ..store.activity import record
from ..store.database import Database
from . import events
from .belongings import Belongings, NoBelongings
from .generation import Clock, Generation

# So long what somebody was given waits for them, as in the bin of Entra.
KEPT = 30 * 86400.0


class Departures:
    def __init__(
        self,
        database: Database,
        generation: Generation,
        clock: Clock,
        belongings: Belongings | None = None,
    ):
        self._database, self._generation, self._clock = database, generation, clock
        self._belongings = belongings or NoBelongings()

    def due(self) -> list[Principal]:
        """Who is to go. A group's members go with it: they were guests through it."""
        with self._database.read() as connection:
            over = [known.id for known in guests.over(connection, today(self._clock()))]
            ids = dict.fromkeys(over)
            for one in over:
                ids |= dict.fromkeys(sorted(principals.below(connection, one)))
            found = [principals.by_id(connection, id) for id in ids]
            found += provisioned.deleted(connection, self._clock() - KEPT)
        return [principal for principal in found if principal is not None]

    def remove(self, principal: Principal) -> None:
        """With their memberships, secrets and sessions, and all else that names them; said in the
        activity log."""
        event = events.of_principal(By(), self._clock(), "delete", principal)
        with self._generation.changing() as connection:
            gone = self._belongings.remove(connection, principal.id)
            principals.remove(connection, principal.id)
            record(connection, event)
        self._belongings.removed(gone)
