"""What somebody did in some time, below a scope, from the activity log."""

from __future__ import annotations

from sqlalchemy import Connection, select

from .activity import Event, activity
from .resources import under

MOST = 10_000


def deeds(
    connection: Connection, principal: str, since: float, until: float, scope: str
) -> list[Event]:
    """The oldest first. `scope` is a key; an empty one is everything."""
    found = (
        select(activity)
        .where(
            activity.c.principal == principal,
            activity.c.at >= since,
            activity.c.at <= until,
            under(activity.c.resource, scope),
        )
        .order_by(activity.c.seq)
        .limit(MOST)
    )
    names = Event.__struct_fields__
    return [Event(**{n: getattr(row, n) for n in names}) for row in connection.execute(found)]
