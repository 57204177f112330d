"""Guests whose last day is over leave the directory, with those who were guests through them."""

from __future__ import annotations

from ..core.guests import today
from ..core.principals import Kind, Principal
from ..store import guests, principals
from ..store.activity import Event, record
from ..store.database import Database
from .belongings import Belongings, NoBelongings
from .generation import Clock, Generation

# Who did it, in the activity log.
ITSELF = "mlestate"
_COLLECTIONS: dict[Kind, str] = {
    "User": "users",
    "Group": "groups",
    "ServicePrincipal": "servicePrincipals",
}


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
        return [principal for principal in found if principal is not None]

    def remove(self, principal: Principal) -> None:
        """With their memberships, secrets and sessions, and all else that names them; said in the
        activity log."""
        collection = _COLLECTIONS[principal.kind]
        event = Event(
            at=self._clock(),
            principal=ITSELF,
            name=ITSELF,
            action=f"mlestate.Identity/{collection}/delete",
            resource=f"/estate/v1/{collection}/{principal.name}".lower(),
        )
        with self._generation.changing() as connection:
            gone = self._belongings.remove(connection, principal.id)
            principals.remove(connection, principal.id)
            record(connection, event)
        self._belongings.removed(gone)
