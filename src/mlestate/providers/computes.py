"""Clusters: a pool of nodes in the queue of their region. Attached computes: nothing but a word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from ..catalog.attached_computes import is_attached
from ..core import durations
from ..core.errors import Conflict, Invalid
from ..core.ids import ResourceId
from ..core.lifecycle import Lifecycle, Slow, Work
from ..core.resource import Resource

KIND = "Microsoft.MachineLearningServices/workspaces/computes"
_UNDERLYING = "underlyingResourceAction"


class Nodes(msgspec.Struct, frozen=True):
    """`counts` has Azure's words: idle, running, preparing, leaving, unusable, preempted.

    `names` has each node's id, its state, and the job on it.
    """

    allocation: str
    current: int
    target: int
    counts: dict[str, int]
    names: Sequence[tuple[str, str, str]]


class Wanted(msgspec.Struct, frozen=True):
    """How many nodes a compute may have."""

    compute: str
    least: int
    most: int
    idle_seconds: float


class Pools(Protocol):
    """The nodes of a region's computes; a compute is its id in lower case."""

    def place(self, *wanted: Wanted) -> None: ...
    def drop(self, compute: str) -> None: ...
    def nodes(self, computes: Sequence[str]) -> dict[str, Nodes]:
        """Of those that are placed."""


class Computes(Lifecycle):
    kind = KIND
    together = True

    def __init__(self, pools: dict[str, Pools]):
        self.pools = pools

    def create(self, slow: Slow, resource: Resource) -> None:
        if not is_attached(resource.properties):
            self._pool(slow).place(_wanted(resource))

    def create_all(self, slow: Slow, resources: Sequence[Resource]) -> None:
        clusters = [each for each in resources if not is_attached(each.properties)]
        self._pool(slow).place(*map(_wanted, clusters))

    def admit_removal(self, work: Work, resource: Resource) -> None:
        _need_fitting(work.query.get(_UNDERLYING.lower(), ""), resource)
        nodes = self._nodes(work, resource.id)
        busy = [job.rpartition("/")[2] for _, _, job in nodes.names if job] if nodes else []
        if busy:
            raise Conflict(
                f"`{resource.name}` runs {', '.join(f'`{job}`' for job in busy[:5])}: cancel or "
                "await them first",
                code="ComputeInUse",
            )

    def delete(self, slow: Slow, resource: Resource) -> None:
        if not is_attached(resource.properties):
            self._pool(slow).drop(resource.id.key)

    def show(self, work: Work, resource: Resource) -> dict[str, Any]:
        return _shown(resource, self._nodes(work, resource.id))

    def show_all(self, work: Work, resources: Sequence[Resource]) -> list[dict[str, Any]]:
        found = self.pools[work.region].nodes([resource.id.key for resource in resources])
        return [_shown(resource, found.get(resource.id.key)) for resource in resources]

    def act(
        self, work: Work, verb: str, resource: Resource | None, id: ResourceId, body: Any
    ) -> Any:
        if verb != "listNodes":
            raise Conflict(f"a cluster cannot `{verb}`")
        if resource is not None and is_attached(resource.properties):
            kind = resource.properties["computeType"]
            raise Conflict(
                f"`{id.name}` is an attached {kind}: its nodes are known where it runs, not here",
                code="ComputeNotManaged",
            )
        nodes = self._nodes(work, id)
        rows = nodes.names if nodes else []
        return {
            "nodes": [
                {"nodeId": node, "nodeState": state, "runId": job.rpartition("/")[2] or None}
                for node, state, job in rows
            ],
            "nextLink": None,
        }

    def _pool(self, slow: Slow) -> Pools:
        return self.pools[slow.region]

    def _nodes(self, work: Work, id: ResourceId) -> Nodes | None:
        return self.pools[work.region].nodes([id.key]).get(id.key)


def _wanted(resource: Resource) -> Wanted:
    scale = resource.properties["properties"]["scaleSettings"]
    return Wanted(
        resource.id.key,
        int(scale["minNodeCount"]),
        int(scale["maxNodeCount"]),
        durations.parse(scale["nodeIdleTimeBeforeScaleDown"]),
    )


def _shown(resource: Resource, nodes: Nodes | None) -> dict[str, Any]:
    if nodes is None:
        return {}  # nodes of an attached compute are none of ours: the queue knows no pool of it
    inner = {
        "allocationState": nodes.allocation,
        "currentNodeCount": nodes.current,
        "targetNodeCount": nodes.target,
        "nodeStateCounts": {f"{word}NodeCount": n for word, n in nodes.counts.items()},
    }
    return {"properties": {**resource.properties["properties"], **inner}}


def _need_fitting(action: str, resource: Resource) -> None:
    """A cluster is deleted, an attached compute is detached. Who says neither means what fits."""
    if action.lower() not in ("", "delete", "detach"):
        raise Invalid(
            f"`{_UNDERLYING}` is `{action[:80]}`: write `Delete` or `Detach`", target=_UNDERLYING
        )
    attached = is_attached(resource.properties)
    if attached and action.lower() == "delete":
        raise Invalid(
            f"`{resource.name}` was attached, not made here, and is not ours to delete: detach it "
            f"with `{_UNDERLYING}=Detach`",
            code="ComputeNotManaged",
            target=_UNDERLYING,
        )
    if not attached and action.lower() == "detach":
        raise Invalid(
            f"`{resource.name}` is a cluster of this workspace and of no other: delete it with "
            f"`{_UNDERLYING}=Delete`",
            code="ComputeManaged",
            target=_UNDERLYING,
        )
