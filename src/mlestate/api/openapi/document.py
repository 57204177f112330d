"""The whole document, and the address that it is read at."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...catalog import CATALOG
from ...core.errors import MethodNotAllowed
from ..addresses import OPENAPI, table
from ..http import Authenticate, bearer, handled, in_thread
from . import arm, lists, others, said
from .shapes import Shapes

Document = dict[str, Any]


def route(authenticate: Authenticate) -> Route:
    async def handle(request: Request) -> Response:
        await in_thread(authenticate, bearer(request))
        if request.method not in ("GET", "HEAD"):
            raise MethodNotAllowed(f"`{request.method}` is not used at {OPENAPI}")
        return Response(_encoded(), media_type="application/json")

    return Route(OPENAPI, handled(handle))


def document() -> Document:
    rows = table()
    bodies = [row.body for row in rows]
    bodies += [action.body for kind in CATALOG for action in kind.actions]
    bodies += lists.BODIES
    shapes = Shapes(CATALOG, dict.fromkeys(bodies))
    operations = [each for kind in CATALOG for each in arm.paths(kind, shapes)]
    operations += lists.paths(shapes)
    operations += others.paths(rows, shapes)
    paths: dict[str, Document] = {}
    for path, method, operation in operations:
        paths.setdefault(path, {"parameters": said.in_path(path)})[method] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "mlestate", "version": version("mlestate")},
        "security": [{"token": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": shapes.components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


@cache
def _encoded() -> bytes:
    return msgspec.json.encode(document())
