"""`/estate/v1/…`: what Azure has no API for, as one router over its parts."""

from __future__ import annotations

from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp


def routed(routes: list[BaseRoute], otherwise: ASGIApp) -> ASGIApp:
    """Addresses that no route has go to `otherwise`, which authorizes before it says so."""
    return Router(routes=routes, default=otherwise, redirect_slashes=False)
