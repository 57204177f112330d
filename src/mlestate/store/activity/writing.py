"""Events are recorded: each in the transaction of what it tells, chained by seals."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update

from ...core.activity import FAILED, SUCCEEDED, Event, place, seal
from ..database import key_of, take_turn
from .reading import event_of
from .tables import activity

# Made once: to put a statement together takes longer than to run it.
_LAST = select(activity.c.seq, activity.c.hash).order_by(activity.c.seq.desc()).limit(1)
_RECORD = insert(activity)
_BEGUN = (
    select(activity)
    .where(
        activity.c.correlation == bindparam("correlation"),
        activity.c.operation == bindparam("operation"),
    )
    .order_by(activity.c.seq)
    .limit(1)
)


def record(connection: Connection, *events: Event) -> None:
    """In the order given."""
    if not events:
        return
    take_turn(connection)  # or two would follow the same event, and the chain fork
    last = connection.execute(_LAST).first()
    seq, hash = (last.seq, last.hash) if last else (0, "")
    key, rows = key_of(connection), []
    for event in events:
        seq += 1
        hash = seal(key, hash, seq, event)
        row = msgspec.structs.asdict(event)
        rows.append(row | {"seq": seq, "hash": hash, "place": place(event.resource)})
    connection.execute(_RECORD, rows)


def end(
    connection: Connection, operation: str, correlation: str, at: float, error: str = ""
) -> None:
    """Slow work has ended: told of by an event like the one that it began with."""
    begun = connection.execute(_BEGUN, {"operation": operation, "correlation": correlation}).first()
    if begun is None:
        return  # as old as that, it was dropped
    first = event_of(begun)
    about = msgspec.structs.replace(first.known, code=500 if error else 200, error=error)
    ended = msgspec.structs.replace(
        first,
        at=at,
        status=FAILED if error else SUCCEEDED,
        about=msgspec.json.encode(about).decode(),
    )
    record(connection, ended)


def refile(connection: Connection) -> None:
    """What the first version wrote, found by its place too."""
    bare = select(activity.c.resource).where(activity.c.place.is_(None)).distinct()
    for resource in connection.execute(bare).scalars().all():
        mine = update(activity).where(activity.c.resource == resource)
        connection.execute(mine.values(place=place(resource)))
