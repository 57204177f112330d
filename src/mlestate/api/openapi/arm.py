"""Azure Resource Manager's addresses: what may be done with each type, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...core.resource_type import Action, ResourceType
from . import said
from .places import Place, places
from .shapes import Shapes

Document = dict[str, Any]
VERSION = said.query("api-version", "Any, or none.")
_PAGE = [
    VERSION,
    said.query("$top", "Rows of a page."),
    said.query("$skipToken", "The page after, from `nextLink`."),
]


def paths(kind: ResourceType, shapes: Shapes) -> Iterator[tuple[str, str, Document]]:
    """Each as path, method in lower case, operation."""
    for place in places(kind):
        yield from _of(kind, place, shapes)


def _of(kind: ResourceType, place: Place, shapes: Shapes) -> Iterator[tuple[str, str, Document]]:
    one = shapes.resource(kind)
    for path in (place.list, *place.wider):
        names = [*kind.filters, *(["$filter"] if kind.inherited else [])]
        filters = [said.query(name, "Only those that match.") for name in names]
        yield path, "get", _operation(kind, "read", [*_PAGE, *filters], {"200": _rows(one)})
    stored = {str(kind.created): one, str(kind.replaced): one}
    yield place.one, "get", _operation(kind, "read", [VERSION], {"200": one})
    if kind.made_by:
        return
    yield place.one, "put", _operation(kind, "write", [VERSION], stored, one)
    yield place.one, "patch", _operation(kind, "write", [VERSION], {"200": one}, one)
    gone: Document = {"200": one if kind.shown_when_gone else None, "204": None}
    if "delete" in kind.slow:
        gone["202"] = None
    yield place.one, "delete", _operation(kind, "delete", [VERSION], gone)
    for action in kind.actions:
        yield f"{place.one}/{action.name}", "post", _action(kind, action, shapes)


def _action(kind: ResourceType, action: Action, shapes: Shapes) -> Document:
    answers: Document = {"202" if action.slow else "200": {}}
    return _operation(kind, action.name, [VERSION], answers, shapes.body(action.body))


def _operation(
    kind: ResourceType,
    verb: str,
    parameters: list[Document],
    answers: Document,
    body: Document | None = None,
) -> Document:
    found: Document = {
        "tags": [kind.namespace],
        "summary": f"{kind.permission(verb)}",
        "parameters": parameters,
        "responses": said.responses(answers),
    }
    if body is not None:
        found["requestBody"] = said.json(body)
    return found


def _rows(one: Document) -> Document:
    link = {"type": "string"}
    rows = {"type": "array", "items": one}
    return {"type": "object", "properties": {"value": rows, "nextLink": link}}
