"""Azure Resource Graph: `POST /providers/Microsoft.ResourceGraph/resources`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

import anyio
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ..catalog.management import ROOT
from ..catalog.names import GUID_PATTERN
from ..control.graph import LARGEST_PAGE, Answer, Ask, Facet, FacetAsked, Graph
from ..core import validate
from ..core.errors import Invalid, MethodNotAllowed
from ..core.kql.fault import BadQuery, TooMuch
from ..core.words import Word
from .http import Authenticate, answer, bearer, handled, in_thread, read_json, view

PATH = "/providers/Microsoft.ResourceGraph/resources"
_MOST_FACETS = 20
_SUBSCRIPTION = re.compile(GUID_PATTERN, re.I)
# So many go on at once; the others wait, and requests of other kinds do not wait for them.
_AT_ONCE = 3


class ResultFormat(Word):
    TABLE = "table"
    OBJECTS = "objectArray"


class SortOrder(Word):
    ASCENDING = "asc"
    DESCENDING = "desc"


class Options(msgspec.Struct, frozen=True, rename="camel"):
    top: int | None = msgspec.field(default=None, name="$top")
    skip: int | None = msgspec.field(default=None, name="$skip")
    skip_token: str | None = msgspec.field(default=None, name="$skipToken")
    result_format: ResultFormat | None = None
    allow_partial_scopes: bool | None = None
    authorization_scope_filter: str | None = None


class FacetOptions(msgspec.Struct, frozen=True, rename="camel"):
    sort_by: str | None = None
    sort_order: SortOrder | None = None
    filter: str | None = None
    top: int | None = msgspec.field(default=None, name="$top")


class FacetRequest(msgspec.Struct, frozen=True):
    expression: str
    options: FacetOptions | None = None


class QueryRequest(msgspec.Struct, frozen=True, rename="camel"):
    query: str
    subscriptions: list[str] | None = None
    management_groups: list[str] | None = None
    options: Options | None = None
    facets: list[FacetRequest] | None = None


class GraphDoor:
    """The address, whatever its case; all others go on to `otherwise`."""

    def __init__(self, graph: Graph, authenticate: Authenticate, otherwise: ASGIApp):
        self._otherwise = otherwise
        limiter = anyio.CapacityLimiter(_AT_ONCE)

        async def handle(request: Request) -> Response:
            caller = await in_thread(authenticate, bearer(request))
            if request.method != "POST":
                raise MethodNotAllowed(f"`{request.method}` is not used at {PATH}: POST a query")
            asked = read(await read_json(request))
            seen = view(request)
            try:
                found = await anyio.to_thread.run_sync(
                    graph.query, caller, asked_for(asked), seen, limiter=limiter
                )
            except (BadQuery, TooMuch) as error:
                return answer(refused(error), 400, {"x-ms-error-code": error.code})
            return answer(shown(found, _format(asked)))

        self._own = handled(handle)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        own = scope["path"].rstrip("/").lower() == PATH.lower()
        await (self._own if own else self._otherwise)(scope, receive, send)


def read(body: Any) -> QueryRequest:
    """Raises Invalid, with every fault and its place."""
    found: QueryRequest = validate.read(body, QueryRequest)
    options = found.options or Options()
    faults: list[tuple[str, str]] = []
    if options.top is not None and not 1 <= options.top <= LARGEST_PAGE:
        faults.append(("$.options.$top", f"is {options.top}: from 1 to {LARGEST_PAGE}"))
    if options.skip is not None and options.skip < 0:
        faults.append(("$.options.$skip", f"is {options.skip}: 0 or more"))
    faults += _scope_faults(found)
    if len(found.facets or ()) > _MOST_FACETS:
        faults.append(("$.facets", f"are more than {_MOST_FACETS}"))
    for i, facet in enumerate(found.facets or ()):
        top = facet.options.top if facet.options else None
        if top is not None and not 1 <= top <= LARGEST_PAGE:
            faults.append((f"$.facets[{i}].options.$top", f"is {top}: from 1 to {LARGEST_PAGE}"))
    if faults:
        raise validate.refusal(faults)
    return found


def _scope_faults(request: QueryRequest) -> Iterator[tuple[str, str]]:
    for i, one in enumerate(request.subscriptions or ()):
        if not _SUBSCRIPTION.fullmatch(one):
            yield f"$.subscriptions[{i}]", f"`{one[:80]}` is not the id (a GUID) of a subscription"
    for i, one in enumerate(request.management_groups or ()):
        if one.lower() != ROOT:
            why = f"there is no management group `{one[:80]}`: the estate has one, `{ROOT}`"
            yield f"$.managementGroups[{i}]", why


def asked_for(request: QueryRequest) -> Ask:
    options = request.options or Options()
    # The management group is above all subscriptions: naming it limits nothing more.
    named = request.subscriptions
    return Ask(
        query=request.query,
        subscriptions=tuple(sorted({one.lower() for one in named})) if named else None,
        top=options.top or LARGEST_PAGE,
        skip=options.skip or 0,
        token=options.skip_token or "",
        facets=tuple(_facet_asked(one) for one in request.facets or ()),
    )


def _facet_asked(request: FacetRequest) -> FacetAsked:
    options = request.options or FacetOptions()
    return FacetAsked(
        expression=request.expression,
        sort_by=options.sort_by or "",
        descending=options.sort_order is not SortOrder.ASCENDING,
        filter=options.filter or "",
        top=options.top or 10,
    )


def _format(request: QueryRequest) -> ResultFormat:
    return (request.options and request.options.result_format) or ResultFormat.OBJECTS


def shown(found: Answer, format: ResultFormat) -> dict[str, Any]:
    document = {
        "totalRecords": found.total,
        "count": len(found.rows),
        "resultTruncated": "true" if found.next else "false",
        "data": _data(found.columns, found.rows, format),
        "facets": [_facet(facet, format) for facet in found.facets],
    }
    return document | ({"$skipToken": found.next} if found.next else {})


def _data(columns: tuple[str, ...], rows: list[list[Any]], format: ResultFormat) -> Any:
    if format is ResultFormat.OBJECTS:
        return [dict(zip(columns, row, strict=True)) for row in rows]
    kinds = [_kind([row[i] for row in rows]) for i in range(len(columns))]
    described = [{"name": name, "type": kind} for name, kind in zip(columns, kinds, strict=True)]
    return {"columns": described, "rows": rows}


Kind = Literal["string", "integer", "number", "boolean", "object"]


def _kind(cells: list[Any]) -> Kind:
    """Of what is in a column; of an empty one, text."""
    kinds = {_kind_of(cell) for cell in cells if cell is not None}
    if len(kinds) == 1:
        return kinds.pop()
    return "number" if kinds == {"integer", "number"} else "object" if kinds else "string"


def _kind_of(cell: Any) -> Kind:
    if isinstance(cell, bool):
        return "boolean"
    if isinstance(cell, int):
        return "integer"
    if isinstance(cell, float):
        return "number"
    return "string" if isinstance(cell, str) else "object"


def _facet(facet: Facet, format: ResultFormat) -> dict[str, Any]:
    if facet.fault is not None:
        return {
            "expression": facet.expression,
            "resultType": "FacetError",
            "errors": _details(facet.fault),
        }
    return {
        "expression": facet.expression,
        "resultType": "FacetResult",
        "totalRecords": facet.total,
        "count": len(facet.rows),
        "data": _data(facet.columns, facet.rows, format),
    }


def refused(error: Invalid) -> dict[str, Any]:
    """Azure's shape: what is wrong stands in the details, and here in the message, too."""
    return {"error": {"code": "BadRequest", "message": str(error), "details": _details(error)}}


def _details(error: Invalid) -> list[dict[str, Any]]:
    if not isinstance(error, BadQuery):
        return [{"code": "ResourceLimitExceeded", "message": str(error)}]
    at = {"line": error.line, "characterPositionInLine": error.column, "token": error.token}
    return [
        {"code": "InvalidQuery", "message": "the query cannot be read: see the next detail"},
        {"code": error.kind, "message": error.why, **at},
    ]
