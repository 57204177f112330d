"""What is in a resource, counted in every store: resources, blobs, what was tracked."""

from __future__ import annotations

from typing import Any

from ...control.engine import Engine
from ...core import ids
from ...core.access import Caller
from ...core.ids import ResourceId
from ...store import blobs
from ...store.cells import ESTATE
from ...store.resources import Resources
from ...tracking.job_runs import JobRuns

_WORKSPACE = "microsoft.machinelearningservices/workspaces"
_ACCOUNT = "microsoft.storage/storageaccounts"
# Every workspace is born with them.
_BORN = ("/datastores/workspaceblobstore", "/datastores/workspaceartifactstore")
# Of what is in a workspace, those that a file can make; all else is people's work.
_PLACED = (f"{_WORKSPACE}/computes", f"{_WORKSPACE}/datastores")


class Contents:
    """Implements the port of `api.contents`."""

    def __init__(self, engine: Engine, runs: JobRuns):
        self._engine, self._plane, self._runs = engine, engine.plane, runs

    def of(self, caller: Caller, id: str) -> dict[str, Any]:
        root = self._engine.known(caller, id, "read")
        kind = self._plane.kind(root)
        caller.need(kind.permission("read"), str(root))
        self._engine.reading.need(root)
        holds: dict[str, int] = {}
        inside: list[str] = []
        for region in sorted(self._regions(root)):
            self._count(region, root, holds, inside)
        return {"id": str(root), "holds": {k: n for k, n in holds.items() if n}, "inside": inside}

    def _regions(self, root: ResourceId) -> set[str]:
        own = self._plane.region_of(root)
        return {ESTATE, *([own] if own else []), *self._plane.cells.regions_under(root.key)}

    def _count(
        self, region: str, root: ResourceId, holds: dict[str, int], inside: list[str]
    ) -> None:
        with self._plane.cells.named(region).read() as connection:
            store = Resources(connection)
            counts = store.counts(root.key)
            for type, count in counts.items():
                if word := _word(type, counts):
                    _add(holds, word, count)
            placed = [type for type in counts if self._stands(type)]
            found = store.ids_of(root.key, placed)
            inside += [id for id in found if id.lower() != root.key and not _born(id)]
            for account in store.ids_of(root.key, [_ACCOUNT]):
                _add(holds, "blobs", blobs.count(connection, ids.parse(account).name))
            workspaces = store.ids_of(root.key, [_WORKSPACE])
        for each in workspaces:
            self._count_tracked(region, ids.parse(each), holds)

    def _count_tracked(self, region: str, id: ResourceId, holds: dict[str, int]) -> None:
        workspace = self._plane.load(id)
        guid = workspace.properties.get("workspaceId") if workspace else None
        if guid:
            runs, models = self._runs.count(region, str(guid))
            _add(holds, "runs", runs)
            _add(holds, "logged models", models)

    def _stands(self, type: str) -> bool:
        """Is a resource by itself, and neither a part of one nor something said about one."""
        kind = self._plane.catalog.get(type)
        if kind is None or kind.extension:
            return False
        return type in _PLACED or not type.startswith(f"{_WORKSPACE}/")


def _word(type: str, counts: dict[str, int]) -> str:
    """What people call it; empty for what is counted by another, or is a resource by itself."""
    if type in _PLACED or not type.startswith(f"{_WORKSPACE}/") or f"{type}/versions" in counts:
        return ""
    return type.removeprefix(f"{_WORKSPACE}/").removesuffix("/versions")


def _born(id: str) -> bool:
    return id.lower().endswith(_BORN)


def _add(holds: dict[str, int], word: str, count: int) -> None:
    holds[word] = holds.get(word, 0) + count
