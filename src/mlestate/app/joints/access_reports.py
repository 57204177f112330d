"""What was done while a role was held for a time, from the activity logs of all regions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ...catalog.schedule_requests import ACTIVATIONS
from ...control.engine import Engine
from ...control.schedules import moment
from ...core.access import Caller
from ...core.activity import SUCCEEDED
from ...core.errors import Invalid
from ...core.resource import View
from ...core.times import iso
from ...store.activity import Event
from ...store.activity.reading import Sought, find
from ...store.cells import ESTATE

READ = "Microsoft.Insights/eventtypes/values/read"

_MOST = 10_000


class AccessReports:
    """Implements the port of `api.access_report`. `flush` writes what is noted, such as refusals,
    into the log."""

    def __init__(self, engine: Engine, flush: Callable[[], object]):
        self._engine, self._plane, self._flush = engine, engine.plane, flush

    def of(self, caller: Caller, request: str, seen: View) -> dict[str, Any]:
        id = self._engine.known(request)
        if id.type != ACTIVATIONS:
            caller.need(READ, str(id))
            raise Invalid(f"`{id}` is no request for a role", target="request")
        found = self._plane.load(id)
        said = found.properties if found else {}
        if caller.job or str(said.get("principalId", "")).lower() != caller.id.lower():
            caller.need(READ, str(id.parent))
        _, document = self._engine.reading.get(caller, id, seen)
        since = moment(said.get("activeFrom"), math.inf)
        until = moment(said.get("activeUntil"), -math.inf)
        scope = id.parent.key
        sought = Sought(
            since=since,
            until=until,
            scopes=[scope] if scope else None,
            callers=[str(said.get("principalId", ""))],
            limit=_MOST,
        )
        self._flush()
        done: list[dict[str, Any]] = []
        for region in (ESTATE, *self._plane.cells.regions):
            with self._plane.cells.named(region).read() as connection:
                done += [_told(each.event, region) for each in find(connection, region, sought)]
        return {"request": document, "value": sorted(done, key=lambda each: str(each["at"]))}


def _told(event: Event, region: str) -> dict[str, Any]:
    """`code` is HTTP's, and 0 where none was recorded."""
    known = event.known
    told = {
        "at": iso(event.at),
        "action": event.action,
        "resource": event.resource,
        "status": event.status or SUCCEEDED,
        "code": known.code,
        "requests": known.requests,
    }
    return {**told, "region": region} if region else told
