"""The nodes of computes, from the queue of each region: the port of `providers.computes`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ...providers import computes as providers
from ...providers.computes import Nodes, Wanted
from ...runtime.dispatch import ComputeState, Dispatch
from ...runtime.nodes import Pool
from .queue import Queue


class AllPools(dict[str, providers.Pools]):
    """Of each region, also of one that is opened later."""

    def __init__(self, queue: Queue):
        self._queue = queue

    def __missing__(self, region: str) -> Pools:
        return Pools(region, self._queue.regions[region])


class Pools:
    def __init__(self, region: str, dispatch: Dispatch):
        self._region, self._dispatch = region, dispatch

    def place(self, *wanted: Wanted) -> None:
        self._dispatch.place_pool(self._region, *(_pool(each) for each in wanted))

    def drop(self, compute: str) -> None:
        self._dispatch.drop_pool(self._region, compute)

    def nodes(self, computes: Sequence[str]) -> dict[str, Nodes]:
        found = self._dispatch.compute_states(self._region, computes)
        return {compute: _nodes(state) for compute, state in found.items()}


def _pool(wanted: Wanted) -> Pool:
    return Pool(
        wanted.compute, least=wanted.least, most=wanted.most, idle_seconds=wanted.idle_seconds
    )


def _nodes(found: ComputeState) -> Nodes:
    counts: dict[str, int] = msgspec.to_builtins(found.counts)
    nodes = [(node.id, node.state, node.job) for node in found.nodes]
    return Nodes(found.allocation_state, found.current, found.target, counts, nodes)
