"""What the JSON addresses share: reading a request, answering, and refusing."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import anyio
import msgspec
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ..core.access import Caller
from ..core.errors import Invalid, PlatformError, TooLarge, Unauthenticated
from ..core.nesting import may_be_deep, too_deep
from ..core.resource import View
from . import errors
from .trail import trail_of

LARGEST_BODY = 8 << 20
# Proxies have buffers of some kilobytes for all headers of an answer.
_LONGEST_WARNING = 1000
Authenticate = Callable[[str], Caller]
Handler = Callable[[Request], Awaitable[Response]]
Refusal = Callable[[PlatformError], Response]
# Behind an even number of backslashes it is one; behind an odd number, these six letters.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
# A backslash, or a character of two halves; and what is a half once these are taken out.
_WHOLE = re.compile(rb"\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..")
_HALF = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_log = structlog.get_logger(__name__)

# Store work is synchronous; so many threads do it at once (decision 13).
_STORE_THREADS = anyio.CapacityLimiter(8)


class Handled:
    """An ASGI app of one handler: what it raises becomes an answer, made by `refusal`."""

    def __init__(self, handle: Handler, refusal: Refusal):
        self._handle, self._refusal = handle, refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._handle(Request(scope, receive))
        except PlatformError as error:
            trail_of(scope).note(error)
            response = self._refusal(error)
        except ClientDisconnect:
            return  # before their request was complete: there is nobody to answer
        except Exception:  # noqa: BLE001 - the border: whoever asked gets an answer
            _log.exception("request failed", method=scope["method"], path=scope["path"])
            response = self._refusal(
                PlatformError("the server failed at this request: see its log")
            )
        await response(scope, receive, send)


def handled(handle: Handler, refusal: Refusal | None = None) -> ASGIApp:
    """`refusal` is of a protocol that has its own form for it; ours is Azure Resource Manager's."""
    return Handled(handle, refusal or refuse)


async def in_thread(work: Callable[..., Any], *arguments: Any) -> Any:
    return await anyio.to_thread.run_sync(work, *arguments, limiter=_STORE_THREADS)


def answer(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    encoded = b"" if content is None else msgspec.json.encode(content)
    return Response(encoded, status, headers, media_type="application/json")


def warning(texts: Iterable[str]) -> dict[str, str]:
    """The header of what was done all the same; of plain letters only, since it is a header."""
    quoted = [re.sub(r'[^ -~]|["\\\\]', "?", text[:_LONGEST_WARNING]) for text in texts]
    return {"warning": ", ".join(f'299 mlestate "{text}"' for text in quoted)} if quoted else {}


def refuse(error: PlatformError) -> Response:
    status = errors.status(error)
    headers = {"x-ms-error-code": error.code}
    if status == 401:
        headers["www-authenticate"] = 'Bearer error="invalid_token"'
    return answer(errors.body(error), status, headers)


async def read_json(request: Request) -> Any:
    """The body, or an empty object where none was sent. Raises Invalid, TooLarge."""
    raw = await read_body(request)
    hold_no_nul(raw)
    try:
        found = msgspec.json.decode(raw) if raw.strip() else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        why = why_not_json(raw, error)
        raise Invalid(f"the body is not JSON: {why}", code="InvalidRequestContent") from None
    if may_be_deep(raw) and too_deep(found):
        raise Invalid("the body is nested too deeply", code="InvalidRequestContent")
    return found


async def read_body(request: Request) -> bytes:
    """Only once it is known who asks: it is kept in memory. Raises TooLarge."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY:
            raise TooLarge(f"the body is over {LARGEST_BODY >> 20} MiB")
        parts.append(part)
    return b"".join(parts)


def hold_no_nul(body: bytes) -> None:
    """Raises Invalid where JSON has a NUL in a text: PostgreSQL has no such text."""
    if b"\\u0000" in body and _NUL.search(body):
        raise Invalid("a text of the body has a NUL character (`\\u0000`): leave it out")


def why_not_json(body: bytes, error: Exception) -> str:
    """The decoder's own words, where they are right: half a character at the end is no cut."""
    half = _HALF.search(_WHOLE.sub(b"", body))
    return f"`{half[0].decode()}` is half a character" if half else str(error)


def bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("send `Authorization: Bearer <token>`; `mlestate login` gives one")
    return token.strip()


def view(request: Request) -> View:
    """Links in answers follow the request's own scheme and Host."""
    host, trail = request.headers.get("host") or "localhost", trail_of(request.scope)
    return View(f"{request.scope['scheme']}://{host}", trail.tenant, asked=trail.asked)


def query(request: Request) -> dict[str, str]:
    """The query string with its keys in lower case. Raises Invalid where it has a NUL."""
    found = {key.lower(): value for key, value in request.query_params.items()}
    if any("\0" in key or "\0" in value for key, value in found.items()):
        raise Invalid(
            "the query has a NUL character (`%00`): leave it out", code="InvalidParameter"
        )
    return found
