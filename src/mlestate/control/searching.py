"""Search: each cell is asked for what the caller may read, and the answers are merged.

What may not be read is left out by the SQL itself, before anything is counted, ordered or cut.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from ..catalog import searched
from ..core.access import Caller
from ..core.errors import Invalid, Unavailable
from ..core.finding import token
from ..core.finding.ask import Ask
from ..core.finding.compare import fold
from ..core.finding.fields import FIELDS, near
from ..core.finding.places import Place
from ..core.finding.token import After
from ..core.finding.tree import tests
from ..store.resources import Resources
from ..store.search import reading
from ..store.search.conditions import Scene
from ..store.search.reading import Found, Hit, Search
from ..store.search.session import OnConnection, Session
from ..store.tracking import TrackingStore, experiments, runs
from . import found_rows
from .plane import Plane
from .search_rules import allowed, trimmed

Row = dict[str, Any]
MOST_VALUES = 50
_THREADS = 8
_RESOURCES = tuple(kind for kind in searched.KINDS if kind not in searched.TRACKED)
_TRACKED = tuple(searched.TRACKED)


class Answer(msgspec.Struct, frozen=True):
    """`next` is the token of the page after; empty on the last. `total` is None where nothing was
    to be counted. What is in `missing` regions was not asked: they do not answer."""

    rows: list[Row]
    total: int | None = None
    facets: dict[str, list[Row]] = {}
    next: str = ""
    missing: tuple[str, ...] = ()


class Part(msgspec.Struct, frozen=True):
    """What one source has found; `rows` are what its hits show, in their order."""

    source: str
    places: Mapping[int, Place]
    found: Found
    rows: list[Row]


class Searching:
    """`tracking` is a region's tracking store. Regions are asked at the same time, and both
    databases of each."""

    def __init__(self, plane: Plane, tracking: Callable[[str], TrackingStore]):
        self.plane, self.tracking = plane, tracking
        self._regions = ThreadPoolExecutor(_THREADS, "search")
        self._trackers = ThreadPoolExecutor(_THREADS, "search-tracking")

    def close(self) -> None:
        self._regions.shutdown()
        self._trackers.shutdown()

    def search(self, caller: Caller, ask: Ask) -> Answer:
        check_kinds(ask)
        parts, missing = self._ask(caller, ask)
        merged = _merged(parts, ask)
        shown = merged[: ask.limit]
        counted = bool(ask.facets or ask.count)
        return Answer(
            [row for _, _, row in shown],
            sum(part.found.total or 0 for part in parts) if counted else None,
            {facet: _facet(facet, parts) for facet in ask.facets},
            _token(ask, shown[-1]) if len(merged) > ask.limit else "",
            missing,
        )

    def _ask(self, caller: Caller, ask: Ask) -> tuple[list[Part], tuple[str, ...]]:
        """Raises Unavailable where no region answers."""
        parts: list[Part] = []
        away: dict[str, Unavailable] = {}
        regions = sorted(self.plane.cells.regions)
        asked = [self._regions.submit(self._region, caller, ask, region) for region in regions]
        for region, answer in zip(regions, asked, strict=True):
            try:
                parts += answer.result()
            except Unavailable as error:
                away[region] = error
        if away and len(away) == len(regions):
            raise away[regions[0]]
        return parts, tuple(away)

    def _region(self, caller: Caller, ask: Ask, region: str) -> list[Part]:
        with self.plane.cells.named(region).read() as connection:
            session = OnConnection(connection)
            places = trimmed(caller, reading.places(session, region))
            tracked = self._trackers.submit(self._tracked, caller, ask, region, places)
            search = _question(caller, ask, f"{region}/resources", session, places, _RESOURCES)
            parts = []
            if search is not None:
                found = reading.find(session, search)
                parts.append(_resources(search, found, Resources(connection)))
        return [*parts, *tracked.result()]

    def _tracked(
        self, caller: Caller, ask: Ask, region: str, places: Sequence[Place]
    ) -> list[Part]:
        def work(session: Session) -> list[Part]:
            return list(_tracked(session, caller, ask, region, places))

        return self.tracking(region).read(work)


def check_kinds(ask: Ask) -> None:
    """A kind that is not there is a slip of the pen, not an empty answer."""
    for test in tests(ask.tree):
        if test.field != "kind" or test.op not in ("=", "!=", "IN", "NOT IN"):
            continue
        for kind in test.value if isinstance(test.value, tuple) else (str(test.value),):
            if fold(kind) not in searched.KINDS:
                why = f"`{kind[:80]}` is no kind{near(kind, searched.KINDS)}"
                raise Invalid(why, code="InvalidFilter", target="filter")


def _question(
    caller: Caller,
    ask: Ask,
    source: str,
    session: Session,
    places: Sequence[Place],
    kinds: Sequence[str],
) -> Search | None:
    """None where nothing of the source is to be found."""
    rules = allowed(caller, kinds, places, ask.tree)
    if not rules:
        return None
    return Search(
        ask,
        Scene(session.is_sqlite, {p.number: p for p in places}, has_runs="run" in kinds),
        rules,
        kinds,
        source,
        _place_after(ask.after, places),
    )


def _place_after(after: After | None, places: Sequence[Place]) -> int:
    wanted = after.place if after else ""
    return next((place.number for place in places if place.key == wanted), 0)


def _resources(search: Search, found: Found, store: Resources) -> Part:
    places = search.scene.places
    keys = [places[hit.place].key + hit.tail for hit in found.hits]
    there = store.several(keys)
    rows = [
        found_rows.of_resource(there[key], places[hit.place], hit.latest)
        for key, hit in zip(keys, found.hits, strict=True)
    ]
    return Part(search.source, places, found, rows)


def _tracked(
    session: Session, caller: Caller, ask: Ask, region: str, places: Sequence[Place]
) -> Iterator[Part]:
    """Tracking knows workspaces by their GUIDs, and by numbers of its own."""
    numbers = reading.numbers(session)
    own = [
        msgspec.structs.replace(place, number=numbers[place.guid])
        for place in places
        if place.guid in numbers
    ]
    search = _question(caller, ask, f"{region}/tracking", session, own, _TRACKED)
    if search is None:
        return
    found = reading.find(session, search)
    yield Part(search.source, search.scene.places, found, _tracked_rows(session, search, found))


def _tracked_rows(session: Session, search: Search, found: Found) -> list[Row]:
    by_number = {hit.number: hit for hit in found.hits if hit.number}
    documents = runs.documents(session, list(by_number))
    ids = {hit.tail: int(hit.tail.rpartition("/")[2]) for hit in found.hits if not hit.number}
    ids |= {hit.tail: int(documents[n]["info"]["experiment_id"]) for n, hit in by_number.items()}
    known = {one.id: one for one in experiments.infos(session, set(ids.values()))}
    places = search.scene.places
    return [
        found_rows.of_run(documents[hit.number], places[hit.place], known[ids[hit.tail]].name)
        if hit.number
        else found_rows.of_experiment(known[ids[hit.tail]], places[hit.place])
        for hit in found.hits
    ]


Shown = tuple[Part, Hit, Row]


def _merged(parts: Sequence[Part], ask: Ask) -> list[Shown]:
    """Ordered as each source is, and equal ones by source, place and tail."""
    every = [
        (part, hit, row)
        for part in parts
        for hit, row in zip(part.found.hits, part.rows, strict=True)
    ]
    every.sort(key=lambda one: (one[0].source, one[1].place, one[1].tail))
    every.sort(key=lambda one: one[1].value, reverse=ask.order.descending)
    return every


def _token(ask: Ask, last: Shown) -> str:
    part, hit, _ = last
    place = part.places[hit.place].key
    return token.write(After(str(ask.order), hit.value, part.source, place, hit.tail))


def _facet(facet: str, parts: Sequence[Part]) -> list[Row]:
    """The values that most have, with how many have them."""
    field, _, key = facet.partition(".")
    counts: Counter[tuple[str, str]] = Counter()
    for part in parts:
        for value, count in part.found.counts.get(facet, {}).items():
            place = part.places.get(int(value)) if FIELDS[field].of_place else None
            if place is None:
                counts[str(value), ""] += count
            elif said := place.said(field, key):
                counts[said, place.id if field == "workspace" else ""] += count
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:MOST_VALUES]
    return [
        {"value": value, **({"id": id} if id else {}), "count": count}
        for (value, id), count in ranked
    ]
