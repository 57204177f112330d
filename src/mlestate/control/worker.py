"""The slow half of a request: claim an operation, do it outside any transaction, settle guarded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any

import msgspec
import structlog

from ..core import happenings
from ..core.access import Caller, Rights
from ..core.errors import NotFound, PlatformError
from ..core.ids import ResourceId, parse
from ..core.lifecycle import Lifecycle
from ..core.resource import Resource, View
from ..store import activity
from ..store.cells import ESTATE
from ..store.database import Connection
from ..store.operations import FAILED, SUCCEEDED, Operation, Operations
from ..store.resources import Query, Resources
from .plane import Plane
from .work import writing
from .writing import fell, tell_gone

LEASE = 120.0  # seconds that one operation may take before another try may start
TRIES = 5
TOGETHER = 100  # operations that are done at once, at most
_log = structlog.get_logger(__name__)


class Hands:
    """What a lifecycle does slow work with. Implements `core.lifecycle.Slow`."""

    def __init__(self, plane: Plane, region: str, caller: Caller):
        self.plane, self.region, self.caller = plane, region, caller

    @property
    def at(self) -> float:
        return self.plane.clock()

    def find(self, id: ResourceId) -> Resource | None:
        return self.plane.load(id)

    def children(self, id: ResourceId, kind: str) -> list[Resource]:
        region = self.plane.region_of(id)
        if region is None:
            return []
        with self.plane.cells.named(region).read() as connection:
            return Resources(connection).list(Query(type=kind, under=id.key, limit=100_000))

    def change(self, id: ResourceId, **properties: Any) -> Resource | None:
        return lay_over(self.plane, id, lambda old: old.with_properties(**properties))


def lay_over(plane: Plane, id: ResourceId, edit: Callable[[Resource], Resource]) -> Resource | None:
    """Edit a resource as the system, over whatever it is now. None where it is gone."""
    region = plane.region_of(id)
    if region is None:
        return None
    with plane.cells.named(region).turn() as connection:
        store = Resources(connection)
        old = store.load(id.key)
        if old is None:
            return None
        saved = store.save(edit(old), plane.fresh_id())
        plane.hooks.tell(connection, happenings.changed(old, saved, plane.clock()))
    plane.changed(old.type.lower())
    return saved


class Worker:
    """`caller_of` finds who asked, as they are now; None once they are gone."""

    def __init__(self, plane: Plane, caller_of: Callable[[str], Caller | None]):
        self.plane, self.caller_of = plane, caller_of
        self._wake = threading.Event()
        self._stop = False

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stop = True
        self._wake.set()

    def run(self, idle: float = 2.0) -> None:
        """Work until stopped: on being woken, and every `idle` seconds."""
        while not self._stop:
            self._wake.clear()
            if not self.step():
                self._wake.wait(idle)

    def step(self) -> bool:
        """Do some operations of each cell. False where there was nothing to do."""
        return any([self._some(region) for region in (ESTATE, *self.plane.cells.regions)])

    def _some(self, region: str) -> bool:
        """The oldest; and with it those after it that are quickly done together."""
        with self.plane.cells.named(region).turn() as connection:
            operations, now = Operations(connection), self.plane.clock()
            claimed = operations.waiting(now, 1)
            if claimed and self._goes_together(claimed[0]):
                some = operations.waiting(now, TOGETHER)
                claimed = list(takewhile(lambda each: _like(each, some[0]), some))
            operations.hold(claimed, now + LEASE)
        if len(claimed) < 2 or not self._done_together(region, claimed):
            for operation in claimed:
                self._do(region, operation)
        return bool(claimed)

    def _goes_together(self, operation: Operation) -> bool:
        lifecycle = self.plane.lifecycles.get(_kind(operation))
        return operation.verb == "create" and lifecycle is not None and lifecycle.together

    def _done_together(self, region: str, operations: list[Operation]) -> bool:
        """False where that failed: then each is to be done alone, which tells whose fault it is."""
        keys = [parse(each.resource).key for each in operations]
        with self.plane.cells.named(region).read() as connection:
            there = Resources(connection).several(keys)
        lifecycle = self.plane.lifecycles[_kind(operations[0])]
        hands = Hands(self.plane, region, nobody(operations[0].principal))
        try:
            lifecycle.create_all(hands, list(there.values()))
        except Exception:  # noqa: BLE001 - whatever it is, it is met again by the one it is about
            return False
        self._end_all(region, operations)
        return True

    def _end_all(self, region: str, operations: list[Operation]) -> None:
        """As one `_settle` after the other."""
        ended: list[ResourceId] = []
        with self.plane.cells.named(region).turn() as connection:
            store, known = Resources(connection), Operations(connection)
            for operation in operations:
                found = store.load(parse(operation.resource).key)
                if found is not None and known.is_newest(operation):
                    marked = msgspec.structs.replace(found, state="Succeeded")
                    store.save(marked, self.plane.fresh_id())
                    ended.append(found.id)
                self._end(connection, operation, SUCCEEDED, None)
        self.plane.changed(_kind(operations[0]), *ended)

    def _do(self, region: str, operation: Operation) -> None:
        try:
            self._work(region, operation)
        except PlatformError as error:
            self._settle(region, operation, error)
        except Exception as error:  # noqa: BLE001 - the border: one bad operation must not end all
            _log.exception("operation failed", operation=operation.id, verb=operation.verb)
            if operation.tries + 1 >= TRIES:
                said = f"the server failed at `{operation.verb}`: see its log for {operation.id}"
                self._settle(region, operation, PlatformError(f"{said} ({type(error).__name__})"))
        else:
            self._settle(region, operation, None)

    def _work(self, region: str, operation: Operation) -> None:
        id = parse(operation.resource)
        caller = self.caller_of(operation.principal) or nobody(operation.principal)
        hands = Hands(self.plane, region, caller)
        if operation.verb == "delete":
            self._delete(region, hands, id)
            return
        resource = self.plane.load(id)
        if resource is None:
            return  # removed meanwhile: nothing is left to do
        lifecycle = self.plane.lifecycles.get(resource.type.lower(), Lifecycle())
        if operation.verb == "create":
            lifecycle.create(hands, resource)
            self._mark(operation, "Succeeded")
        else:
            lifecycle.run(hands, operation.verb, resource, operation.body)

    def _delete(self, region: str, hands: Hands, root: ResourceId) -> None:
        """All below goes too, in every cell, children first. Cut off anywhere, it is done again;
        what was made anew under the same id meanwhile stays."""
        cells = self.plane.cells
        if not self._goes(root):
            return
        regions = cells.regions_under(root.key) | {region, ESTATE}
        for cell in sorted(regions, reverse=True):  # the estate's own cell is last
            self._wind_up(Hands(self.plane, cell, hands.caller), root)
        with cells.placing:
            if not self._goes(root):
                return
            gone: list[ResourceId] = []
            for cell in sorted(regions, reverse=True):
                with writing(self.plane, cell, hands.caller, View()) as work:
                    fell(work, root)
                gone += work.gone
            cells.release(root.key)
        self.plane.changed(root.type.lower())
        tell_gone(self.plane, gone)

    def _goes(self, root: ResourceId) -> bool:
        """It is being deleted, or what is left of it is."""
        found = self.plane.load(root)
        return found is None or found.state == "Deleting"

    def _wind_up(self, hands: Hands, root: ResourceId) -> None:
        """What of a tree is at work ends, in one cell."""
        with self.plane.cells.named(hands.region).read() as connection:
            tree = Resources(connection).tree(root.key)
        for resource in reversed(tree):
            lifecycle = self.plane.lifecycles.get(resource.type.lower())
            if lifecycle:
                lifecycle.delete(hands, resource)

    def _mark(self, operation: Operation, state: str) -> None:
        """Set the resource's state, unless a newer write is there: its own work will."""
        id = parse(operation.resource)
        region = self.plane.region_of(id)
        if region is None:
            return
        with self.plane.cells.named(region).turn() as connection:
            found = Resources(connection).load(id.key)
            if found is None or not Operations(connection).is_newest(operation):
                return
            marked = msgspec.structs.replace(found, state=state)
            Resources(connection).save(marked, self.plane.fresh_id())
        self.plane.changed(id.type.lower())

    def _settle(self, region: str, operation: Operation, error: PlatformError | None) -> None:
        if error is not None:
            self._mark(operation, "Failed")
        said = {"code": error.code, "message": str(error)} if error else None
        status = FAILED if error else SUCCEEDED
        with self.plane.cells.named(region).turn() as connection:
            self._end(connection, operation, status, said)

    def _end(
        self,
        connection: Connection,
        operation: Operation,
        status: str,
        error: dict[str, str] | None,
    ) -> None:
        now = self.plane.clock()
        Operations(connection).settle(operation.id, status, now, error)
        if operation.correlation:
            code = error["code"] if error else ""
            activity.end(connection, operation.id, operation.correlation, now, code)
        self._tell(connection, operation, status)

    def _tell(self, connection: Connection, operation: Operation, status: str) -> None:
        """Webhooks hear of what was done, and of what could not be made."""
        id = parse(operation.resource)
        kind = self.plane.catalog.get(id.type.lower())
        if kind is None or (status == FAILED and operation.verb != "create"):
            return
        action = kind.permission({"create": "write"}.get(operation.verb, operation.verb))
        by, now = {"oid": operation.principal}, self.plane.clock()
        told = happenings.done(action, id, now, by)
        if status == FAILED:
            told = happenings.resource(happenings.WRITE_FAILED, id, action, now, by)
        self.plane.hooks.tell(connection, [told] if told else [])


