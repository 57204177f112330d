"""The resource graph: queries over all that a caller may read, in every cell.

What may not be read is left out by the SQL that finds the rows, so that nothing of a query, its
counts, its refusals and its pace included, hangs on it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from ..catalog.graphed import COLUMNS, RESOURCES, TABLES, kinds
from ..core import page_token
from ..core.access import Caller
from ..core.errors import Invalid
from ..core.ids import Address, ResourceId
from ..core.kql import values
from ..core.kql.budget import Budget
from ..core.kql.fault import BadQuery
from ..core.kql.parse import parse, parse_operators
from ..core.kql.rows import Row
from ..core.kql.run import Rows, run, run_over
from ..core.kql.wanted import Wanted
from ..core.resource import View
from ..core.resource_type import ResourceType
from ..store.cells import ESTATE
from ..store.graph import Sought, found
from ..store.resources import Query
from . import graph_rows
from .plane import Plane
from .reach import Reach, reach_of
from .work import looking

LARGEST_PAGE = 1000


class FacetAsked(msgspec.Struct, frozen=True, kw_only=True):
    expression: str
    sort_by: str = ""
    descending: bool = True
    filter: str = ""
    top: int = 10


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """`subscriptions` in lower case; None is all. `token` is that of the page before."""

    query: str
    subscriptions: tuple[str, ...] | None = None
    top: int = LARGEST_PAGE
    skip: int = 0
    token: str = ""
    facets: tuple[FacetAsked, ...] = ()


class Facet(msgspec.Struct, frozen=True):
    """`fault` is set instead where it could not be reckoned."""

    expression: str
    columns: tuple[str, ...] = ()
    rows: list[list[Any]] = []
    total: int = 0
    fault: BadQuery | None = None


class Answer(msgspec.Struct, frozen=True):
    """`rows` are of the `columns`; `total` is how many there are on all pages together."""

    columns: tuple[str, ...]
    rows: list[list[Any]]
    total: int
    next: str = ""
    facets: tuple[Facet, ...] = ()


class Graph:
    """`clock` gives seconds that only go forward. `tenant` is the estate's own id."""

    def __init__(
        self,
        plane: Plane,
        clock: Callable[[], float],
        tenant: str,
        told: graph_rows.Told,
    ):
        self.plane, self.clock, self.tenant, self.told = plane, clock, tenant, told

    def query(self, caller: Caller, ask: Ask, view: View) -> Answer:
        """Raises BadQuery and TooMuch."""
        at = self.plane.clock()
        now = datetime.fromtimestamp(at, UTC)
        budget = Budget(self.clock)
        seen = graph_rows.Seen(view.at(ResourceId()), self.tenant, at, self.told)
        tables = _Readable(self.plane, caller, ask, seen)
        start = _start(ask)
        try:
            rows = run(parse(ask.query, TABLES, RESOURCES), ask.query, tables, now, budget)
            if ask.facets:
                rows = Rows(rows.columns, _kept(rows.each, budget))
            page, total = _paged(rows, start, ask.top)
            facets = tuple(_facet(one, rows, now, budget) for one in ask.facets)
        finally:
            tables.close()
        end = start + len(page)
        more = _token(ask, end) if page and end < total else ""
        return Answer(rows.columns, page, total, more, facets)


