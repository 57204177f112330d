"""Routes, and where all goes that none of them takes whole."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

# Set in the scope where a route has the path, and not the method.
KNOWN_PATH = "mlestate.known_path"


class Routed:
    """`otherwise` authorizes before it says that there is no such address, or no such method."""

    def __init__(self, routes: Sequence[BaseRoute], otherwise: ASGIApp):
        self.routes, self._otherwise = routes, otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        known = False
        for route in self.routes:
            match, found = route.matches(scope)
            if match is Match.FULL:
                scope.update(found)
                return await route.handle(scope, receive, send)
            known = known or match is Match.PARTIAL
        return await self._otherwise({**scope, KNOWN_PATH: known}, receive, send)