class Polling:
    """What became of an operation, for whoever asked for it or may read what it is about."""

    def __init__(self, plane: Plane):
        self.plane = plane

    def find(self, caller: Caller, region: str, id: str) -> Operation:
        return self.find_all(caller, region, [id])[0]

    def find_all(self, caller: Caller, region: str, ids: Sequence[str]) -> list[Operation]:
        """In the order of their ids. Refused where there is one that the caller may not see."""
        cell = ESTATE if region == "global" else region
        there = self._there(cell, ids)
        for id in ids:
            if id in there and self._may_see(caller, there[id]):
                continue
            # The refusal is the same where there is none: it does not say what the work is about.
            caller.need("Microsoft.MachineLearningServices/locations/operationsStatus/read", "/")
            self.plane.cells.named(cell)  # of regions, too, they are told that there is none
            raise NotFound(f"there is no operation `{id}`", code="NotFound")
        return [there[id] for id in ids]

    def _there(self, cell: str, ids: Sequence[str]) -> dict[str, Operation]:
        """None in a region that is none."""
        if cell not in (ESTATE, *self.plane.cells.regions):
            return {}
        with self.plane.cells.named(cell).read() as connection:
            return Operations(connection).find_all(ids)

    def _may_see(self, caller: Caller, operation: Operation) -> bool:
        if operation.principal == caller.id:
            return True
        kind = self.plane.kind(parse(operation.resource))
        return caller.rights.allows(kind.permission("read"), operation.resource)


def _like(one: Operation, other: Operation) -> bool:
    return one.verb == other.verb and _kind(one) == _kind(other)


def _kind(operation: Operation) -> str:
    """The type of what it is about, in lower case."""
    return parse(operation.resource).type.lower()


def nobody(id: str) -> Caller:
    """Who is gone may do nothing; their work that is under way is still put to its end."""
    return Caller(id, id, "ServicePrincipal", Rights([]))
