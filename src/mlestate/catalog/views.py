"""Saved views: searches with a name, shared where they sit or one person's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from msgspec import Meta, Struct

from ..core.errors import Invalid
from ..core.finding import ask
from ..core.finding.parse import parse
from ..core.resource import Change
from ..core.resource_type import Filter, NameRule, ResourceType
from ..core.validate import Fault
from .writing import refuse

ORGANIZATION = "Mlestate.Organization"
NAME = NameRule(
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", "1 to 80 letters, digits and `._-`, no sign first"
)


class SavedView(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What a search asks for; what the request itself says of these is laid over it."""

    filter: str | None = None
    words: str | None = None
    kind: str | None = None
    workspace: str | None = None
    order_by: str | None = None
    facets: list[str] | None = None
    list_view_type: str | None = None
    top: Annotated[int, Meta(ge=1, le=ask.LARGEST_PAGE)] | None = None
    description: Annotated[str, Meta(max_length=1000)] | None = None


def _check(change: Change) -> None:
    typed: SavedView = change.typed
    refuse(
        [
            *_fault("filter", lambda: parse(typed.filter or "", 0.0)),
            *_fault("words", lambda: ask.words(typed.words or "")),
            *_fault("orderBy", lambda: ask.order(typed.order_by or "")),
            *_fault("facets", lambda: ask.facets(typed.facets or ())),
            *_fault("listViewType", lambda: ask.shown(typed.list_view_type or "All")),
        ]
    )


def _fault(field: str, read: Callable[[], object]) -> list[Fault]:
    try:
        read()
    except Invalid as error:
        return [(f"$.properties.{field}", str(error))]
    return []


SAVED_VIEWS = ResourceType(
    name=f"{ORGANIZATION}/savedViews",
    doc="A search with a name, shared with all who work at or below what it sits on.",
    properties=SavedView,
    name_rule=NAME,
    extension=True,
    estate_wide=True,
    seen_from_below=True,
    stateful=False,
    filters={"name": Filter(())},
    check=_check,
)

OWN_VIEWS = ResourceType(
    name=f"{ORGANIZATION}/people/savedViews",
    doc="A search with a name, of one person and seen by nobody else.",
    properties=SavedView,
    name_rule=NAME,
    estate_wide=True,
    personal=True,
    stateful=False,
    filters={"name": Filter(())},
    check=_check,
)

VIEWS = (SAVED_VIEWS, OWN_VIEWS)
