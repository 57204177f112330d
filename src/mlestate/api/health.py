"""Whether the server lives and is ready, and its figures for Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp

from .http import Authenticate, answer, bearer, handled, in_thread

METRICS = "mlestate.Estate/metrics/read"


def healthz() -> ASGIApp:
    async def handle(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    return handled(handle)


def readyz(ready: Callable[[], dict[str, str]]) -> ASGIApp:
    """`ready` says what is not ready yet, and why; nothing when all is."""

    async def handle(request: Request) -> Response:
        missing = await in_thread(ready)
        return answer({"ready": not missing, "missing": missing}, 503 if missing else 200)

    return handled(handle)


def metrics(authenticate: Authenticate) -> ASGIApp:
    async def handle(request: Request) -> Response:
        caller = await in_thread(authenticate, bearer(request))
        caller.need(METRICS, "/")
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return handled(handle)
