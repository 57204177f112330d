"""Keeps other sites from sending our forms: a cookie they cannot read, said again in a field."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from ...core.errors import Invalid

FIELD = "csrf"
# `__Host-`: browsers take it only over https, from this host itself, and for all its paths.
COOKIE = "__Host-mlestate-login"


def word(request: Request) -> str:
    """The browser's word, or a new one. One word serves several open pages."""
    return request.cookies.get(COOKIE) or secrets.token_urlsafe(24)


def remember(response: Response, spoken: str) -> Response:
    response.set_cookie(
        COOKIE, spoken, max_age=3600, path="/", secure=True, httponly=True, samesite="strict"
    )
    return response


def check(request: Request, form: Mapping[str, str]) -> None:
    kept, said = request.cookies.get(COOKIE, ""), form.get(FIELD, "")
    if not kept or not secrets.compare_digest(kept.encode(), said.encode()):
        raise Invalid(
            "This page is too old, or was opened from elsewhere. Go back, load it again, and allow "
            "cookies for this site.",
            code="invalid_request",
        )
