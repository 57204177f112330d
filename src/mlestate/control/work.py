"""A request's transaction, with what a lifecycle may do in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import msgspec

from ..core import activity, happenings, shape
from ..core.access import Caller
from ..core.activity import ACCEPTED, SUCCEEDED
from ..core.errors import Invalid
from ..core.happenings import Happening
from ..core.ids import ResourceId
from ..core.merge_patch import merge
from ..core.resource import Change, Resource, Stamp, View
from ..core.resource_type import ResourceType, hold_fixed, same
from ..store.activity import Event, record
from ..store.database import Connection
from ..store.operations import Operation, Operations
from ..store.resources import Resources
from .plane import Plane


class Work:
    """One transaction on one cell. Implements `core.lifecycle.Work`."""

    def __init__(
        self, plane: Plane, region: str, connection: Connection, caller: Caller, view: View
    ):
        self.plane, self.region, self.connection = plane, region, connection
        self.caller, self.view = caller, view
        self.at = plane.clock()
        self.resources = Resources(connection)
        self.asked: list[str] = []  # operations asked for in this transaction
        self.events: list[Event] = []  # recorded when the transaction ends
        self.told: list[Happening] = []  # in the outbox when the transaction ends
        self.query: Mapping[str, str] = {}
        self.gone: list[ResourceId] = []  # removed in this transaction

    @cached_property
    def correlation(self) -> str:
        """Shared by all events of the request, and of the slow work that it begins."""
        return self.view.asked.correlation or self.plane.fresh_id()

    def fresh_id(self) -> str:
        return self.plane.fresh_id()

    def restamp(self, resource: Resource) -> Resource:
        """Write a resource as it is, changed by the caller."""
        return self.save(msgspec.structs.replace(resource, modified=self._stamp()))

    def find(self, id: ResourceId) -> Resource | None:
        region = self.plane.region_of(id)
        if region is None:
            return None
        if region == self.region:
            return self.resources.load(id.key)
        return self.plane.load(id)

    def put(self, id: ResourceId, document: dict[str, Any]) -> Resource:
        return self.write(self.plane.kind(id), id, document)

    def write(
        self,
        kind: ResourceType,
        id: ResourceId,
        document: dict[str, Any],
        if_match: str | None = None,
    ) -> Resource:
        """Check, complete and store a document; its lifecycle's part included."""
        return self.write_over(self.resources.load(id.key), kind, id, document, if_match)

    def write_over(
        self,
        old: Resource | None,
        kind: ResourceType,
        id: ResourceId,
        document: Any,
        if_match: str | None = None,
    ) -> Resource:
        """As `write`, where what is there was loaded already."""
        if old is not None and old.state == "Deleting":
            raise shape.being_deleted(id)
        change = shape.change(kind, old.id if old else id, document, old, self.at, self.fresh_id())
        hold_fixed(kind, change)
        if kind.check:
            kind.check(change)
        lifecycle = self.plane.lifecycles.get(kind.name.lower())
        if lifecycle:
            lifecycle.admit(self, change)
        if kind.makes_parent:
            self._need_container(change)
        saved = self.resources.save(
            self._resource(kind, change), self.fresh_id(), if_match if old else None
        )
        self._keep_secrets(kind, change)
        self.told += happenings.changed(old, saved, self.at)
        if lifecycle:
            lifecycle.written(self, saved, old)
            saved = self.resources.load(saved.id.key) or saved
        return saved

    def for_now(self, kind: ResourceType) -> Iterable[Resource]:
        """What of a type is there at this moment without being stored."""
        lifecycle = self.plane.lifecycles.get(kind.name.lower())
        return lifecycle.for_now(self) if lifecycle else ()

    def save(self, resource: Resource) -> Resource:
        return self.resources.save(resource, self.fresh_id())

    def drop(self, id: ResourceId) -> None:
        self.gone += (resource.id for resource in self.resources.tree(id.key))
        self.resources.drop_tree(id.key)

    def secret(self, id: ResourceId) -> dict[str, Any] | None:
        return self.resources.secret(id.key)

    def forget_secret(self, id: ResourceId) -> None:
        self.resources.drop_secret(id.key)

    def later(self, verb: str, resource: Resource, body: Any = None) -> str:
        operation = Operation(
            id=self.fresh_id(),
            verb=verb,
            resource=str(resource.id),
            principal=self.caller.id,
            asked_at=self.at,
            body=body,
            correlation=self.correlation,
        )
        Operations(self.connection).ask(operation)
        self.asked.append(operation.id)
        return operation.id

    def record(
        self, action: str, id: ResourceId, code: int = 200, operation: str = "", **known: Any
    ) -> None:
        """What was done, or what begins where it is an operation; `known` are fields of `About`."""
        event = activity.event(
            activity.by(self.caller, self.view.asked),
            self.at,
            action,
            str(id),
            status=ACCEPTED if operation else SUCCEEDED,
            operation=operation,
            correlation=self.correlation,
            code=code,
            **known,
        )
        self.events.append(event)
        if not self.plane.is_slow(action, id):
            by = {"oid": self.caller.id, "name": self.caller.name}
            self.tell(happenings.done(action, id, self.at, by))

    def tell(self, one: Happening | None) -> None:
        """Those who want to know hear of it, if and only if the transaction is committed."""
        if one is not None:
            self.told.append(one)

    def _resource(self, kind: ResourceType, change: Change) -> Resource:
        added = kind.complete(change) if kind.complete else {}
        properties = {**change.properties, **added}
        stamp = self._stamp()
        slow = "create" in kind.slow
        fresh = change.old is None
        return Resource(
            id=change.id,
            document={**change.document, "properties": properties},
            created=change.old.created if change.old else stamp,
            modified=stamp,
            state=("Creating" if fresh else "Updating") if slow else "Succeeded",
        )

    def _stamp(self) -> Stamp:
        return Stamp(self.caller.name, _kind_of(self.caller), self.at, self.caller.id)

    def _need_container(self, change: Change) -> None:
        """Made with the first version; what it took of that one, all of its versions have."""
        container = self.resources.load(change.id.parent.key)
        names = self.plane.kind(change.id).parent_takes
        taken = {n: change.properties[n] for n in names if n in change.properties}
        if container is None:
            self.put(change.id.parent, {"properties": taken})
            return
        for name, value in taken.items():
            if not same(container.properties.get(name) or value, value):
                raise Invalid(
                    f"`{container.name}` has versions with `{name}` `{container.properties[name]}` "
                    f"and can have none with `{value}`: choose another name",
                    target=f"$.properties.{name}",
                )

    def _keep_secrets(self, kind: ResourceType, change: Change) -> None:
        if not shape.keeps_secrets(kind, change):
            self.forget_secret(change.id)
        if change.secrets:
            before = self.resources.secret(change.id.key) or {}
            self.resources.save_secret(change.id.key, {**before, **change.secrets})


