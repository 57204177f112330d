"""The nodes of computes, from the queue of each region: the port of `providers.computes`."""

from __future__ import annotations

import msgspec

from ...providers import computes as providers
from ...providers.computes import Nodes
from ...runtime.dispatch import Dispatch
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

    def place(self, compute: str, least: int, most: int, idle_seconds: float) -> None:
        pool = Pool(compute, least=least, most=most, idle_seconds=idle_seconds)
        self._dispatch.place_pool(self._region, pool)

    def drop(self, compute: str) -> None:
        self._dispatch.drop_pool(self._region, compute)

    def nodes(self, compute: str) -> Nodes | None:
        found = self._dispatch.compute_state(self._region, compute)
        if found is None:
            return None
        counts: dict[str, int] = msgspec.to_builtins(found.counts)
        nodes = [(node.id, node.state, node.job) for node in found.nodes]
        return Nodes(found.allocation_state, found.current, found.target, counts, nodes)
