"""Azure Resource Manager over HTTP: one catch-all, because a path is a grammar that `ids` reads."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from ..control.engine import Engine, Found
from ..control.writing import Conditions, Outcome
from ..core import ids
from ..core.access import Caller
from ..core.errors import Forbidden, MethodNotAllowed
from ..core.resource import View
from ..core.times import iso
from ..store.operations import Operation
from .http import Authenticate, answer, bearer, handled, in_thread, query, read_json, view, warning

# Clients poll at this pace; `0` would be read as absent, and absent means 30 seconds.
RETRY_AFTER = "0.2"
# Of the first answer clients read a whole number, and poll at once all the same.
FIRST_RETRY_AFTER = "1"


def app(engine: Engine, authenticate: Authenticate) -> ASGIApp:
    async def handle(request: Request) -> Response:
        if request.method in ("GET", "HEAD"):
            found: Response = await in_thread(look, bearer(request), request)
            return found
        caller = await in_thread(authenticate, bearer(request))
        body = await read_json(request)
        response: Response = await in_thread(respond, engine, caller, request, body)
        return response

    def look(token: str, request: Request) -> Response:
        """Nothing is read of the request: both steps go to a thread at once."""
        return respond(engine, authenticate(token), request, {})

    return handled(handle)


def respond(engine: Engine, caller: Caller, request: Request, body: Any) -> Response:
    try:
        return _respond(engine, caller, request, body)
    except Forbidden as error:
        # Where no right was missing, the activity log still tells what was asked of which resource.
        if error.refused is None:
            error.of(engine.refused(caller, request.method, request.scope["path"]))
        raise


def _respond(engine: Engine, caller: Caller, request: Request, body: Any) -> Response:
    path, seen = request.scope["path"], view(request)
    match request.method:
        case "GET" | "HEAD":
            return _found(request, engine.get(caller, path, query(request), seen))
        case "PUT":
            outcome = engine.put(caller, path, body, conditions(request), seen)
            status, headers, document = written(engine, path, outcome, seen)
            return answer(document, status, headers)
        case "PATCH":
            outcome = engine.patch(caller, path, body, conditions(request), seen)
            return answer(outcome.document, 200, _about(outcome, seen))
        case "DELETE":
            return _deleted(engine.delete(caller, path, conditions(request), seen), seen)
        case "POST":
            return _acted(engine.act(caller, path, body, seen), seen)
    raise MethodNotAllowed(f"`{request.method}` is not used here")


def conditions(request: Request) -> Conditions:
    return Conditions(
        unquote(request.headers.get("if-match")),
        unquote(request.headers.get("if-none-match")),
        query(request),
    )


def unquote(etag: str | None) -> str | None:
    return etag.removeprefix("W/").strip('"') if etag else None


def _found(request: Request, found: Found) -> Response:
    if found.operation is not None:
        return answer(operation_status(request.scope["path"], found.operation), 200, _poll_again())
    if found.page is not None:
        return answer({"value": found.page.rows, **_next(request, found.page.next)})
    if request.method == "HEAD":
        return answer(None, 204)
    return answer(found.document, 200, {"etag": f'"{found.etag}"'} if found.etag else {})


def written(
    engine: Engine, path: str, outcome: Outcome, seen: View
) -> tuple[int, dict[str, str], Any]:
    """The answer of a PUT: its status, its headers and its body."""
    kind = engine.plane.catalog.get(ids.read(path).id.type.lower())
    status = 200 if kind is None else kind.created if outcome.created else kind.replaced
    return status, _about(outcome, seen), outcome.document


def _about(outcome: Outcome, seen: View) -> dict[str, str]:
    headers = {"etag": f'"{outcome.etag}"'} if outcome.etag else {}
    headers |= _poll_at(outcome.operation, seen)
    headers |= warning(outcome.warnings)
    headers.pop("location", None)  # the client of a PUT then reads the resource itself
    return headers


def _deleted(outcome: Outcome, seen: View) -> Response:
    if outcome.operation:
        return answer(None, 202, _poll_at(outcome.operation, seen))
    return answer(outcome.document, 200 if outcome.existed else 204)


def _acted(outcome: Outcome, seen: View) -> Response:
    if outcome.operation:
        return answer(None, 202, _poll_at(outcome.operation, seen))
    return answer(outcome.document or {}, 200)


def _poll_at(operation: str, seen: View) -> dict[str, str]:
    if not operation:
        return {}
    link = f"{seen.origin}{operation}?api-version=2025-12-01"
    return {"azure-asyncoperation": link, "location": link, "retry-after": FIRST_RETRY_AFTER}


def _poll_again() -> dict[str, str]:
    return {"retry-after": RETRY_AFTER}


def operation_status(path: str, operation: Operation) -> dict[str, Any]:
    status: dict[str, Any] = {
        "id": path,
        "name": operation.id,
        "status": operation.status,
        "startTime": iso(operation.asked_at),
    }
    if operation.ended_at is not None:
        status["endTime"] = iso(operation.ended_at)
    if operation.error is not None:
        status["error"] = operation.error
    return status


def _next(request: Request, token: str) -> dict[str, str]:
    if not token:
        return {}
    kept = [(k, v) for k, v in request.query_params.multi_items() if k.lower() not in _PLACES]
    pairs = "&".join(f"{quote(k)}={quote(v)}" for k, v in [*kept, ("$skipToken", token)])
    return {"nextLink": f"{view(request).origin}{quote(request.scope['path'])}?{pairs}"}


_PLACES = {"$skiptoken", "$skip"}
