"""Answers of a server that are refusals, as the errors they were raised as over there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2
import msgspec

from ..core import errors

CLASSES: dict[int, type[errors.PlatformError]] = {
    304: errors.NotModified,
    400: errors.Invalid,
    401: errors.Unauthenticated,
    403: errors.Forbidden,
    404: errors.NotFound,
    405: errors.MethodNotAllowed,
    409: errors.Conflict,
    412: errors.Stale,
    413: errors.TooLarge,
    416: errors.RangeNotSatisfiable,
    429: errors.Unavailable,
    502: errors.Unavailable,
    503: errors.Unavailable,
    504: errors.Unavailable,
}


def refusal(response: httpx2.Response) -> errors.PlatformError:
    return refused(response.status_code, _content(response), _fallback(response))


def refused(
    status: int, content: Any, fallback: str = "refused without a reason"
) -> errors.PlatformError:
    kind = CLASSES.get(status)
    if kind is None:
        kind = errors.Invalid if status < 500 else errors.PlatformError
    return read(kind, content, fallback)


def read(
    kind: type[errors.PlatformError], content: Any, fallback: str = "refused without a reason"
) -> errors.PlatformError:
    """From ARM's `{"error": {...}}`, or from OAuth's flat form of the token address."""
    content = content if isinstance(content, Mapping) else {}
    inner = content.get("error")
    if isinstance(inner, Mapping):
        return _nested(kind, inner, fallback)
    message = content.get("error_description") or content.get("message") or fallback
    code = inner or content.get("error_code") or ""
    return kind(str(message), code=str(code))


def _nested(
    kind: type[errors.PlatformError], inner: Mapping[str, Any], fallback: str
) -> errors.PlatformError:
    details = [each for each in inner.get("details") or () if isinstance(each, Mapping)]
    return kind(
        str(inner.get("message") or fallback),
        code=str(inner.get("code") or ""),
        target=str(inner.get("target") or ""),
        details=tuple(_nested(kind, each, fallback) for each in details),
    )


def _content(response: httpx2.Response) -> Any:
    try:
        return msgspec.json.decode(response.content)
    except msgspec.DecodeError:
        return None  # a proxy's page, say: the status has to do


def _fallback(response: httpx2.Response) -> str:
    request = response.request
    return f"{request.method} {request.url.path} was answered with {response.status_code}"
