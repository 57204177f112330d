"""PUT, PATCH and DELETE of one resource."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import msgspec

from ..core import shape
from ..core.access import Caller, refused
from ..core.errors import Forbidden, Invalid, NotFound, Stale
from ..core.ids import ResourceId
from ..core.resource import Resource, View
from ..core.resource_type import ResourceType, hold_writable
from ..store.cells import ESTATE
from ..store.resources import Resources
from .creations import Creations
from .needing import need
from .plane import RESOURCE_GROUPS, Plane
from .reading import Reading, for_now, missing
from .work import Work, looking, merged, writing

Find = Callable[[ResourceId], Resource | None]


class Conditions(msgspec.Struct, frozen=True):
    """The request's conditional headers, unquoted, None where not sent; and its query string, with
    its keys in lower case."""

    if_match: str | None = None
    if_none_match: str | None = None
    query: Mapping[str, str] = {}


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a write. `operation` is the address to poll, where work goes on; `warnings`
    are what the estate's conventions have against it."""

    document: dict[str, Any] | None = None
    etag: str = ""
    created: bool = False
    existed: bool = True
    operation: str = ""
    warnings: tuple[str, ...] = ()


class Writing:
    def __init__(self, plane: Plane, reading: Reading, creations: Creations):
        self.plane, self.reading, self.creations = plane, reading, creations

    def put(
        self,
        caller: Caller,
        id: ResourceId,
        body: Any,
        when: Conditions,
        view: View,
        conventional: bool = True,
    ) -> Outcome:
        """`conventional` is whether what it makes is held to the estate's conventions."""
        kind = self.plane.kind(id)
        id = self.allowed(caller, kind, "write", id)
        self.plane.locks.hold(id, "write")
        with (
            self._place(kind, id, body) as region,
            writing(self.plane, region, caller, view) as work,
        ):
            spelt = spelled(id, work.find)
            outcome = self.put_in(work, kind, spelt, body, when, conventional)
        self.plane.changed(kind.name.lower(), id)
        return outcome

    def put_in(
        self,
        work: Work,
        kind: ResourceType,
        id: ResourceId,
        body: Any,
        when: Conditions,
        conventional: bool = True,
    ) -> Outcome:
        """The part of a PUT that lies within a transaction of the resource's cell."""
        hold_writable(kind)
        old = work.resources.load(id.key)
        hold(when, old)
        expected = old.etag if old and when.if_match else None
        anew = conventional and old is None
        warnings = self.creations.admit(work, kind, id, body) if anew else ()
        saved = work.write_over(old, kind, id, body, expected)
        outcome = self._settled(work, kind, saved, old, "write")
        return msgspec.structs.replace(outcome, warnings=warnings) if warnings else outcome

    def patch(
        self, caller: Caller, id: ResourceId, body: Any, when: Conditions, view: View
    ) -> Outcome:
        kind = self.plane.kind(id)
        id = self.allowed(caller, kind, "write", id)
        hold_writable(kind)
        self.plane.locks.hold(id, "write")
        if not isinstance(body, dict):
            raise Invalid("the body must be a JSON object", target="$")
        body = shape.raised(body) if kind.bare else body
        region = self.plane.region_of(id)
        if region is None:
            raise missing(kind, id)
        with writing(self.plane, region, caller, view) as work:
            old = work.resources.load(id.key)
            if old is None:
                raise missing(kind, id)
            hold(when, old)
            saved = work.write(kind, old.id, merged(old, body, kind), old.etag)
            outcome = self._settled(work, kind, saved, old, "write")
        self.plane.changed(kind.name.lower(), id)
        return outcome

    def delete(self, caller: Caller, id: ResourceId, when: Conditions, view: View) -> Outcome:
        kind = self.plane.kind(id)
        need(caller, kind, "delete", id)
        id = self._kept(caller, kind, "delete", id)
        hold_writable(kind)
        self.plane.locks.hold(id, "delete")
        with self._alone(id):
            region = self.plane.region_of(id)
            if region is None:
                return Outcome(existed=False)
            with writing(self.plane, region, caller, view) as work:
                old = work.resources.load(id.key)
                if old is None and kind.name == RESOURCE_GROUPS:
                    raise missing(kind, id)
                work.query = when.query
                if old is None:
                    self._hold_built_in(work, kind, id)
                    outcome, ended = self._let_go(work, kind, id, when)
                else:
                    hold(when, old)
                    outcome, ended = self._delete(work, kind, old), ()
            if not outcome.existed:
                return outcome
            gone = list(work.gone)
            if not outcome.operation and region != ESTATE:
                self.plane.cells.forget(id.key)
                gone += self._fell_extensions(caller, id, view)
        tell_gone(self.plane, gone)
        for one in (id, *ended):
            self.plane.changed(one.type.lower(), one)
        return outcome

    def allowed(self, caller: Caller, kind: ResourceType, verb: str, id: ResourceId) -> ResourceId:
        """The id that it is kept under. Raises Forbidden before anything is looked up."""
        self.plane.need(caller, kind, verb, id)
        return self._kept(caller, kind, verb, id)

    def _kept(self, caller: Caller, kind: ResourceType, verb: str, id: ResourceId) -> ResourceId:
        """Of what has an id in each place, that of the place where it is kept. It takes the right
        there, too; who has it not is not told where that is."""
        if kind.seen_as is None:
            return id
        with looking(self.plane, ESTATE, caller, View()) as work:
            if work.resources.load(id.key):
                return id
            found = self.reading.standing_in(work, kind, id)
        if found is None:
            return id
        action = kind.permission(verb)
        if not caller.rights.allows(action, str(found.id)):
            text = f"`{id.name}` is kept in another place, and this takes `{action}` there"
            raise Forbidden(text, target=action).of(refused(caller, action, str(found.id)))
        return found.id

    def _fell_extensions(self, caller: Caller, id: ResourceId, view: View) -> list[ResourceId]:
        """What sits on what is gone and is kept in the estate's own cell, such as its roles."""
        with self.plane.cells.estate.read() as connection:
            if not Resources(connection).tree(id.key):
                return []
        with writing(self.plane, ESTATE, caller, view) as work:
            fell(work, id)
            return work.gone

    def _hold_built_in(self, work: Work, kind: ResourceType, id: ResourceId) -> None:
        """What is there without being stored does not go: its type says so."""
        lifecycle = self.plane.lifecycles.get(kind.name.lower())
        for resource in lifecycle.built_in() if lifecycle else ():
            if lifecycle and resource.name.lower() == id.name.lower():
                lifecycle.admit_removal(work, resource)

    def _let_go(
        self, work: Work, kind: ResourceType, id: ResourceId, when: Conditions
    ) -> tuple[Outcome, Sequence[ResourceId]]:
        """End what is there for now; and the ids of what was written for that."""
        found, lifecycle = for_now(work, kind, id), self.plane.lifecycles.get(kind.name.lower())
        if found is None or lifecycle is None:
            return Outcome(existed=False), ()
        hold(when, found)
        lifecycle.admit_removal(work, found)
        shown = self.reading.document(work, found) if kind.shown_when_gone else None
        ended = tuple(lifecycle.let_go(work, found))
        work.record(kind.permission("delete"), found.id, said=_said(kind, found))
        return Outcome(document=shown), ended

    def _alone(self, id: ResourceId) -> AbstractContextManager[Any]:
        """No other top-level resource is made or removed meanwhile; others need not wait."""
        return self.plane.cells.placing if id.top() == id else nullcontext()

    def _delete(self, work: Work, kind: ResourceType, old: Resource) -> Outcome:
        if lifecycle := self.plane.lifecycles.get(kind.name.lower()):
            lifecycle.admit_removal(work, old)
        if "delete" not in kind.slow:
            work.record(kind.permission("delete"), old.id, said=_said(kind, old))
            shown = self.reading.document(work, old) if kind.shown_when_gone else None
            fell(work, old.id)
            return Outcome(document=shown)
        if old.state == "Deleting":
            raise shape.being_deleted(old.id)
        going = work.save(msgspec.structs.replace(old, state="Deleting"))
        asked = work.later("delete", going)
        work.record(kind.permission("delete"), old.id, 202, asked)
        return Outcome(operation=operation_address(work, going, asked))

    def _settled(
        self, work: Work, kind: ResourceType, saved: Resource, old: Resource | None, verb: str
    ) -> Outcome:
        """Ask for the slow part, record, and show."""
        asked = work.later("create", saved) if "create" in kind.slow else ""
        operation = operation_address(work, saved, asked) if asked else ""
        code = kind.created if old is None else kind.replaced
        work.record(kind.permission(verb), saved.id, code, asked, said=_said(kind, saved))
        return Outcome(
            document=self.reading.document(work, saved),
            etag=saved.etag,
            created=old is None,
            operation=operation,
        )

    @contextmanager
    def _place(self, kind: ResourceType, id: ResourceId, body: Any) -> Iterator[str]:
        """The cell to write to. A new top-level resource takes its place in the directory, and
        keeps it only if it is written."""
        with self._alone(id):
            self.need_parent(kind, id, self.plane.load)
            region = self.plane.region_of(id)
            if region is not None:
                yield region
                return
            shape.change(kind, id, body, None, 0.0, "")  # no place is taken for what is not valid
            region = shape.normal_location(str(body["location"]))
            cells, now = self.plane.cells, self.plane.clock()
            cells.named(region)
            with cells.reserved(id.key, region, kind.unique_in, id.name, now):
                yield region

    def need_parent(self, kind: ResourceType, id: ResourceId, find: Find) -> None:
        """The parent must be there, and be one that the type can sit in."""
        parent = id.parent
        if kind.makes_parent:
            parent = parent.parent
        if kind.personal or not parent.steps or kind.name == "Microsoft.Resources/subscriptions":
            return
        if kind.tracked and not kind.parent and parent.type != RESOURCE_GROUPS:
            raise NotFound(
                f"`{kind.name}` sits in a resource group: /subscriptions/…/resourceGroups/…",
                code="MismatchingResourceSegments",
            )
        found = find(self.plane.canonical(parent))
        if found is None:
            raise missing(self.plane.kind(parent), parent, code="ParentResourceNotFound")
        if found.state == "Deleting":
            raise shape.being_deleted(found.id)


