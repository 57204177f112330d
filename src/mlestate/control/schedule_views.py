"""Schedules, and what of them is in force, as Azure shows both: worked out from the requests."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ..catalog.break_glass import GLASS
from ..core import ids, role_ids
from ..core.access import Caller
from ..core.errors import Invalid
from ..core.ids import Address
from ..core.time_boxes import Activation, Eligibility
from ..core.times import iso
from .engine import Computed
from .held_now import HeldNow
from .reading import Page
from .schedules import Schedules

_AUTHORIZATION = "Microsoft.Authorization"
ELIGIBLE = f"{_AUTHORIZATION}/roleEligibilitySchedules"
ELIGIBLE_NOW = f"{_AUTHORIZATION}/roleEligibilityScheduleInstances"
ACTIVE = f"{_AUTHORIZATION}/roleAssignmentSchedules"
ACTIVE_NOW = f"{_AUTHORIZATION}/roleAssignmentScheduleInstances"
CHILDREN = f"{_AUTHORIZATION}/eligibleChildResources"
_FILTER = re.compile(
    r"(?P<mine>as(?:Target|Requestor)\(\))|atScope\(\)"
    r"|(?P<field>principalId|roleDefinitionId|status) eq '(?P<value>[^']*)'",
    re.I,
)
Document = dict[str, Any]
Held = Eligibility | Activation


class ScheduleViews:
    """`called` gives what people call a scope."""

    def __init__(
        self,
        schedules: Schedules,
        held_now: HeldNow,
        called: Callable[[str], list[str]],
        clock: Callable[[], float],
    ):
        self._schedules, self._held_now, self._clock = schedules, held_now, clock
        self._called = called

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
            shown = [(_document(kind, each, address.id.subscription), each) for each in ordered]
            kept = [(row, each) for row, each in shown if wanted(row["properties"])]
            return Page([self._named(caller, row, each) for row, each in kept])

        return rows

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


def _document(kind: str, each: Held, asked: str) -> Document:
    """For who asks in a subscription, or above them all."""
    name = each.id.rpartition("/")[2]
    scope = "" if each.place == "/" else each.place
    subscription = asked or ids.read(each.place).id.subscription
    definition = role_ids.seen_in(subscription, each.role.id)
    properties: Document = {
        "scope": each.place,
        "roleDefinitionId": definition,
        "principalId": each.principal,
        "status": "Provisioned",
        "memberType": "Direct",
        "expandedProperties": {
            "scope": {"id": each.place, "displayName": each.place.rpartition("/")[2]},
            "roleDefinition": {"id": definition, "displayName": each.role.name},
        },
    }
    properties |= dict(_moments(each))
    if isinstance(each, Eligibility):
        properties |= {"roleEligibilityScheduleId": _at(scope, ELIGIBLE, name)}
        if each.glass:
            properties |= {"breakGlass": True, "roleEligibilityScheduleId": _at(scope, GLASS, name)}
    else:
        properties |= {
            "assignmentType": "Activated" if each.rests_on else "Assigned",
            "roleAssignmentScheduleId": _at(scope, ACTIVE, name),
            "linkedRoleEligibilityScheduleId": each.rests_on or None,
        }
    return {"id": _at(scope, kind, name), "name": name, "type": kind, "properties": properties}


def _moments(each: Held) -> Iterable[tuple[str, str]]:
    if each.begins > -math.inf:
        yield "startDateTime", iso(each.begins)
    if each.ends < math.inf:
        yield "endDateTime", iso(each.ends)


def _at(scope: str, kind: str, name: str) -> str:
    return f"{scope}/providers/{kind}/{name}"
