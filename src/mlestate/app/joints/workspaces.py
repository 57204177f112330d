"""Workspaces as tracking knows them, found in memory."""

from __future__ import annotations

from collections.abc import Sequence

from ...control.plane import Plane
from ...core import ids
from ...core.errors import PlatformError
from ...core.ids import ResourceId
from ...core.resource import Resource
from ...store.resources import Query, Resources
from ...tracking.ports import Workspace

KIND = "Microsoft.MachineLearningServices/workspaces"


class KnownWorkspaces:
    """Implements the port of `api.mlflow`. Call `forget` when a workspace was written."""

    def __init__(self, plane: Plane):
        self._plane = plane
        self._by_key: dict[str, Workspace] = {}
        self._by_name: dict[str, list[Workspace]] | None = None

    def find(self, id: str) -> Workspace | None:
        found = self._by_key.get(id.lower())
        if found is None:
            try:
                found = self._load(ids.parse(id))
            except PlatformError:
                return None
            if found is not None:
                self._by_key[id.lower()] = found
        return found

    def named(self, name: str) -> Sequence[Workspace]:
        """All of that name, whatever their resource group."""
        if self._by_name is None:
            self._by_name = {}
            for region in self._plane.cells.regions:
                for resource in self._all(region):
                    known = _workspace(resource, region)
                    self._by_name.setdefault(known.name.lower(), []).append(known)
        return self._by_name.get(name.lower(), [])

    def forget(self) -> None:
        self._by_key, self._by_name = {}, None

    def _load(self, id: ResourceId) -> Workspace | None:
        region = self._plane.region_of(id)
        found = self._plane.load(id) if id.type.lower() == KIND.lower() else None
        return _workspace(found, region or "") if found else None

    def _all(self, region: str) -> list[Resource]:
        with self._plane.cells.named(region).read() as connection:
            return Resources(connection).list(Query(type=KIND, limit=100_000))


def _workspace(resource: Resource, region: str) -> Workspace:
    guid = str(resource.properties["workspaceId"])
    return Workspace(str(resource.id), resource.name, region, guid)
