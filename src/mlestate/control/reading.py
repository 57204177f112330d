"""GET: one resource, or a page of a collection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from ..core import numbers, page_token
from ..core.access import Caller
from ..core.errors import Invalid, NotFound
from ..core.ids import Address, ResourceId
from ..core.resource import Resource, View
from ..core.resource_type import ResourceType
from ..core.times import iso
from ..store.cells import ESTATE
from ..store.resources import Condition, Query, Resources
from .needing import hold_undenied, need_published, seen
from .plane import RESOURCE_GROUPS, Plane, not_offered
from .reach import Reach, inherited, reach_of
from .work import Work, looking

PAGE = 100
LABELS = ("latest", "azureml_default")
LARGEST_PAGE = 1000


class Page(msgspec.Struct, frozen=True):
    """`next` is the token of the page after; empty on the last."""

    rows: list[dict[str, Any]]
    next: str = ""


class _Found(NamedTuple):
    """A row, and the cell that it was found in: the directory may have let go of it meanwhile."""

    region: str
    row: Resource


class Reading:
    def __init__(self, plane: Plane):
        self.plane = plane

    def get(self, caller: Caller, id: ResourceId, view: View) -> tuple[Resource, dict[str, Any]]:
        kind = self.plane.kind(id)
        public = self._is_public(kind, id)
        if not public:
            self._need_read(caller, kind, id)
        region = self.plane.region_of(id)
        if region is None:
            raise missing(kind, id)
        with looking(self.plane, region, caller, view) as work:
            found = (
                work.resources.load(id.key)
                or self._built_in(kind).get(id.name.lower())
                or self.standing_in(work, kind, id)
                or for_now(work, kind, id)
                or _labelled(work, kind, id)
            )
            if found is None:
                raise missing(kind, id)
            if not public:
                hold_undenied(caller, kind.permission("read"), found.id, id)
            return found, self.document(work, found)

    def several(
        self, caller: Caller, ids: Sequence[ResourceId], view: View
    ) -> list[dict[str, Any]]:
        """The documents of those that are there; all of which the caller may read."""
        for id in ids:
            if not self._is_public(kind := self.plane.kind(id), id):
                self._need_read(caller, kind, id)
        found = self._loaded(ids)
        rows: dict[str, list[_Found]] = {}
        for id in ids:
            kind = self.plane.kind(id)
            if row := found.get(id.key):
                rows.setdefault(kind.name, []).append(row)
            elif built_in := self._built_in(kind).get(id.name.lower()):
                rows.setdefault(kind.name, []).append(_Found(ESTATE, built_in))
        return [
            document
            for kind, some in rows.items()
            for document in self._shown(caller, self.plane.catalog[kind.lower()], view, some)
        ]

    def _is_public(self, kind: ResourceType, id: ResourceId) -> bool:
        return kind.public and id.name.lower() in self._built_in(kind)

    def _need_read(self, caller: Caller, kind: ResourceType, id: ResourceId) -> None:
        if kind.seen_from_below and seen(caller, kind, id):
            hold_undenied(caller, kind.permission("read"), id)
        else:
            self.plane.need(caller, kind, "read", id)

    def _loaded(self, ids: Sequence[ResourceId]) -> dict[str, _Found]:
        """By key, those that are there."""
        places: dict[str, list[str]] = {}
        regions = self.plane.cells.regions_of([top.key for id in ids if (top := id.top())])
        for id in ids:
            top = None if self.plane.kind(id).estate_wide else id.top()
            region = regions.get(top.key) if top else ESTATE
            if region is not None:
                places.setdefault(region, []).append(id.key)
        found: dict[str, _Found] = {}
        for region, keys in places.items():
            with self.plane.cells.named(region).read() as connection:
                there = Resources(connection).several(keys)
            found |= {key: _Found(region, row) for key, row in there.items()}
        return found

    def need(self, id: ResourceId) -> None:
        """Raises NotFound where it is not there. Authorize first."""
        if self.plane.load(id) is None:
            raise missing(self.plane.kind(id), id)

    def page(
        self,
        caller: Caller,
        address: Address,
        asked: Mapping[str, str],
        view: View,
        kept: bool = False,
    ) -> Page:
        """`asked` is the query string with its keys in lower case. Where what is `kept` is asked
        for, what is there for now alone is left out."""
        kind = self.plane.catalog.get(address.collection.lower())
        if kind is None:
            need_published(caller, address.collection, "read", address.id)
            raise not_offered(address.collection)
        reach = reach_of(caller, kind, address)
        if reach.scopes != []:  # who reads nothing there is not told what is there
            self._need_parent(address)
        query = self._query(caller, kind, address, asked, reach, view)
        if kind.parties:
            query = msgspec.structs.replace(query, concerning=caller.ids)
        found = self._merged(query, address)
        if not kept:
            found = self._with_for_now(caller, kind, query, view, found)
        rows, after = found[: query.limit], found[query.limit :]
        if (reach.scopes is None or kind.public) and query.after is None:
            built_in = self._built_in(kind).values()
            met = [each for each in built_in if all(c.met(each) for c in query.where)]
            rows = [*(_Found(ESTATE, each) for each in met), *rows]
        following = _token(query, rows[-1].row) if after else ""
        return Page(self._shown(caller, kind, view, rows), following)

    def document(self, work: Work, resource: Resource) -> dict[str, Any]:
        """A resource as clients see it."""
        return self._documents(work, self.plane.kind(resource.id), [resource])[0]

    def _documents(
        self, work: Work, kind: ResourceType, rows: list[Resource]
    ) -> list[dict[str, Any]]:
        """Those of one type and cell."""
        lifecycle = self.plane.lifecycles.get(kind.name.lower())
        shown = lifecycle.show_all(work, rows) if lifecycle else [{}] * len(rows)
        return [_document(kind, work.view, *each) for each in zip(rows, shown, strict=True)]

    def _shown(
        self, caller: Caller, kind: ResourceType, view: View, found: list[_Found]
    ) -> list[dict[str, Any]]:
        shown: dict[str, Iterator[dict[str, Any]]] = {}
        for region in {each.region for each in found}:
            mine = [each.row for each in found if each.region == region]
            with looking(self.plane, region, caller, view) as work:
                shown[region] = iter(self._documents(work, kind, mine))
        return [next(shown[each.region]) for each in found]

    def _built_in(self, kind: ResourceType) -> dict[str, Resource]:
        """By name in lower case."""
        lifecycle = self.plane.lifecycles.get(kind.name.lower())
        found = lifecycle.built_in() if lifecycle else ()
        return {resource.name.lower(): resource for resource in found}

    def standing_in(self, work: Work, kind: ResourceType, id: ResourceId) -> Resource | None:
        """What answers at an address where nothing is kept."""
        lifecycle = self.plane.lifecycles.get(kind.name.lower())
        return lifecycle.standing_in(work, id) if lifecycle and kind.inherited else None

    def _need_parent(self, address: Address) -> None:
        kind = self.plane.catalog[address.collection.lower()]
        # The versions of what has none yet are none: clients ask before they make the first.
        parent = address.id.parent if kind.makes_parent else address.id
        known = parent.steps and parent.type.lower() in self.plane.catalog
        if known and self.plane.load(parent) is None:
            raise missing(self.plane.kind(parent), parent, code="ParentResourceNotFound")

    def _query(
        self,
        caller: Caller,
        kind: ResourceType,
        address: Address,
        asked: Mapping[str, str],
        reach: Reach,
        view: View,
    ) -> Query:
        newest_first = asked.get("$orderby", asked.get("orderby", "")).lower().startswith("created")
        query = Query(
            type=kind.name,
            under=address.id.key,
            scopes=reach.scopes,
            taken=reach.taken,
            hidden=reach.hidden,
            where=tuple(_conditions(kind, asked)),
            newest_first=newest_first,
            after=_read_token(asked.get("$skiptoken") or asked.get("$skip") or ""),
            limit=_limit(asked),
        )
        lifecycle = self.plane.lifecycles.get(kind.name.lower())
        if lifecycle is None or not kind.inherited:
            return query
        with looking(self.plane, ESTATE, caller, view) as work:
            sought = lifecycle.sought(work, address.id, asked.get("$filter", ""))
        return inherited(query, caller, kind, address, sought)

    def _merged(self, query: Query, address: Address) -> list[_Found]:
        """One row more than the page, from each cell that may hold some, in the query's order."""
        kind = self.plane.catalog[query.type.lower()]
        top = address.id.top()
        if kind.estate_wide:
            regions = {""}
        elif top is not None and top.type.lower() in self.plane.catalog:
            regions = {self.plane.region_of(top) or ""}
        elif query.under:
            regions = self.plane.cells.regions_under(query.under)
        else:
            regions = set(self.plane.cells.regions)
        more = msgspec.structs.replace(query, limit=query.limit + 1)
        found: list[_Found] = []
        for region in regions:
            with self.plane.cells.named(region).read() as connection:
                found += [_Found(region, row) for row in Resources(connection).list(more)]
        return _ordered(query, found)

    def _with_for_now(
        self, caller: Caller, kind: ResourceType, query: Query, view: View, found: list[_Found]
    ) -> list[_Found]:
        if not kind.estate_wide:
            return found
        with looking(self.plane, ESTATE, caller, view) as work:
            found += [_Found(ESTATE, each) for each in work.for_now(kind) if query.met(each)]
        return _ordered(query, found)


