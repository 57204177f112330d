"""`/estate/v1/operations`: what became of many pieces of slow work, in one question."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..control.engine import Engine
from ..core.access import Caller
from ..core.errors import Invalid, MethodNotAllowed
from .arm import RETRY_AFTER, operation_status
from .http import Authenticate, answer, bearer, handled, in_thread, query

PATH = "/estate/v1/operations"
MOST = 500


def route(engine: Engine, authenticate: Authenticate) -> Route:
    async def handle(request: Request) -> Response:
        caller = await in_thread(authenticate, bearer(request))
        if request.method != "GET":
            raise MethodNotAllowed(f"`{request.method}` is not used at {PATH}")
        content = await in_thread(page, engine, caller, query(request))
        return answer(content, headers={"retry-after": RETRY_AFTER})

    return Route(PATH, handled(handle))


def page(engine: Engine, caller: Caller, asked: dict[str, str]) -> dict[str, Any]:
    """Refused as a whole where one of them is none of the caller's, or is not there."""
    places = [place for place in asked.get("ids", "").split(",") if place]
    if not places or len(places) > MOST:
        raise Invalid(f"say which: `?ids=REGION/ID,…`, the end of their addresses, up to {MOST}")
    by_region: dict[str, list[str]] = {}
    for place in places:
        region, _, id = place.rpartition("/")
        by_region.setdefault(region, []).append(id)
    rows = [
        operation_status(f"{region}/{operation.id}", operation)
        for region, ids in by_region.items()
        for operation in engine.polling.find_all(caller, region, ids)
    ]
    return {"value": rows}
