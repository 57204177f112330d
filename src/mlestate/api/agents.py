"""`/estate/v1/agents/{region}/{claim,renew,report}`: what the agents of a region ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..core.access import Caller
from ..core.errors import Invalid, MethodNotAllowed
from ..core.roles import LEASE
from ..runtime.protocol import Claim, Claimed, Renew, Renewed, Report, Reported, Wire, encode
from .http import Handler, handled, read_body

ACTION = LEASE
# With POST, and `ACTION` at the scope `/`.
VERBS: dict[str, type[Wire]] = {"claim": Claim, "renew": Renew, "report": Report}
PATH = "/estate/v1/agents/{region}"


class Dispatch(Protocol):
    """The server's side of running jobs (`runtime.dispatch`)."""

    def claim(self, region: str, request: Claim) -> Claimed: ...
    def renew(self, region: str, request: Renew) -> Renewed: ...
    def report(self, region: str, report: Report) -> Reported: ...


class Agents:
    """`authenticate` reads the request's headers and raises Unauthenticated."""

    def __init__(self, authenticate: Callable[[Mapping[str, str]], Caller], dispatch: Dispatch):
        self._authenticate = authenticate
        self._verbs: dict[str, Callable[[str, Any], Wire]] = {
            "claim": dispatch.claim,
            "renew": dispatch.renew,
            "report": dispatch.report,
        }

    def routes(self) -> list[Route]:
        return [Route(f"{PATH}/{verb}", handled(self._handler(verb))) for verb in VERBS]

    def _handler(self, verb: str) -> Handler:
        shape, action = VERBS[verb], self._verbs[verb]

        async def handle(request: Request) -> Response:
            # Before anything of the message is read: of a stranger nothing is kept in memory, and
            # they learn nothing from faults in it.
            await run_in_threadpool(self._need_agent, request)
            if request.method != "POST":
                raise MethodNotAllowed(f"`{request.method}` is not used here: agents POST")
            message = _decoded(await read_body(request), shape)
            answer = await run_in_threadpool(action, request.path_params["region"], message)
            return Response(encode(answer), media_type="application/json")

        return handle

    def _need_agent(self, request: Request) -> None:
        self._authenticate(request.headers).need(ACTION, "/")


def _decoded(body: bytes, shape: type[Wire]) -> Wire:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"The message is not understood: {error}") from error
