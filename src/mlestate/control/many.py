"""Many PUTs at once: each authorized, checked and answered on its own.

Those that go to one cell share transactions, in the order given. Each stands behind a savepoint of
its own: one that is refused undoes nothing of the others, and keeps none of them waiting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from typing import Any

import msgspec
import structlog

from ..core import shape
from ..core.access import Caller
from ..core.errors import PlatformError
from ..core.happenings import Happening
from ..core.ids import ResourceId
from ..core.resource import Resource, View
from ..core.resource_type import ResourceType
from ..store.activity import Event, record
from ..store.cells import ESTATE, Place
from ..store.database import attempt
from .plane import Plane
from .work import Work
from .writing import Conditions, Find, Outcome, Writing, spelled

# So many share a transaction at most: whoever else writes to the cell waits for them.
LONGEST = 200
ALWAYS = Conditions()
_log = structlog.get_logger(__name__)


class Item(msgspec.Struct, frozen=True):
    """A PUT that its caller may do. `asked` is the id that they sent, where it has several."""

    kind: ResourceType
    id: ResourceId
    body: Any
    asked: ResourceId


# What became of one.
Answer = Outcome | PlatformError


class _Run(msgspec.Struct, frozen=True):
    """What goes to one cell together, and the places in the directory that it needs."""

    region: str
    items: list[Item]
    places: dict[str, Place]


class Many:
    def __init__(self, plane: Plane, writing: Writing):
        self.plane, self.writing = plane, writing

    def put(self, caller: Caller, items: Sequence[Item], view: View) -> list[Answer]:
        """One answer for each, the same that it would get alone; what is answered is committed."""
        found: dict[int, Answer] = {}
        for group in self._by_cell(items):
            while rest := [index for index in group if index not in found]:
                some = rest[:LONGEST]
                # From the look into the directory on: nobody else places what is placed here.
                with self.plane.cells.placing:
                    answers = self._first(caller, [items[index] for index in some], view)
                found.update(zip(some, answers, strict=False))
        return [found[index] for index in range(len(items))]

    def _by_cell(self, items: Sequence[Item]) -> list[list[int]]:
        regions = self._regions(items)
        groups: dict[str | None, list[int]] = {}
        for index, item in enumerate(items):
            groups.setdefault(self._region(item, regions, {}), []).append(index)
        return list(groups.values())

    def _first(self, caller: Caller, items: Sequence[Item], view: View) -> list[Answer]:
        """The answers of as many as go together."""
        run = self._run(items)
        if run is None:
            return [self._alone(caller, items[0], view)]
        try:
            answers = self._together(caller, run, view)
        except PlatformError as error:
            return [error] * len(run.items)  # nothing of this run was committed
        except Exception:  # noqa: BLE001 - the border: one that fails must not take the others along
            _log.exception("PUTs that went together failed", first=str(items[0].id))
            return [self._alone(caller, item, view) for item in run.items]
        self._tell(run.items)
        return [
            answer or self._alone(caller, item, view)
            for answer, item in zip(answers, run.items, strict=True)
        ]

    def _alone(self, caller: Caller, item: Item, view: View) -> Answer:
        try:
            return self.writing.put(caller, item.id, item.body, ALWAYS, view.at(item.asked))
        except PlatformError as error:
            return error
        except Exception:  # noqa: BLE001 - as above
            _log.exception("a PUT among many failed", id=str(item.id))
            return PlatformError("the server failed at this request: see its log")

    def _tell(self, items: Sequence[Item]) -> None:
        written: dict[str, list[ResourceId]] = {}
        for item in items:
            written.setdefault(item.kind.name.lower(), []).append(item.id)
        for kind, ids in written.items():
            self.plane.changed(kind, *ids)

    def _run(self, items: Sequence[Item]) -> _Run | None:
        """None where the first has no place to go: it is refused like any other."""
        regions = self._regions(items)
        places: dict[str, Place] = {}
        first = self._region(items[0], regions, places)
        if first is None:
            return None
        mine = takewhile(lambda item: self._region(item, regions, places) == first, items)
        together = list(mine)
        return _Run(first, together, {k: p for k, p in places.items() if p.region == first})

    def _regions(self, items: Sequence[Item]) -> dict[str, str]:
        """Of the top-level resources that are there."""
        return self.plane.cells.regions_of([top.key for item in items if (top := _top(item))])

    def _region(self, item: Item, regions: dict[str, str], places: dict[str, Place]) -> str | None:
        """Where it goes. A new top-level resource goes where it says; what stands below it, too."""
        top = _top(item)
        if top is None:
            return ESTATE
        if top == item.id and top.key not in regions:
            location = item.body.get("location") if isinstance(item.body, dict) else None
            region = shape.normal_location(location) if isinstance(location, str) else ""
            if region in self.plane.cells.regions:
                regions[top.key] = region
                places[top.key] = Place(top.key, region, item.kind.unique_in, top.name)
        return regions.get(top.key)

    def _together(self, caller: Caller, run: _Run, view: View) -> list[Answer | None]:
        """None for those whose name is taken: what they are told is found out alone."""
        with self._placed(run) as (taken, kept):
            parents: dict[str, Resource] = {}
            answers: list[Answer | None] = []
            events: list[Event] = []
            told: list[Happening] = []
            with self.plane.cells.named(run.region).turn() as connection:
                for item in run.items:
                    if item.id.key in taken:
                        answers.append(None)
                        continue
                    work = Work(self.plane, run.region, connection, caller, view.at(item.asked))
                    answer = self._one(work, item, _remembered(work, parents))
                    answers.append(answer)
                    if isinstance(answer, Outcome):
                        events += work.events
                        told += work.told
                        kept.add(item.id.key)
                record(connection, *events)
                self.plane.hooks.tell(connection, told)
        return answers

    @contextmanager
    def _placed(self, run: _Run) -> Iterator[tuple[set[str], set[str]]]:
        """The keys of those whose name is taken, and a set for the keys of what is written: the
        places of all others are given back."""
        kept: set[str] = set()
        cells = self.plane.cells
        taken = cells.reserve_all(list(run.places.values()), self.plane.clock())
        try:
            yield taken, kept
        except BaseException:
            kept.clear()
            raise
        finally:
            cells.release(*(run.places.keys() - kept))

    def _one(self, work: Work, item: Item, find: Find) -> Answer:
        try:
            with attempt(work.connection):
                self.plane.locks.hold(item.id, "write")
                self.writing.need_parent(item.kind, item.id, find)
                id = spelled(item.id, find)
                return self.writing.put_in(work, item.kind, id, item.body, ALWAYS)
        except PlatformError as error:
            return error


def _top(item: Item) -> ResourceId | None:
    """The top-level resource whose place decides; None for what the estate's own cell holds."""
    return None if item.kind.estate_wide else item.id.top()


def _remembered(work: Work, parents: dict[str, Resource]) -> Find:
    """Neighbours mostly have the same parent: nobody removes it while they are written."""

    def find(id: ResourceId) -> Resource | None:
        if id.key not in parents and (found := work.find(id)):
            parents[id.key] = found
        return parents.get(id.key)

    return find
