"""What of a collection its caller may read, as the query is told that lists it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from ..catalog.management import ROOT_ID
from ..core.access import Caller, ancestors
from ..core.areas import SUBSCRIPTIONS, outermost, within
from ..core.ids import Address
from ..core.lifecycle import Sought
from ..core.resource_type import ResourceType
from ..store.resources import Condition, Query
from .needing import own_scopes, scopes_from_below


class Reach(msgspec.Struct, frozen=True):
    """The scopes to filter by, None where all of the collection may be read; and what is denied:
    whole branches, and single scopes."""

    scopes: Sequence[str] | None
    taken: Sequence[str] = ()
    hidden: Sequence[str] = ()


def reach_of(caller: Caller, kind: ResourceType, address: Address) -> Reach:
    """Who may read nothing in a group or a resource is refused, whether or not it is there, unless
    what is built in is for everybody; what one may read in a subscription, or in the estate, may
    be nothing."""
    if kind.personal:
        return Reach(own_scopes(caller, kind, address.id))
    action, key = kind.permission("read"), address.id.key
    area, given = caller.rights.area(action), _given(caller, kind)
    above = frozenset(ancestors(key))
    closed = not area.taken.isdisjoint(above)
    taken, hidden = sorted(area.taken), sorted(area.hidden)
    if not closed and not given.isdisjoint(above):
        return Reach(None, taken, hidden)
    below = [] if closed else [scope for scope in given if within(scope, key)]
    somewhere = address.id.group or address.id.top() is not None
    if not below and somewhere and not (kind.parties or kind.public):
        caller.need(action, str(address.id))
    return Reach(outermost(below), taken, hidden)


def inherited(
    query: Query, caller: Caller, kind: ResourceType, address: Address, sought: Sought
) -> Query:
    """The query for a type that is listed with what holds from above: each row by its own right."""
    key, places = address.id.key, [address.id.key] if sought.below else []
    if sought.above:
        collection = f"/providers/{kind.name}".lower()
        places += (scope + collection for scope in _holding_for(key))
    given = _given(caller, kind)
    return msgspec.structs.replace(
        query,
        places=None if sought.below and not key else places,
        scopes=None if "" in given else outermost(given),
        # These are read where they are listed: by who may read all that is listed there.
        also=sought.also if query.scopes is None else (),
        only=sought.only,
        where=(*query.where, *(Condition(path, values) for path, values in sought.where)),
    )


def _holding_for(key: str) -> Iterator[str]:
    """The scope, and those above it, whose assignments hold for it."""
    for scope in ancestors(key):
        yield ROOT_ID.lower() if scope == SUBSCRIPTIONS else scope


def _given(caller: Caller, kind: ResourceType) -> frozenset[str]:
    """The scopes under which it may be read, denials aside."""
    given = caller.rights.area(kind.permission("read")).given
    return given | scopes_from_below(caller, kind) if kind.seen_from_below else given
