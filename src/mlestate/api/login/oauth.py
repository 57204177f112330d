"""Answers and refusals in the shape of OAuth 2.0, with the numbers that Entra gives them."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from ...core.errors import PlatformError
from .. import errors
from ..http import answer

Handler = Callable[[Request], Awaitable[Response]]
NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}


class _Refusal(NamedTuple):
    error: str
    number: int
    status: int = 400


_REFUSALS = {
    "invalid_request": _Refusal("invalid_request", 900144),
    "unknown_tenant": _Refusal("invalid_request", 90002),
    "unsupported_grant_type": _Refusal("unsupported_grant_type", 70003),
    "unsupported_response_type": _Refusal("unsupported_response_type", 700054),
    "invalid_scope": _Refusal("invalid_scope", 70011),
    "invalid_resource": _Refusal("invalid_resource", 500011),
    "invalid_client": _Refusal("invalid_client", 7000215, 401),
    "invalid_grant": _Refusal("invalid_grant", 70000),
    "authorization_pending": _Refusal("authorization_pending", 70016),
    "slow_down": _Refusal("slow_down", 70016),
    "login_required": _Refusal("login_required", 50058),
    "expired_token": _Refusal("expired_token", 70020),
    "authorization_declined": _Refusal("authorization_declined", 70018),
    # Not 429: clients would wait in silence instead of saying what is wrong.
    "too_many_failures": _Refusal("invalid_grant", 50053),
}


def refuse(error: PlatformError) -> Response:
    refusal = refusal_of(error)
    headers = dict(NO_STORE)
    if refusal.status == 401:
        headers["www-authenticate"] = 'Basic realm="mlestate"'
    return answer(document(error), refusal.status, headers)


def document(error: PlatformError) -> dict[str, Any]:
    refusal, trace = refusal_of(error), str(uuid.uuid4())
    return {
        "error": refusal.error,
        "error_description": f"AADSTS{refusal.number}: {error}",
        "error_codes": [refusal.number],
        "timestamp": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ}",
        "trace_id": trace,
        "correlation_id": trace,
    }


def refusal_of(error: PlatformError) -> _Refusal:
    known = _REFUSALS.get(error.code)
    return known or _Refusal("temporarily_unavailable", 90033, errors.status(error))
