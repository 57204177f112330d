"""Whether the server lives and is ready, and its figures for Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from .http import Authenticate, Handler, answer, bearer, handled, in_thread

METRICS = "mlestate.Estate/metrics/read"


class Address(NamedTuple):
    """`action` is needed at the scope `/`; none: anonymous."""

    path: str
    action: str = ""
    answers: str = "text/plain"


ADDRESSES = (
    Address("/healthz"),
    Address("/readyz", answers="application/json"),
    Address("/metrics", METRICS),
)


def routes(ready: Callable[[], dict[str, str]], authenticate: Authenticate) -> list[Route]:
    """`ready` says what is not ready yet, and why; nothing when all is."""
    answers = (_healthz, _readyz(ready), _metrics(authenticate))
    return [
        Route(address.path, handled(answer), methods=["GET"])
        for address, answer in zip(ADDRESSES, answers, strict=True)
    ]


async def _healthz(request: Request) -> Response:
    return PlainTextResponse("ok\n")


def _readyz(ready: Callable[[], dict[str, str]]) -> Handler:
    async def handle(request: Request) -> Response:
        missing = await in_thread(ready)
        return answer({"ready": not missing, "missing": missing}, 503 if missing else 200)

    return handle


def _metrics(authenticate: Authenticate) -> Handler:
    async def handle(request: Request) -> Response:
        caller = await in_thread(authenticate, bearer(request))
        caller.need(METRICS, "/")
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return handle
