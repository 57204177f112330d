"""A cookie by which a browser is known in which somebody has logged in by password: what others at
its address fail at keeps nobody out who comes by it again."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

# As that of `csrf.py`.
COOKIE = "__Host-mlestate-known"
_LASTS = 365 * 86400


def word(request: Request) -> str:
    return request.cookies.get(COOKIE, "")


def remember(response: Response, spoken: str) -> Response:
    """It opens nothing by itself. Of several people at one browser, the last is known."""
    if spoken:
        response.set_cookie(
            COOKIE, spoken, max_age=_LASTS, path="/", secure=True, httponly=True, samesite="strict"
        )
    return response
