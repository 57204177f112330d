"""`/estate/v1/resources`: everything of some types that the caller may read, in pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from ..control.engine import Engine
from ..core.access import Caller
from ..core.errors import Invalid
from ..core.ids import Address, ResourceId
from ..core.resource import View
from .http import Authenticate, answer, bearer, handled, in_thread, query, view

PATH = "/estate/v1/resources"


def app(engine: Engine, authenticate: Authenticate) -> ASGIApp:
    async def handle(request: Request) -> Response:
        caller = await in_thread(authenticate, bearer(request))
        asked = query(request)
        return answer(await in_thread(_page, engine, caller, asked, view(request)))

    return handled(handle)


def _page(engine: Engine, caller: Caller, asked: dict[str, str], seen: View) -> dict[str, Any]:
    """One type after the other; the token says which type, and where in it."""
    types = [name for name in asked.get("types", "").split(",") if name]
    if not types:
        raise Invalid("say which: `?types=Microsoft.MachineLearningServices/workspaces,…`")
    now, _, place = (asked.get("$skiptoken") or "").partition(":")
    index = int(now) if now.isdecimal() else 0
    if index >= len(types):
        return {"value": []}
    kind = engine.plane.catalog.get(types[index].lower())
    if kind is None:
        raise Invalid(f"`{types[index]}` is not a known type", code="InvalidResourceType")
    top = {"$top": asked.get("$top", "1000"), "$skiptoken": place}
    namespace, _, rest = kind.name.partition("/")
    page = engine.reading.page(caller, Address(ResourceId(), rest, namespace), top, seen)
    following = f"{index}:{page.next}" if page.next else f"{index + 1}:"
    last = not page.next and index + 1 >= len(types)
    link = {} if last else _link(seen, asked, following)
    return {"value": page.rows, **link}


def _link(seen: View, asked: dict[str, str], token: str) -> dict[str, str]:
    kept = {name: asked[name] for name in ("types", "$top") if name in asked}
    pairs = "&".join(f"{quote(k)}={quote(v)}" for k, v in {**kept, "$skipToken": token}.items())
    return {"nextLink": f"{seen.origin}{PATH}?{pairs}"}
