"""The control plane's front door: one way in for every request on a resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from ..core import ids
from ..core.access import Caller, refused
from ..core.errors import MethodNotAllowed, NotFound, PlatformError, Refused
from ..core.ids import Address, ResourceId
from ..core.resource import View
from ..store.operations import Operation
from .acting import Acting
from .availability import CHECK, Availability
from .conventions import Conventions
from .creations import Creations, Experiments, NoExperiments
from .inventory import Inventory
from .many import Item, Many
from .namespaces import REGISTER, Namespaces
from .needing import need_published
from .plane import Plane, not_offered
from .reading import Page, Reading
from .tagging import Tagging, is_tags
from .worker import Polling
from .writing import Conditions, Outcome, Writing

# A collection that is computed, such as a region's VM sizes: a page of it, given its address and
# the query string with its keys in lower case.
Computed = Callable[[Caller, Address, Mapping[str, str]], Page]

_VERBS = {"PUT": "write", "PATCH": "write", "DELETE": "delete"}


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of a GET: one document, a page of them, or an operation's status."""

    document: dict[str, Any] | None = None
    etag: str = ""
    page: Page | None = None
    operation: Operation | None = None


SUBSCRIPTION = "Microsoft.Resources/subscriptions"
# A collection that is not of one type.
Listed = Callable[[Caller, Address, Mapping[str, str], View], Page]