def _said(kind: ResourceType, resource: Resource) -> dict[str, str]:
    """What the activity log tells of it."""
    return kind.logged(resource) if kind.logged else {}


def spelled(id: ResourceId, find: Find) -> ResourceId:
    """The id with its ancestors' names as they were first written."""
    parent = id.parent
    found = find(parent) if parent.steps else None
    step = id.steps[-1]
    return found.id.child(step.type, step.name, step.namespace) if found else id


def hold(when: Conditions, old: Resource | None) -> None:
    """Refuse where a conditional header does not hold."""
    etag = old.etag if old else None
    if when.if_match is not None and (etag is None or when.if_match not in ("*", etag)):
        raise Stale("the resource was changed by someone else, or is gone: read it again")
    if when.if_none_match == "*" and old is not None:
        raise Stale(f"`{old.id}` exists already")
    if when.if_none_match not in (None, "*") and when.if_none_match == etag:
        raise Stale(f"`{old.id if old else ''}` still has that etag")


def fell(work: Work, root: ResourceId) -> list[Resource]:
    """Remove a resource and all below it, children first; each type does its part."""
    gone = list(reversed(work.resources.tree(root.key)))
    work.gone += (resource.id for resource in gone)
    for resource in gone:
        lifecycle = work.plane.lifecycles.get(resource.type.lower())
        if lifecycle:
            lifecycle.removed(work, resource)
    work.resources.drop_tree(root.key)
    return gone


def tell_gone(plane: Plane, gone: Iterable[ResourceId]) -> None:
    """After the commit: of all that went with something else, since any may be kept in memory."""
    by_type: dict[str, list[ResourceId]] = {}
    for id in gone:
        by_type.setdefault(id.type.lower(), []).append(id)
    for kind, ids in by_type.items():
        plane.changed(kind, *ids)


def operation_address(work: Work, resource: Resource, operation: str) -> str:
    """Where the work is polled. Outside the resource: it is asked for after a delete, too."""
    subscription = resource.id.subscription
    scope = f"/subscriptions/{subscription}" if subscription else ""
    kind = work.plane.kind(resource.id)
    region = work.region or "global"
    return f"{scope}/providers/{kind.namespace}/locations/{region}/operationsStatus/{operation}"