def for_now(work: Work, kind: ResourceType, id: ResourceId) -> Resource | None:
    """What is there at this moment without being stored."""
    return next((each for each in work.for_now(kind) if each.id.key == id.key), None)


def _labelled(work: Work, kind: ResourceType, id: ResourceId) -> Resource | None:
    """The version that a label means, where the name is one: clients ask for a default so."""
    if not kind.makes_parent or id.name.lower() not in LABELS:
        return None
    container = work.resources.load(id.parent.key)
    latest = container.properties.get("latestVersion") if container else None
    return work.resources.load(id.parent.child("versions", latest).key) if latest else None


def _document(
    kind: ResourceType, view: View, resource: Resource, shown: dict[str, Any]
) -> dict[str, Any]:
    if kind.seen_as:
        resource = msgspec.structs.replace(resource, id=kind.seen_as(resource.id, view))
    added = {**(kind.render(resource, view) if kind.render else {}), **shown}
    resource = _of_tenant(resource, view)
    if kind.stateful:
        added = {"provisioningState": resource.state, **added}
    return envelope(kind, resource, added)


def _of_tenant(resource: Resource, view: View) -> Resource:
    """A managed identity says its tenant. It has no principal: nothing logs in as it."""
    identity = resource.document.get("identity") or {}
    if not view.tenant or "SystemAssigned" not in str(identity.get("type")):
        return resource
    document = {**resource.document, "identity": {**identity, "tenantId": view.tenant}}
    return msgspec.structs.replace(resource, document=document)


