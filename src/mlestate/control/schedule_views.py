"""Schedules, and what of them is in force, as Azure shows both: worked out from the requests."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from ..core import ids
from ..core.access import Caller
from ..core.errors import Invalid
from ..core.ids import Address
from ..core.principals import Principal
from ..core.time_boxes import Activation
from .engine import Computed
from .held_now import HeldNow
from .reading import Page
from .schedule_documents import (
    ACTIVE,
    ACTIVE_NOW,
    CHILDREN,
    ELIGIBLE,
    ELIGIBLE_NOW,
    Document,
    Held,
    document,
    name_principal,
)
from .schedules import Schedules

_FILTER = re.compile(
    r"(?P<mine>as(?:Target|Requestor)\(\))|atScope\(\)"
    r"|(?P<field>principalId|roleDefinitionId|status) eq '(?P<value>[^']*)'",
    re.I,
)


class ScheduleViews:
    """`called` gives what people call a scope, `people` those of the object ids that are there."""

    def __init__(
        self,
        schedules: Schedules,
        held_now: HeldNow,
        called: Callable[[str], list[str]],
        people: Callable[[Collection[str]], Sequence[Principal]],
        clock: Callable[[], float],
    ):
        self._schedules, self._held_now, self._clock = schedules, held_now, clock
        self._called, self._people = called, people

    def computed(self) -> dict[str, Computed]:
        return {
            ELIGIBLE: self._rows(ELIGIBLE, now=False),
            ELIGIBLE_NOW: self._rows(ELIGIBLE_NOW, now=True),
            ACTIVE: self._rows(ACTIVE, now=False),
            ACTIVE_NOW: self._rows(ACTIVE_NOW, now=True),
            CHILDREN: self._children,
        }

    def _rows(self, kind: str, now: bool) -> Computed:
        def rows(caller: Caller, address: Address, asked: Mapping[str, str]) -> Page:
            wanted = _filter(caller, asked.get("$filter", ""))
            found = self._below(caller, kind, address)
            if now:
                found = (each for each in found if each.begins <= self._clock() < each.ends)
            else:
                found = (each for each in found if self._clock() < each.ends)
            ordered = sorted(found, key=lambda each: each.id)
            shown = [(self._document(kind, each, address), each) for each in ordered]
            kept = [(row, each) for row, each in shown if wanted(row["properties"])]
            self._name_principals([row for row, _ in kept])
            return Page([self._named(caller, row, each) for row, each in kept])

        return rows

    def _document(self, kind: str, each: Held, address: Address) -> Document:
        under = self._held_now.under(each) if isinstance(each, Activation) else None
        return document(kind, each, under, address.id.subscription)

    def _name_principals(self, rows: list[Document]) -> None:
        ids = {row["properties"]["principalId"] for row in rows}
        found = {each.id: each for each in self._people(ids)} if ids else {}
        for row in rows:
            name_principal(row["properties"], found.get(row["properties"]["principalId"]))

    def _below(self, caller: Caller, kind: str, address: Address) -> Iterator[Held]:
        """At and below an address: the caller's own, and what they may read."""
        for each in self._every(kind):
            if not _inside(address.id.key, each.scope):
                continue
            own = each.principal in caller.ids
            if own or caller.rights.allows(f"{kind}/read", each.scope):
                yield each

    def _every(self, kind: str) -> Iterator[Held]:
        """Without what was activated and rests on nothing any more."""
        if kind in (ACTIVE, ACTIVE_NOW):
            return self._held_now.active()
        return (each for some in self._schedules.known().eligible.values() for each in some)

    def _named(self, caller: Caller, row: Document, each: Held) -> Document:
        """One's own with the `project/environment` that one may say instead of the scope."""
        if each.principal in caller.ids and (called := self._called(each.place)):
            row["properties"]["expandedProperties"]["scope"]["called"] = called
        return row

    def _children(self, caller: Caller, address: Address, asked: Mapping[str, str]) -> Page:
        """Below the address, where the caller may activate something."""
        places = {each.scope: each.place for each in caller.eligible if not each.glass}
        below = [place for key, place in places.items() if key.startswith(address.id.key + "/")]
        found = [ids.parse(place) for place in sorted(below)]
        return Page([{"id": str(id), "name": id.name, "type": id.type} for id in found])


def _inside(key: str, scope: str) -> bool:
    return not key or scope == key or scope.startswith(f"{key}/")


def _filter(caller: Caller, text: str) -> Callable[[Document], bool]:
    """What Azure's clients filter by; anything else is refused, for it would show too much."""
    tests: list[Callable[[Document], bool]] = []
    for part in filter(None, re.split(r"\s+and\s+", text.strip(), flags=re.I)):
        found = _FILTER.fullmatch(part)
        if found is None:
            raise Invalid(f"`{part[:80]}` cannot be filtered by here", target="$filter")
        if found["mine"]:
            tests.append(lambda said: str(said["principalId"]) in caller.ids)
        elif found["field"]:
            tests.append(_equal(found["field"], found["value"]))
    return lambda said: all(test(said) for test in tests)


def _equal(field: str, value: str) -> Callable[[Document], bool]:
    wanted = value.rpartition("/")[2].lower()
    names = {name.lower(): name for name in ("principalId", "roleDefinitionId", "status")}
    name = names[field.lower()]
    return lambda said: str(said[name]).rpartition("/")[2].lower() == wanted
