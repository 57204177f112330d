"""Events are found: by time, by person, by resource; the newest first, page after page."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    false,
    func,
    not_,
    or_,
    select,
    true,
)

from ...core.activity import DENIED, FAILED, STARTED, SUCCEEDED, Event, place
from ..database import builtins_alone
from ..resources import array, under
from .tables import activity

# Of so few events in a scope all are looked at; of more, those of its group, or of all, by time.
_FEW = 1000
_MOST_SCOPES = 50
_FIELDS = Event.__struct_fields__
_WITHIN = and_(activity.c.resource >= bindparam("low"), activity.c.resource < bindparam("high"))
# Made once: to put a statement together takes longer than to run it.
_INSIDE = select(activity.c.seq).where(or_(activity.c.resource == bindparam("scope"), _WITHIN))
_PROBE = select(func.count()).select_from(_INSIDE.limit(bindparam("most")).subquery())
# What no index of its own serves, so that the one by time is taken, in its order.
_resource = activity.c.resource.concat("")


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """What is None or empty is not asked for. `scopes` are keys: what is in any of them. `provider`
    is a namespace in lower case; `status` may be `Denied` or `Started`, too; one of `callers` did
    it, who are names or object ids. What is in a scope that is `taken` is left out, and what is
    about one that is `hidden`. `after` is the last event of the page before: its time, its cell
    and its number."""

    since: float | None = None
    until: float | None = None
    scopes: Sequence[str] | None = None
    correlation: str = ""
    callers: Sequence[str] = ()
    status: str = ""
    provider: str = ""
    taken: Sequence[str] = ()
    hidden: Sequence[str] = ()
    limit: int = 200
    after: tuple[float, str, int] | None = None


class Found(msgspec.Struct, frozen=True):
    """An event where it stands: in the cell of a region, at a place of its chain."""

    cell: str
    seq: int
    hash: str
    event: Event

    @property
    def order(self) -> tuple[float, str, int]:
        """The newest is first."""
        return (-self.event.at, self.cell, -self.seq)


def find(connection: Connection, cell: str, sought: Sought) -> list[Found]:
    """A page of one cell."""
    with builtins_alone(connection):
        return _find(connection, cell, sought)


def _find(connection: Connection, cell: str, sought: Sought) -> list[Found]:
    wanted = and_(true(), *_conditions(sought, cell))
    ways = _ways(connection, sought.scopes)
    if len(ways) > 1:
        # Of many places that are looked through, most of what is found is not shown.
        wanted, ways = true(), [_among(connection, wanted, ways, sought.limit)]
    rows = (
        row
        for way in ways
        for row in connection.execute(
            _newest(select(activity).where(wanted, way)).limit(sought.limit)
        )
    )
    return [Found(cell, row.seq, row.hash, event_of(row)) for row in rows]


def events(connection: Connection, resource: str = "", limit: int = 1000) -> list[Event]:
    """The newest first; of one resource, by its id in lower case, or of all."""
    found = select(activity).order_by(activity.c.seq.desc()).limit(limit)
    if resource:
        found = found.where(activity.c.resource == resource)
    return [event_of(row) for row in connection.execute(found)]


def event_of(row: Any) -> Event:
    return Event(**{name: getattr(row, name) for name in _FIELDS})


def _among(
    connection: Connection,
    wanted: ColumnElement[bool],
    ways: Sequence[ColumnElement[bool]],
    limit: int,
) -> ColumnElement[bool]:
    """The newest of what is found in any of the ways; scopes may lie in one another."""
    keys = select(activity.c.at, activity.c.seq)
    pages = [connection.execute(_newest(keys.where(wanted, way)).limit(limit)) for way in ways]
    newest = heapq.merge(*(((-at, -seq) for at, seq in page) for page in pages))
    once = dict.fromkeys(-seq for _, seq in newest)
    return activity.c.seq.in_(list(islice(once, limit)))


def _newest(found: Select[Any]) -> Select[Any]:
    return found.order_by(activity.c.at.desc(), activity.c.seq.desc())


def _conditions(sought: Sought, cell: str) -> Iterator[ColumnElement[bool]]:
    c = activity.c
    if sought.since is not None:
        yield c.at >= sought.since
    if sought.until is not None:
        yield c.at <= sought.until
    if sought.correlation:
        yield c.correlation == sought.correlation
    if sought.callers:
        yield _by_any(sought.callers)
    if sought.status:
        yield _ended(sought.status)
    if sought.provider:
        yield func.lower(c.action).startswith(f"{sought.provider}/", autoescape=True)
    for scope in sought.taken:
        yield not_(under(_resource, scope))
    if sought.hidden:
        yield _resource.not_in(list(sought.hidden))
    if sought.after is not None:
        yield _behind(cell, *sought.after)


def _behind(cell: str, at: float, last: str, seq: int) -> ColumnElement[bool]:
    c = activity.c
    if cell == last:
        beside: ColumnElement[bool] = c.seq < seq
    else:
        beside = true() if cell > last else false()
    return and_(c.at <= at, or_(c.at < at, beside))


def _ways(connection: Connection, scopes: Sequence[str] | None) -> list[ColumnElement[bool]]:
    """What to look through, each with an index of its own: in the end all of the scopes."""
    if scopes is None or "" in scopes:
        return [true()]
    if len(scopes) > _MOST_SCOPES:
        return [_in_any(connection, scopes)]
    return [_way(connection, scope) for scope in scopes]


def _way(connection: Connection, scope: str) -> ColumnElement[bool]:
    ends = {"scope": scope, "low": f"{scope}/", "high": f"{scope}0"}
    if connection.execute(_PROBE, {**ends, "most": _FEW + 1}).scalar_one() <= _FEW:
        return activity.c.seq.in_(_INSIDE.params(ends))
    inside = or_(_resource == scope, and_(_resource >= ends["low"], _resource < ends["high"]))
    # A scope in a group has all that is below it in that group.
    narrow = "/resourcegroups/" in scope and place(scope) == place(f"{scope}/x")
    return and_(activity.c.place == place(scope), inside) if narrow else inside


def _in_any(connection: Connection, scopes: Sequence[str]) -> ColumnElement[bool]:
    each = array(connection, scopes)
    scope = each.c.value
    below = func.substr(_resource, 1, func.length(scope) + 1) == scope.concat("/")
    return select(1).select_from(each).where(or_(_resource == scope, below)).exists()


def _ended(status: str) -> ColumnElement[bool]:
    c = activity.c
    if status == DENIED:
        # Such quotes stand in no text that is inside of it.
        return and_(c.status == FAILED, c.about.contains('"code":403', autoescape=True))
    if status == STARTED:
        return c.about.contains('"said":{', autoescape=True)
    return func.coalesce(c.status, SUCCEEDED) == status


def _by_any(callers: Sequence[str]) -> ColumnElement[bool]:
    """A name may be somebody's no more: then what was told of it is all there is. No name looks
    like an object id."""
    ids = {each.lower() for each in callers if _is_id(each)}
    names = {spelled for each in callers for spelled in (each, each.lower()) if not _is_id(each)}
    c = activity.c
    ways = [
        column.in_(sorted(said)) for column, said in ((c.principal, ids), (c.name, names)) if said
    ]
    return or_(*ways)


def _is_id(caller: str) -> bool:
    return len(caller) == 36 and caller.count("-") == 4