@contextmanager
def writing(plane: Plane, region: str, caller: Caller, view: View) -> Iterator[Work]:
    """One write transaction on one cell."""
    with plane.cells.named(region).turn() as connection:
        work = Work(plane, region, connection, caller, view)
        yield work
        record(connection, *work.events)
        plane.hooks.tell(connection, work.told)


@contextmanager
def looking(plane: Plane, region: str, caller: Caller, view: View) -> Iterator[Work]:
    """One read transaction on one cell."""
    with plane.cells.named(region).read() as connection:
        yield Work(plane, region, connection, caller, view)


def _kind_of(caller: Caller) -> str:
    return "User" if caller.kind in ("User", "Job") else "Application"


def merged(old: Resource, patch: dict[str, Any], kind: ResourceType) -> dict[str, Any]:
    """The document that a PATCH makes: a merge of properties; tags are replaced as a whole."""
    properties, allowed = patch.get("properties") or {}, kind.patchable
    refused = sorted(set(properties) - set(allowed)) if allowed is not None else []
    if refused:
        raise Invalid(
            f"PATCH cannot change {', '.join(f'`{name}`' for name in refused)}: use PUT",
            code="PropertyChangeNotAllowed",
            target=f"$.properties.{refused[0]}",
        )
    document: dict[str, Any] = merge(old.document, {k: v for k, v in patch.items() if k != "tags"})
    if "tags" in patch:
        document["tags"] = patch["tags"] or {}
    for name, key in kind.keyed.items():
        if isinstance(properties, dict) and isinstance(properties.get(name), list):
            whole = _by_key(old.properties.get(name) or [], properties[name], key)
            document["properties"][name] = whole
    return document


def _by_key(old: list[Any], new: list[Any], key: str) -> list[Any]:
    """What there is with what is new laid over, element by element."""
    named = [each for each in new if isinstance(each, dict)]
    said = {each.get(key) for each in named if isinstance(each.get(key), str)}
    return [*(each for each in old if each.get(key) not in said), *new]
