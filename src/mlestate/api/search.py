"""`/estate/v1/search`: all that the caller may read, filtered, counted and ordered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..control.searching import Answer, Searching
from ..control.views import Views
from ..core.errors import Invalid, MethodNotAllowed
from ..core.finding import ask as asks
from ..core.finding import token
from ..core.finding.ask import Ask
from ..core.finding.fields import near
from ..core.finding.parse import parse
from ..core.finding.tree import both
from ..core.resource import View
from .http import Authenticate, answer, bearer, handled, in_thread, query, view

PATH = "/estate/v1/search"
VIEWS = f"{PATH}/views"
PARAMETERS = (
    *("$filter", "words", "kind", "workspace", "facets", "$orderBy", "$top", "$skipToken"),
    *("$count", "listViewType", "view"),
)
_BARE = {name.lstrip("$").lower(): name for name in PARAMETERS}


def routes(
    searching: Searching, views: Views, authenticate: Authenticate, clock: Callable[[], float]
) -> list[Route]:
    def look(token: str, asked: dict[str, str], seen: View) -> dict[str, Any]:
        caller = authenticate(token)
        said = parameters(asked)
        saved = views.find(caller, said["view"], seen) if said.get("view") else {}
        ask = read(over(saved, said), clock(), str(saved.get("filter") or ""))
        return shown(searching.search(caller, ask), said, seen)

    def saved(token: str, asked: dict[str, str], seen: View) -> dict[str, Any]:
        return {"value": views.all(authenticate(token), seen)}

    def at(path: str, work: Callable[[str, dict[str, str], View], dict[str, Any]]) -> Route:
        async def handle(request: Request) -> Response:
            if request.method not in ("GET", "HEAD"):
                await in_thread(authenticate, bearer(request))
                raise MethodNotAllowed(f"`{request.method}` is not used at {path}")
            return answer(await in_thread(work, bearer(request), query(request), view(request)))

        return Route(path, handled(handle))

    return [at(PATH, look), at(VIEWS, saved)]


def over(saved: Mapping[str, Any], said: Mapping[str, str]) -> dict[str, str]:
    """What a saved view says, its filter aside, with a request's own laid over it."""
    found = {
        "words": saved.get("words") or "",
        "kind": saved.get("kind") or "",
        "workspace": saved.get("workspace") or "",
        "$orderBy": saved.get("orderBy") or "",
        "facets": ",".join(saved.get("facets") or ()),
        "listViewType": saved.get("listViewType") or "",
        "$top": str(saved.get("top") or ""),
    }
    words = " ".join((found["words"], said.get("words", "")))
    return {**found, **{name: text for name, text in said.items() if text}, "words": words}


def shown(found: Answer, said: Mapping[str, str], seen: View) -> dict[str, Any]:
    document: dict[str, Any] = {"value": found.rows}
    if found.total is not None:
        document["count"] = found.total
    if found.facets:
        document["facets"] = found.facets
    if found.missing:
        document["missingRegions"] = found.missing
    if found.next:
        document["nextLink"] = _link(seen, said, found.next)
    return document


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


def read(said: Mapping[str, str], now: float, filter: str = "") -> Ask:
    """`filter` is a saved one, which must hold besides the request's."""
    order = asks.order(said.get("$orderBy", ""))
    return Ask(
        tree=both(
            parse(filter, now),
            asks.narrowed(
                said.get("$filter", ""), now, said.get("kind", ""), said.get("workspace", "")
            ),
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
