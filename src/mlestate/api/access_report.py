"""`/estate/v1/access/report?request=…`: what was done while a role was held for a time."""

from __future__ import annotations

from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..core.access import Caller
from ..core.errors import Invalid, MethodNotAllowed
from ..core.resource import View
from .http import Authenticate, answer, bearer, handled, in_thread, query, view

PATH = "/estate/v1/access/report"
QUERY = ("request",)


class Reports(Protocol):
    def of(self, caller: Caller, request: str, seen: View) -> dict[str, Any]:
        """The request, and what who held the role did meanwhile. For themselves, and for who may
        read the activity log there; to others the same whether or not there is such a request."""


def route(reports: Reports, authenticate: Authenticate) -> Route:
    async def handle(request: Request) -> Response:
        caller = await in_thread(authenticate, bearer(request))
        if request.method not in ("GET", "HEAD"):
            raise MethodNotAllowed(f"`{request.method}` is not used at {PATH}")
        id = query(request).get("request", "")
        if not id:
            raise Invalid("say of which request: `?request=/subscriptions/…`")
        return answer(await in_thread(reports.of, caller, id, view(request)))

    return Route(PATH, handled(handle))