def envelope(kind: ResourceType, resource: Resource, added: dict[str, Any]) -> dict[str, Any]:
    properties = {**resource.properties, **added}
    document = {k: v for k, v in resource.document.items() if k != "properties"}
    return {
        "id": str(resource.id),
        "name": resource.name,
        "type": kind.shown_as or kind.name,
        **document,
        **(properties if kind.flat else {"properties": properties}),
        "systemData": system_data(resource),
    }


def system_data(resource: Resource) -> dict[str, str]:
    return {
        "createdBy": resource.created.by,
        "createdByType": resource.created.kind,
        "createdAt": iso(resource.created.at),
        "lastModifiedBy": resource.modified.by,
        "lastModifiedByType": resource.modified.kind,
        "lastModifiedAt": iso(resource.modified.at),
    }


def missing(kind: ResourceType, id: ResourceId, code: str = "") -> NotFound:
    if kind.name == RESOURCE_GROUPS:
        return NotFound(f"Resource group `{id.name}` was not found.", code="ResourceGroupNotFound")
    if kind.name == "Microsoft.Resources/subscriptions":
        return NotFound(f"Subscription `{id.name}` was not found.", code="SubscriptionNotFound")
    return NotFound(f"The resource `{id}` was not found.", code=code)


def _conditions(kind: ResourceType, asked: Mapping[str, str]) -> Iterator[Condition]:
    for key, rule in kind.filters.items():
        word = asked.get(key.lower())
        if not word:
            continue
        path = rule.path if rule.envelope or not rule.path else ("properties", *rule.path)
        if rule.values is not None:
            value = _wanted(key, word, rule.values)
            if value is not None:
                yield Condition(path, (value,))
        elif rule.match == "has":
            yield from (_member(path, item) for item in word.split(","))
        else:
            yield Condition(path, tuple(word.split(",")) if rule.match == "in" else (word,))


def _member(path: tuple[str, ...], item: str) -> Condition:
    """`key` or `key=value` of a map."""
    key, has_value, value = item.partition("=")
    return Condition((*path, key.strip()), (value.strip(),) if has_value else ())


def _wanted(key: str, word: str, values: Mapping[str, Any]) -> Any:
    """What a word of a query asks for; None for nothing."""
    # Enum names reach us as `ListViewType.ACTIVE_ONLY` from some clients.
    plain = word.rpartition(".")[2].replace("_", "").lower()
    known = {name.lower(): value for name, value in values.items()}
    if plain not in known:
        raise Invalid(
            f"`{key}` is `{word}`; it may be {', '.join(values)}",
            code="InvalidParameter",
            target=key,
        )
    return known[plain]


def _limit(asked: Mapping[str, str]) -> int:
    text = asked.get("$top") or asked.get("count") or asked.get("pagesize") or str(PAGE)
    found = numbers.whole(text, 1)
    if found is None:
        raise Invalid(f"`$top` is `{text[:80]}`: a whole number above 0", code="InvalidParameter")
    return min(found, LARGEST_PAGE)


def page_size(asked: Mapping[str, str], usual: int) -> int:
    """How many rows are asked for at once."""
    return _limit({"$top": str(usual), **asked})


def _token(query: Query, last: Resource) -> str:
    return page_token.write([last.created.at, last.id.key])


def _read_token(text: str) -> tuple[float, str] | None:
    if not text or text == "0":
        return None
    found = page_token.read(text, tuple[float, str])
    if found is None:
        raise Invalid("the page token is not one of ours: start again", target="$skip")
    return found


def _ordered(query: Query, found: list[_Found]) -> list[_Found]:
    """One row more than the page."""
    found.sort(key=_order(query), reverse=query.newest_first)
    return found[: query.limit + 1]


def _order(query: Query) -> Any:
    if query.newest_first:
        return lambda found: (found.row.created.at, found.row.id.key)
    return lambda found: found.row.id.key
