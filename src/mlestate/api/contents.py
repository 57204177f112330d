"""`/estate/v1/contents?id=…`: what is in a resource now, so that nobody deletes data unawares."""

from __future__ import annotations

from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..core.access import Caller
from ..core.errors import Invalid, MethodNotAllowed
from .http import Authenticate, answer, bearer, handled, in_thread, query

PATH = "/estate/v1/contents"


class Contents(Protocol):
    def of(self, caller: Caller, id: str) -> dict[str, Any]:
        """`holds`, how many of each sort, and `inside`, the ids of other resources: of what the
        caller may read. That there is `more` is told to who may delete the resource. Authorized as
        a read of it; `NotFound` where it is not there."""


def route(contents: Contents, authenticate: Authenticate) -> Route:
    async def handle(request: Request) -> Response:
        caller = await in_thread(authenticate, bearer(request))
        if request.method not in ("GET", "HEAD"):
            raise MethodNotAllowed(f"`{request.method}` is not used at {PATH}")
        id = query(request).get("id", "")
        if not id:
            raise Invalid("say of which resource: `?id=/subscriptions/…`")
        return answer(await in_thread(contents.of, caller, id))

    return Route(PATH, handled(handle))
