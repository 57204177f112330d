"""A cluster's nodes: how many there should be, and which one is free. Pure.

A node is a slot on the region's machine; it is counted as Azure counts (`nodeStateCounts`).
"""

from __future__ import annotations

from collections import Counter
from typing import Literal

import msgspec

NodeState = Literal["idle", "running", "preparing", "leaving"]


class Node(msgspec.Struct, frozen=True):
    id: str
    state: NodeState
    since: float
    job: str = ""


class Pool(msgspec.Struct, frozen=True):
    """One compute's nodes. A cluster scales in [least, most]; an instance has both at 1.

    `stopped` lets no further job start. `made` numbers the nodes, which never reuse a name.
    """

    compute: str
    least: int = 0
    most: int = 1
    idle_seconds: float = 120
    preparing_seconds: float = 0
    stopped: bool = False
    nodes: tuple[Node, ...] = ()
    made: int = 0


class NodeCounts(msgspec.Struct, frozen=True):
    idle: int = 0
    running: int = 0
    preparing: int = 0
    leaving: int = 0
    unusable: int = 0
    preempted: int = 0


def settle(pool: Pool, wanted: int, now: float) -> Pool:
    """Advance by one step: `wanted` is how many nodes the waiting jobs need beside the running."""
    if at_rest(pool) and not wanted:
        return pool  # most clusters, most of the time
    pool = _advanced(pool, now)
    target = target_count(pool, wanted)
    current = [n for n in pool.nodes if n.state != "leaving"]
    if len(current) < target:
        return _grown(pool, target - len(current), now)
    return _shrunk(pool, len(current) - target, wanted, now)


def at_rest(pool: Pool) -> bool:
    """It has no nodes, and has to have none."""
    return not pool.nodes and not pool.least


def target_count(pool: Pool, wanted: int) -> int:
    if pool.stopped:
        return len([n for n in pool.nodes if n.state == "running"])
    running = sum(n.state == "running" for n in pool.nodes)
    return max(pool.least, min(pool.most, running + wanted))


def _advanced(pool: Pool, now: float) -> Pool:
    """What time alone does: the prepared become idle, and the leaving are gone."""
    nodes = tuple(
        msgspec.structs.replace(n, state="idle", since=now)
        if n.state == "preparing" and now - n.since >= pool.preparing_seconds
        else n
        for n in pool.nodes
        if n.state != "leaving"
    )
    return msgspec.structs.replace(pool, nodes=nodes)


def _grown(pool: Pool, count: int, now: float) -> Pool:
    state: NodeState = "preparing" if pool.preparing_seconds else "idle"
    fresh = tuple(Node(f"node-{pool.made + i}", state, now) for i in range(count))
    return msgspec.structs.replace(pool, nodes=pool.nodes + fresh, made=pool.made + count)


def _shrunk(pool: Pool, surplus: int, wanted: int, now: float) -> Pool:
    """Send away up to `surplus` nodes that have been idle long enough."""
    nodes = []
    for node in pool.nodes:
        rested = now - node.since >= pool.idle_seconds or pool.stopped
        if surplus > 0 and node.state in ("idle", "preparing") and rested:
            node = msgspec.structs.replace(node, state="leaving", since=now)
            surplus -= 1
        nodes.append(node)
    return msgspec.structs.replace(pool, nodes=tuple(nodes))


def occupy(pool: Pool, job: str, count: int, now: float) -> Pool | None:
    """The pool with `count` idle nodes given to the job, or None when there are too few."""
    free = [n.id for n in pool.nodes if n.state == "idle"][:count]
    if pool.stopped or len(free) < count:
        return None
    nodes = tuple(
        msgspec.structs.replace(n, state="running", since=now, job=job) if n.id in free else n
        for n in pool.nodes
    )
    return msgspec.structs.replace(pool, nodes=nodes)


def release(pool: Pool, job: str, now: float) -> Pool:
    nodes = tuple(
        msgspec.structs.replace(n, state="idle", since=now, job="") if n.job == job else n
        for n in pool.nodes
    )
    return msgspec.structs.replace(pool, nodes=nodes)


def counts(pool: Pool) -> NodeCounts:
    states = Counter(str(n.state) for n in pool.nodes)
    return NodeCounts(**states)


def allocation_state(pool: Pool, wanted: int) -> Literal["Steady", "Resizing"]:
    """Resizing while nodes come or go."""
    moving = any(n.state in ("preparing", "leaving") for n in pool.nodes)
    return "Resizing" if moving or len(pool.nodes) < target_count(pool, wanted) else "Steady"
