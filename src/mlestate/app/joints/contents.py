"""What is in a resource, counted in every store: resources, blobs, what was tracked; of these, what
its reader may read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from ...control.engine import Engine
from ...core import ids
from ...core.access import Caller, Rights
from ...core.ids import ResourceId
from ...store import blobs, inventory
from ...store.cells import ESTATE
from ...store.database import Connection
from ...store.inventory import Readable, Sought
from ...store.resources import Resources
from ...tracking.job_runs import JobRuns

_WORKSPACE = "microsoft.machinelearningservices/workspaces"
_ACCOUNT = "microsoft.storage/storageaccounts"
_BLOBS = f"{_ACCOUNT}/blobservices/containers/blobs/read"
_METRICS = "Microsoft.Insights/metrics/read"
# Every workspace is born with them.
_BORN = ("/datastores/workspaceblobstore", "/datastores/workspaceartifactstore")
# Of what is in a workspace, those that a file can make; all else is people's work.
_PLACED = (f"{_WORKSPACE}/computes", f"{_WORKSPACE}/datastores")


class _Told(msgspec.Struct):
    """What is told; and whether there is `more` that its reader may not read."""

    holds: dict[str, int] = {}
    inside: list[str] = []
    more: bool = False

    def add(self, word: str, count: int, readable: bool = True) -> None:
        if count and readable:
            self.holds[word] = self.holds.get(word, 0) + count
        self.more = self.more or bool(count and not readable)


class Contents:
    """Implements the port of `api.contents`."""

    def __init__(self, engine: Engine, runs: JobRuns):
        self._engine, self._plane, self._runs = engine, engine.plane, runs

    def of(self, caller: Caller, id: str) -> dict[str, Any]:
        root = self._engine.known(id)
        kind = self._plane.kind(root)
        caller.need(kind.permission("read"), str(root))
        self._engine.reading.need(root)
        told = _Told()
        for region in sorted(self._regions(root)):
            self._count(region, caller, root, told)
        said = {"id": str(root), "holds": told.holds, "inside": told.inside}
        if told.more and caller.rights.allows(kind.permission("delete"), str(root)):
            return {**said, "more": True}
        return said

    def _regions(self, root: ResourceId) -> set[str]:
        own = self._plane.region_of(root)
        return {ESTATE, *([own] if own else []), *self._plane.cells.regions_under(root.key)}

    def _count(self, region: str, caller: Caller, root: ResourceId, told: _Told) -> None:
        with self._plane.cells.named(region).read() as connection:
            store = Resources(connection)
            every = store.counts(root.key)
            readable = self._readable(caller, root, every)
            self._count_within(connection, Sought(root.key, readable), every, told)
            placed = self._placed(every)
            found = [id for id in store.ids_of(root.key, placed) if not _born(id)]
            seen = set(inventory.ids(connection, Sought(root.key, _only(readable, placed))))
            inside = [id for id in found if id.lower() != root.key]
            told.inside += [id for id in inside if id in seen]
            told.more = told.more or not seen.issuperset(inside)
            for account in store.ids_of(root.key, [_ACCOUNT]):
                count = blobs.count(connection, ids.parse(account).name)
                told.add("blobs", count, _counts_blobs(caller.rights, account))
            workspaces = store.ids_of(root.key, [_WORKSPACE])
        for each in workspaces:
            self._count_tracked(region, caller, ids.parse(each), told)

    def _count_within(
        self, connection: Connection, sought: Sought, every: Mapping[str, int], told: _Told
    ) -> None:
        """What stands in no list by itself."""
        counts = inventory.counts(connection, sought)
        for type, count in every.items():
            if word := _word(type, every):
                told.add(word, counts.get(type, 0))
                told.add(word, count - counts.get(type, 0), readable=False)

    def _count_tracked(self, region: str, caller: Caller, id: ResourceId, told: _Told) -> None:
        workspace = self._plane.load(id)
        guid = workspace.properties.get("workspaceId") if workspace else None
        if guid:
            readable = caller.rights.allows(f"{_WORKSPACE}/experiments/runs/read", str(id))
            runs, models = self._runs.count(region, str(guid))
            told.add("runs", runs, readable)
            told.add("logged models", models, readable)

    def _readable(
        self, caller: Caller, root: ResourceId, types: Collection[str]
    ) -> tuple[Readable, ...]:
        """Those of which any may be readable below, with where."""
        known = [kind for type in types if (kind := self._plane.catalog.get(type))]
        areas = [(kind, caller.rights.area(kind.permission("read"))) for kind in known]
        return tuple(
            Readable((kind.name.lower(),), (area,)) for kind, area in areas if area.meets(root.key)
        )

    def _placed(self, types: Collection[str]) -> list[str]:
        return [type for type in types if self._stands(type)]

    def _stands(self, type: str) -> bool:
        """Is a resource by itself, and neither a part of one nor something said about one."""
        kind = self._plane.catalog.get(type)
        if kind is None or kind.extension:
            return False
        return type in _PLACED or not type.startswith(f"{_WORKSPACE}/")


def _word(type: str, counts: Collection[str]) -> str:
    """What people call it; empty for what is counted by another, or is a resource by itself."""
    if type in _PLACED or not type.startswith(f"{_WORKSPACE}/") or f"{type}/versions" in counts:
        return ""
    return type.removeprefix(f"{_WORKSPACE}/").removesuffix("/versions")


def _born(id: str) -> bool:
    return id.lower().endswith(_BORN)


def _only(readable: Collection[Readable], types: Collection[str]) -> tuple[Readable, ...]:
    return tuple(each for each in readable if not set(each.types).isdisjoint(types))


def _counts_blobs(rights: Rights, account: str) -> bool:
    """Who may read them; and who may read the account with its metrics, of which Azure has
    their number as one."""
    if rights.allows(_BLOBS, account, data=True):
        return True
    return all(rights.allows(action, account) for action in (f"{_ACCOUNT}/read", _METRICS))
