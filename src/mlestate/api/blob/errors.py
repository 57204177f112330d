"""Refusals as Azure Storage words them."""

from __future__ import annotations

import time
from xml.sax.saxutils import escape

from ...core import errors
from ...core.resource import View
from ...core.times import iso
from .answer import Answer, document, speakable
from .request import Request

_STATUS: tuple[tuple[type[errors.PlatformError], int], ...] = (
    (errors.Unauthenticated, 401),
    (errors.Forbidden, 403),
    (errors.NotFound, 404),
    (errors.MethodNotAllowed, 405),
    (errors.Invalid, 400),
    (errors.Conflict, 409),
    (errors.Stale, 412),
    (errors.NotModified, 304),
    (errors.RangeNotSatisfiable, 416),
    (errors.TooLarge, 413),
    (errors.Unavailable, 503),
)


def status(error: errors.PlatformError) -> int:
    return next((code for kind, code in _STATUS if isinstance(error, kind)), 500)


def answer(error: errors.PlatformError, request: Request | None, tenant: str) -> Answer:
    code = status(error)
    headers = {"x-ms-error-code": error.code}
    if isinstance(error, errors.Unauthenticated) and request is not None:
        seen = View(f"{request.scheme}://{request.host}")
        headers["WWW-Authenticate"] = (
            f"Bearer authorization_uri={seen.login}/{tenant}/oauth2/authorize"
            " resource_id=https://storage.azure.com"
        )
    if isinstance(error, errors.RangeNotSatisfiable):
        headers["Content-Range"] = f"bytes */{error.target}"
    if code == 304 or (request is not None and request.method == "HEAD"):
        return Answer(code, headers)
    now = iso(time.time())
    request_id = request.id if request is not None else ""
    said = escape(speakable(str(error)))
    return document(
        f"<Error><Code>{escape(error.code)}</Code>"
        f"<Message>{said}\nRequestId:{request_id}\nTime:{now}</Message></Error>",
        headers,
        code,
    )