class Engine:
    """Every method authorizes first: a stranger learns nothing, not even whether a thing exists."""

    def __init__(
        self,
        plane: Plane,
        computed: Mapping[str, Computed],
        experiments: Experiments | None = None,
    ):
        self.plane = plane
        self.conventions = Conventions(plane.cells)
        self.computed = {name.lower(): rows for name, rows in computed.items()}
        self.reading = Reading(plane)
        self.namespaces, self.tagging = Namespaces(plane), Tagging(plane)
        self._listed = self._collections(Inventory(plane, self.reading))
        creations = Creations(self.conventions, experiments or NoExperiments())
        self.writing = Writing(plane, self.reading, creations)
        self.many = Many(plane, self.writing)
        self.acting, self.availability = Acting(plane), Availability(plane)
        self.polling = Polling(plane)

    def address(self, path: str) -> Address:
        found = ids.read(path)
        return msgspec.structs.replace(found, id=self.plane.canonical(found.id))

    def get(self, caller: Caller, path: str, asked: Mapping[str, str], view: View) -> Found:
        address = self.address(path)
        if address.namespace and not address.tail:
            return Found(document=self.namespaces.get(caller, address))
        if not address.is_resource:
            return Found(page=self._listing(caller, address, asked, view))
        if is_tags(address):
            return Found(document=self.tagging.get(caller, address.id))
        if address.id.type.lower().endswith("/locations/operationsstatus"):
            region = address.id.parent.name
            return Found(operation=self.polling.find(caller, region, address.id.name))
        if (document := self._computed_one(caller, address)) is not None:
            return Found(document=document)
        self._need_known(caller, address.id, "read")
        resource, document = self.reading.get(caller, address.id, view.at(address.id))
        return Found(document=document, etag=resource.etag)

    def several(self, caller: Caller, paths: Sequence[str], view: View) -> list[dict[str, Any]]:
        """The documents of those paths where there is one. Refused as a whole where the caller may
        not read one of them, before anything is looked up."""
        ids = [self._resource(path, caller).id for path in paths]
        return self.reading.several(caller, ids, view)

    def put(
        self,
        caller: Caller,
        path: str,
        body: Any,
        when: Conditions,
        view: View,
        conventional: bool = True,
    ) -> Outcome:
        if is_tags(address := self.address(path)):
            return Outcome(document=self.tagging.put(caller, address.id, body, view))
        id = self._resource(path, caller, "write").id
        return self.writing.put(caller, id, body, when, view.at(id), conventional)

    def put_many(
        self, caller: Caller, puts: Sequence[tuple[str, Any]], view: View
    ) -> list[Outcome | PlatformError]:
        """One answer for each path and body, the same that `put` would give or raise."""
        asked = [self._allowed(caller, path, body) for path, body in puts]
        done = iter(self.many.put(caller, [one for one in asked if isinstance(one, Item)], view))
        return [one if isinstance(one, PlatformError) else next(done) for one in asked]

    def patch(self, caller: Caller, path: str, body: Any, when: Conditions, view: View) -> Outcome:
        if is_tags(address := self.address(path)):
            return Outcome(document=self.tagging.patch(caller, address.id, body, view))
        id = self._resource(path, caller, "write").id
        return self.writing.patch(caller, id, body, when, view.at(id))

    def delete(self, caller: Caller, path: str, when: Conditions, view: View) -> Outcome:
        if is_tags(address := self.address(path)):
            self.tagging.delete(caller, address.id, view)
            return Outcome()
        id = self._resource(path, caller, "delete").id
        return self.writing.delete(caller, id, when, view.at(id))

    def act(self, caller: Caller, path: str, body: Any, view: View) -> Outcome:
        address = self.address(path)
        if address.namespace and address.tail.lower() in REGISTER:
            return Outcome(document=self.namespaces.register(caller, address))
        if address.namespace and address.tail.lower() == CHECK:
            return Outcome(document=self.availability.check(caller, address, body))
        if address.is_resource or address.namespace:
            raise MethodNotAllowed(f"`{path}` is not an action: POST goes to `…/name/action`")
        self._need_known(caller, address.id, f"{address.tail}/action")
        return self.acting.act(caller, address, body, view)

    def _allowed(self, caller: Caller, path: str, body: Any) -> Item | PlatformError:
        """Before anything is looked up, as for one alone."""
        try:
            asked = self._resource(path, caller, "write").id
            kind = self.plane.kind(asked)
            id = self.writing.allowed(caller, kind, "write", asked)
        except PlatformError as error:
            return error
        return Item(kind, id, body, asked)

    def known(self, path: str) -> ResourceId:
        """The id that a path is. Refuses a collection, and types that are not."""
        return self._resource(path).id

    def refused(self, caller: Caller, method: str, path: str) -> Refused:
        """What a request wanted that was refused for another reason than a missing right."""
        address = self.address(path)
        id, kind = address.id, self.plane.catalog.get(address.id.type.lower())
        if not address.is_resource and method != "POST":
            return refused(caller, f"{address.collection}/read", str(id))
        verb = address.tail if method == "POST" else _VERBS.get(method, "read")
        bare = f"{id.type}/{verb}/action" if method == "POST" else f"{id.type}/{verb}"
        return refused(caller, kind.permission(verb) if kind else bare, str(id))

    def _page(self, caller: Caller, address: Address, asked: Mapping[str, str], view: View) -> Page:
        computed = self.computed.get(address.collection.lower())
        if computed is None:
            return self.reading.page(caller, address, asked, view.at(address.id))
        self._need_there(caller, address.id)
        return computed(caller, address, asked)

    def _need_there(self, caller: Caller, id: ResourceId) -> None:
        """Who may read what a computed collection lies in is told that it is not there."""
        kind = self.plane.catalog.get(id.type.lower()) if id.steps else None
        if kind is not None and caller.rights.allows(kind.permission("read"), str(id)):
            self.reading.need(id)

    def _computed_one(self, caller: Caller, address: Address) -> dict[str, Any] | None:
        """One row of a computed collection, by its name; None where its type is kept."""
        computed = self.computed.get(address.id.type.lower())
        if computed is None:
            return None
        step = address.id.steps[-1]
        collection = Address(address.id.parent, step.type, step.namespace)
        for row in computed(caller, collection, {}).rows:
            if str(row.get("name")).lower() == step.name.lower():
                return row
        caller.need(f"{address.id.type}/read", str(address.id))
        raise NotFound(f"The resource `{address.id}` was not found.")

    def _listing(
        self, caller: Caller, address: Address, asked: Mapping[str, str], view: View
    ) -> Page:
        collection = address.collection.lower()
        if listed := self._listed.get(collection):
            return listed(caller, address, asked, view)
        if collection not in self.plane.catalog and collection not in self.computed:
            raise not_offered(address.collection)
        return self._page(caller, address, asked, view)

    def _collections(self, inventory: Inventory) -> Mapping[str, Listed]:
        """Those that are not of one type."""
        found: dict[str, Listed] = {
            f"{SUBSCRIPTION}/resourceGroups": inventory.groups,
            f"{SUBSCRIPTION}/resources": inventory.page,
            f"{SUBSCRIPTION}/resourceGroups/resources": inventory.page,
            f"{SUBSCRIPTION}/tagNames": inventory.tags,
            f"{SUBSCRIPTION}/locations": lambda caller, at, *_: self.namespaces.locations(
                caller, at
            ),
            f"{SUBSCRIPTION}/providers": lambda caller, at, *_: self.namespaces.page(caller, at),
            "Microsoft.Resources/providers": lambda caller, at, *_: self.namespaces.page(
                caller, at
            ),
        }
        return {name.lower(): page for name, page in found.items()}

    def _resource(self, path: str, caller: Caller | None = None, verb: str = "read") -> Address:
        address = self.address(path)
        if not address.is_resource:
            raise MethodNotAllowed(f"`{path}` is a collection: name one resource in it")
        self._need_known(caller, address.id, verb)
        return address

    def _need_known(self, caller: Caller | None, id: ResourceId, verb: str) -> None:
        """Of a type that there is. Everybody may know which there are."""
        if id.type.lower() not in self.plane.catalog:
            if caller:
                need_published(caller, id.type, verb, id)
            raise not_offered(id.type)
