"""All resources of a subscription or a group in one list, whatever their types; and their tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ..core import ids, odata
from ..core.access import Caller
from ..core.areas import Area
from ..core.errors import Invalid, PlatformError
from ..core.ids import Address, ResourceId
from ..core.resource import Resource, View
from ..core.resource_type import ResourceType
from ..core.times import iso
from ..store import inventory
from ..store.cells import ESTATE
from ..store.inventory import Readable, Sought
from .plane import RESOURCE_GROUPS, Plane
from .reading import Page, Reading, missing, page_size

READ = "Microsoft.Resources/subscriptions/resourceGroups/resources/read"
# Either lets one list what is there, whatever one may read of it besides: Tag Contributor has them.
_LISTS = (READ, "Microsoft.Resources/subscriptions/resources/read")
# What a row of the list has of a document; `properties` are for a GET of the resource itself.
_SHOWN = ("location", "kind", "managedBy", "sku", "identity", "tags")
_PAGE = 1000
Document = dict[str, Any]


class Inventory:
    def __init__(self, plane: Plane, reading: Reading):
        self.plane, self.reading = plane, reading
        self._groups = plane.catalog[RESOURCE_GROUPS.lower()]
        self._kinds = [
            kind for kind in plane.catalog.values() if kind.tracked and kind.name != RESOURCE_GROUPS
        ]

    def page(self, caller: Caller, address: Address, asked: Mapping[str, str], view: View) -> Page:
        """`…/resources`: those with a location, as Azure lists them; what the caller may read."""
        readable = self._readable(caller, address.id, self._kinds)
        if not readable:
            if address.id.group:
                caller.need(READ, str(address.id))
            return Page([])
        rows, following = self._some(address.id, readable, asked)
        expanded = asked.get("$expand", "").lower()
        return Page([self._document(row, expanded) for row in rows], following)

    def groups(
        self, caller: Caller, address: Address, asked: Mapping[str, str], view: View
    ) -> Page:
        """`…/resourceGroups`, which may be filtered by their tags."""
        if not asked.get("$filter"):
            return self.reading.page(caller, address, asked, view)
        readable = self._readable(caller, address.id, [self._groups])
        if not readable:
            return Page([])
        rows, following = self._some(address.id, readable, asked)
        return Page(self.reading.several(caller, [row.id for row in rows], view), following)

    def tags(self, caller: Caller, address: Address, asked: Mapping[str, str], view: View) -> Page:
        """`…/tagNames`: the tags in use on what the caller may read."""
        counts: dict[tuple[str, str], int] = {}
        for region, kinds in (
            (ESTATE, [self._groups]),
            *((r, self._kinds) for r in self._regions()),
        ):
            readable = self._readable(caller, address.id, kinds)
            if not readable:
                continue
            with self.plane.cells.named(region).read() as connection:
                found = inventory.tags(connection, Sought(address.id.key, readable))
            for name, value, count in found:
                counts[name, value] = counts.get((name, value), 0) + count
        return Page(_tag_names(str(address.id), counts))

    def _readable(
        self, caller: Caller, id: ResourceId, kinds: list[ResourceType]
    ) -> tuple[Readable, ...]:
        """The types of which any may be readable below, those with the same areas together."""
        by_areas: dict[tuple[Area, ...], list[str]] = {}
        for kind in kinds:
            actions = [kind.permission("read")]
            if kind is not self._groups:
                actions += _LISTS
            found = (caller.rights.area(action) for action in actions)
            areas = tuple(dict.fromkeys(area for area in found if area.meets(id.key)))
            if areas:
                by_areas.setdefault(areas, []).append(kind.name.lower())
        return tuple(Readable(tuple(types), areas) for areas, types in by_areas.items())

    def _some(
        self, id: ResourceId, readable: tuple[Readable, ...], asked: Mapping[str, str]
    ) -> tuple[list[Resource], str]:
        """A page of what is asked for, and the token of the one after."""
        if self.plane.load(id) is None:
            raise missing(self.plane.kind(id), id)
        size, place = page_size(asked, _PAGE), asked.get("$skiptoken", "")
        if place and not _is_place(place):
            raise Invalid("the page token is not one of ours: start again", target="$skipToken")
        where = odata.parse(asked.get("$filter", ""))
        found = self._merged(Sought(id.key, readable, where, place, size + 1))
        rows = found[:size]
        return rows, rows[-1].id.key if len(found) > size else ""

    def _merged(self, sought: Sought) -> list[Resource]:
        """From the estate's cell, and each region's that holds something there, in the order of
        ids."""
        rows: list[Resource] = []
        for region in {ESTATE, *self.plane.cells.regions_under(sought.under)}:
            with self.plane.cells.named(region).read() as connection:
                rows += inventory.find(connection, sought)
        rows.sort(key=lambda row: row.id.key)
        return rows[: sought.limit]

    def _regions(self) -> list[str]:
        return list(self.plane.cells.regions)

    def _document(self, resource: Resource, expanded: str) -> Document:
        kind = self.plane.kind(resource.id)
        document: Document = {
            "id": str(resource.id),
            "name": resource.name,
            "type": kind.shown_as or kind.name,
        }
        document |= {
            name: resource.document[name] for name in _SHOWN if resource.document.get(name)
        }
        also = {
            "createdTime": iso(resource.created.at),
            "changedTime": iso(resource.modified.at),
            "provisioningState": resource.state,
        }
        return document | {name: value for name, value in also.items() if name.lower() in expanded}


def _is_place(token: str) -> bool:
    """Whether it could be where a page ended: the key of what is in a group."""
    try:
        id = ids.parse(token)
    except PlatformError:
        return False
    return token.isprintable() and id.key == token and bool(id.group)


class _TagName(msgspec.Struct):
    name: str
    values: dict[str, int]


def _tag_names(scope: str, counts: Mapping[tuple[str, str], int]) -> list[Document]:
    """Names that differ in their case alone are one."""
    found: dict[str, _TagName] = {}
    for (name, value), count in sorted(counts.items()):
        values = found.setdefault(name.lower(), _TagName(name, {})).values
        values[value] = values.get(value, 0) + count
    return [
        {
            "id": f"{scope}/tagNames/{each.name}",
            "tagName": each.name,
            "count": _count(sum(each.values.values())),
            "values": [
                {
                    "id": f"{scope}/tagNames/{each.name}/tagValues/{value}",
                    "tagValue": value,
                    "count": _count(count),
                }
                for value, count in each.values.items()
            ],
        }
        for each in found.values()
    ]


def _count(value: int) -> Document:
    return {"type": "Total", "value": value}
