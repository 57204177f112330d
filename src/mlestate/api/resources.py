"""`/estate/v1/resources`: everything of some types that is kept and the caller may read, in pages;
what there is of many ids; and many PUTs in one request (`puts`)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..control.engine import Engine
from ..core import numbers
from ..core.access import Caller
from ..core.errors import Invalid, MethodNotAllowed
from ..core.ids import Address, ResourceId
from ..core.resource import View
from . import principal_documents as documents
from .http import Authenticate, answer, bearer, handled, in_thread, query, read_json, view
from .principal_documents import DIRECTORY, People
from .principals import named
from .puts import MOST, Writer, read
from .trail import trail_of

PATH = "/estate/v1/resources"
QUERY = ("types", "id", "$top", "$skipToken")


def route(engine: Engine, people: People, authenticate: Authenticate) -> Route:
    writer = Writer(engine, people)

    async def handle(request: Request) -> Response:
        caller = await in_thread(authenticate, bearer(request))
        match request.method:
            case "GET":
                if ids := request.query_params.getlist("id"):
                    rows = await in_thread(several, engine, people, caller, ids, view(request))
                    return answer({"value": rows})
                pages = Pages(engine, caller, view(request))
                return answer(await in_thread(pages.page, query(request)))
            case "POST":
                puts = read(await read_json(request))
                trail = trail_of(request.scope)
                return answer(await in_thread(writer.put, caller, puts, view(request), trail))
        raise MethodNotAllowed(f"`{request.method}` is not used at {PATH}")

    return Route(PATH, handled(handle))


def several(
    engine: Engine, people: People, caller: Caller, ids: list[str], seen: View
) -> list[dict[str, Any]]:
    """Of these ids, what is there. Refused as a whole where the caller may not read one of them."""
    if len(ids) > MOST:
        raise Invalid(f"{len(ids)} at once are too many: ask for up to {MOST}", target="id")
    principals = [named(caller, "GET", id) for id in ids if id.startswith(DIRECTORY)]
    others = [id for id in ids if not id.startswith(DIRECTORY)]
    return [*engine.several(caller, others, seen), *documents.several(people, principals)]


class Pages:
    """One type after the other; the token says which type, and where in it."""

    def __init__(self, engine: Engine, caller: Caller, seen: View):
        self._engine, self._caller, self._view = engine, caller, seen

    def page(self, asked: dict[str, str]) -> dict[str, Any]:
        types = [name for name in asked.get("types", "").split(",") if name]
        if not types:
            raise Invalid("say which: `?types=Microsoft.MachineLearningServices/workspaces,…`")
        now, _, place = (asked.get("$skiptoken") or "").partition(":")
        index = _number(now, 0)
        if index >= len(types):
            return {"value": []}
        rows, following = self._rows(types[index], place, asked.get("$top", "1000"))
        if not following and index + 1 >= len(types):
            return {"value": rows}
        token = f"{index}:{following}" if following else f"{index + 1}:"
        return {"value": rows, "nextLink": _link(self._view, asked, token)}

    def _rows(self, kind: str, place: str, top: str) -> tuple[list[dict[str, Any]], str]:
        known = self._engine.plane.catalog.get(kind.lower())
        if known is None:
            raise Invalid(f"`{kind}` is not a known type", code="InvalidResourceType")
        namespace, _, rest = known.name.partition("/")
        address = Address(ResourceId(), rest, namespace)
        asked = {"$top": top, "$skiptoken": place}
        page = self._engine.reading.page(self._caller, address, asked, self._view, kept=True)
        return page.rows, page.next


def _number(text: str, otherwise: int) -> int:
    found = numbers.whole(text, 0, 9999)
    return otherwise if found is None else found


def _link(seen: View, asked: dict[str, str], token: str) -> str:
    kept = {name: asked[name] for name in ("types", "$top") if name in asked}
    pairs = "&".join(f"{quote(k)}={quote(v)}" for k, v in (kept | {"$skipToken": token}).items())
    return f"{seen.origin}{PATH}?{pairs}"
