"""`/estate/v1/search`: all that the caller may read, filtered, counted and ordered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..control.searching import Searching
from ..core.errors import Invalid, MethodNotAllowed
from ..core.finding import ask as asks
from ..core.finding import token
from ..core.finding.ask import Ask
from ..core.finding.fields import near
from ..core.resource import View
from .http import Authenticate, answer, bearer, handled, in_thread, query, view

PATH = "/estate/v1/search"
PARAMETERS = (
    *("$filter", "words", "kind", "workspace", "facets", "$orderBy", "$top", "$skipToken"),
    *("$count", "listViewType", "view"),
)
_BARE = {name.lstrip("$").lower(): name for name in PARAMETERS}


def route(searching: Searching, authenticate: Authenticate, clock: Callable[[], float]) -> Route:
    def look(token: str, asked: dict[str, str], seen: View) -> dict[str, Any]:
        caller = authenticate(token)
        said = parameters(asked)
        found = searching.search(caller, read(said, clock()))
        document: dict[str, Any] = {"value": found.rows}
        if found.total is not None:
            document["count"] = found.total
        if found.facets:
            document["facets"] = found.facets
        if found.next:
            document["nextLink"] = _link(seen, said, found.next)
        return document

    async def handle(request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            await in_thread(authenticate, bearer(request))
            raise MethodNotAllowed(f"`{request.method}` is not used at {PATH}")
        return answer(await in_thread(look, bearer(request), query(request), view(request)))

    return Route(PATH, handled(handle))


def parameters(asked: Mapping[str, str]) -> dict[str, str]:
    """By their proper names, with or without `$`. What is not known is refused: a filter that is
    not heeded would show too much."""
    found: dict[str, str] = {}
    for name, value in asked.items():
        proper = _BARE.get(name.lstrip("$").lower())
        if proper is not None:
            found[proper] = value
        elif name != "api-version":
            raise Invalid(f"`{name[:80]}` is no parameter{near(name, PARAMETERS)}", target=name)
    return found


def read(said: Mapping[str, str], now: float) -> Ask:
    order = asks.order(said.get("$orderBy", ""))
    return Ask(
        tree=asks.narrowed(
            said.get("$filter", ""), now, said.get("kind", ""), said.get("workspace", "")
        ),
        words=asks.words(said.get("words", "")),
        order=order,
        facets=asks.facets(said.get("facets", "").split(",")),
        shown=asks.shown(said.get("listViewType") or "ActiveOnly"),
        limit=asks.top(said.get("$top") or str(asks.PAGE)),
        after=token.read(said.get("$skipToken", ""), str(order)),
        count=said.get("$count", "").lower() == "true",
    )


def _link(seen: View, said: Mapping[str, str], following: str) -> str:
    # What was counted once need not be counted for each page.
    kept = {k: v for k, v in said.items() if k not in ("facets", "$count", "$skipToken")}
    pairs = "&".join(f"{quote(k)}={quote(v)}" for k, v in {**kept, "$skipToken": following}.items())
    return f"{seen.origin}{PATH}?{pairs}"