class _Readable:
    """The tables as one caller may read them. Implements `core.kql.run.Tables`."""

    def __init__(self, plane: Plane, caller: Caller, ask: Ask, seen: graph_rows.Seen):
        self.plane, self.caller, self.ask, self.seen = plane, caller, ask, seen
        self._open: list[Generator[Row, None, None]] = []

    def columns(self, table: str) -> tuple[str, ...]:
        return COLUMNS

    def rows(self, table: str, wanted: Wanted) -> Iterable[Row]:
        found = self._rows(table, wanted)
        self._open.append(found)
        return found

    def _rows(self, table: str, wanted: Wanted) -> Generator[Row, None, None]:
        types = [k for k in kinds(table) if wanted.type is None or k.name.lower() in wanted.type]
        for kind in types:
            if kind.estate_wide:
                yield from self._built_in(kind)
                yield from self._for_now(kind)
        readable = self._readable(types)
        for region in self._regions(wanted):
            for reach, some in readable:
                mine = [kind for kind in some if kind.estate_wide == (region == ESTATE)]
                if mine:
                    yield from self._stored(region, mine, reach, wanted)

    def _regions(self, wanted: Wanted) -> list[str]:
        """The cells to ask. Where something is kept says where it is."""
        named = sorted(self.plane.cells.regions)
        regions = [r for r in named if wanted.location is None or r in wanted.location]
        return [ESTATE, *regions]

    def _readable(self, types: Sequence[ResourceType]) -> list[tuple[Reach, list[ResourceType]]]:
        """Where they may be read, and the types of which that is so."""
        found: dict[bytes, tuple[Reach, list[ResourceType]]] = {}
        for kind in types:
            reach = reach_of(self.caller, kind, Address(ResourceId()))
            if reach.scopes != []:
                found.setdefault(msgspec.msgpack.encode(reach), (reach, []))[1].append(kind)
        return sorted(found.values(), key=lambda one: one[1][0].name)

    def _stored(
        self, region: str, some: Sequence[ResourceType], reach: Reach, wanted: Wanted
    ) -> Iterator[Row]:
        sought = Sought(
            types=[kind.name.lower() for kind in some],
            scopes=reach.scopes,
            taken=reach.taken,
            hidden=reach.hidden,
            groups=_listed(wanted.resourceGroup),
            subscriptions=_listed(wanted.subscriptionId),
            ids=None if any(kind.seen_as for kind in some) else _listed(wanted.id),
            within=_listed(self.ask.subscriptions),
            documents=wanted.documents or any(kind.flat for kind in some),
        )
        by_type = {kind.name.lower(): kind for kind in some}
        with self.plane.cells.named(region).read() as connection:
            for one in found(connection, sought):
                stored = graph_rows.Stored(one, by_type[one.type], region, self.seen)
                yield graph_rows.row(stored)

    def _built_in(self, kind: ResourceType) -> Iterator[Row]:
        """The same for all who may read any of the type, or for everybody."""
        lifecycle = self.plane.lifecycles.get(kind.name.lower())
        there = lifecycle.built_in() if lifecycle else ()
        if there and (kind.public or self._readable([kind])):
            for resource in there:
                yield graph_rows.row(graph_rows.BuiltIn(resource, kind, self.seen))

    def _for_now(self, kind: ResourceType) -> Iterator[Row]:
        for reach, _ in self._readable([kind]):
            with looking(self.plane, ESTATE, self.caller, self.seen.view) as work:
                sought = Query(
                    type=kind.name, scopes=reach.scopes, taken=reach.taken, hidden=reach.hidden
                )
                there = [each for each in work.for_now(kind) if sought.met(each)]
            for resource in there:
                if self._asked_about(resource.id):
                    yield graph_rows.row(graph_rows.BuiltIn(resource, kind, self.seen))

    def _asked_about(self, id: ResourceId) -> bool:
        """What lies in no subscription is, whichever are named."""
        within = self.ask.subscriptions
        return within is None or not id.subscription or id.subscription.lower() in within

    def close(self) -> None:
        """End the transactions of those that were not read to their end."""
        for one in self._open:
            one.close()


def _listed(words: Iterable[str] | None) -> list[str] | None:
    """A NUL is in no id, and PostgreSQL takes none."""
    return None if words is None else sorted(word for word in words if "\0" not in word)


def _kept(rows: Iterable[Row], budget: Budget) -> list[Row]:
    found = []
    for row in rows:
        budget.hold()
        found.append(row)
    return found


def _paged(rows: Rows, start: int, top: int) -> tuple[list[list[Any]], int]:
    """The page, and how many rows there are."""
    page: list[list[Any]] = []
    total = 0
    for row in rows.each:
        if start <= total < start + top:
            page.append([values.shown(row[name]) for name in rows.columns])
        total += 1
    return page, total


def _facet(asked: FacetAsked, rows: Rows, now: datetime, budget: Budget) -> Facet:
    order = f"{asked.sort_by or 'count'} {'desc' if asked.descending else 'asc'}"
    text = f"summarize count = count() by {asked.expression} | order by {order}"
    if asked.filter:
        text = f"where {asked.filter} | {text}"
    try:
        copies = (row.with_({}) for row in rows.each)
        counted = run_over(Rows(rows.columns, copies), parse_operators(text), text, now, budget)
        page, total = _paged(_count_last(counted), 0, asked.top)
    except BadQuery as fault:
        return Facet(asked.expression, fault=fault)
    columns = (*(name for name in counted.columns if name != "count"), "count")
    return Facet(asked.expression, columns, page, total)


def _count_last(rows: Rows) -> Rows:
    return Rows((*(name for name in rows.columns if name != "count"), "count"), rows.each)


def _start(ask: Ask) -> int:
    """Where the page starts: behind the one before, whose query must have been the same."""
    if not ask.token:
        return ask.skip
    start, query = page_token.read(ask.token, tuple[int, str]) or (-1, "")
    if start < 0 or query != _digest(ask):
        raise Invalid(
            "the `$skipToken` is not one of ours, or of another query: start again without it",
            code="BadRequest",
            target="$skipToken",
        )
    return start


def _token(ask: Ask, end: int) -> str:
    return page_token.write([end, _digest(ask)])


def _digest(ask: Ask) -> str:
    said = msgspec.json.encode([ask.query, ask.subscriptions])
    return hashlib.sha256(said).hexdigest()[:16]
