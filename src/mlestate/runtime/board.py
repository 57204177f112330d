"""Who runs what: the decisions of a region's queue and leases. Pure; time comes in.

A job is waiting, leased (being prepared) or running. A lease that expires before the job was
running goes back to the queue under a higher fence: the agent asks before it starts a process, so
the old one never starts it. A *running* job is never given to anyone else: it waits for its agent
to come back, and is lost when that agent comes back without it, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from ..core.errors import Invalid, NotFound
from .nodes import Pool, occupy, release, settle
from .protocol import ENDED, Held, State, Verdict

WorkState = Literal["waiting", "leased", "running", "ended"]

LEASE_SECONDS = 60.0
RENEW_SECONDS = 10.0
MOST_ATTEMPTS = 5
LOST_AFTER_SECONDS = 900.0
# An ended job is remembered a while, so that an agent whose answer was lost may say it again.
FORGET_AFTER_SECONDS = 3600.0


class Work(msgspec.Struct, frozen=True):
    """One job's place in the queue. `order` breaks ties of priority: first come, first served."""

    job: str
    compute: str
    instances: int = 1
    priority: int = 0
    order: int = 0
    state: WorkState = "waiting"
    node: str = ""
    fence: int = 0
    attempts: int = 0
    expires: float = 0
    cancel: bool = False
    changed: float = 0


class Board:
    """A region's open work and pools, loaded whole; the store writes back what was changed."""

    def __init__(self, fence: int, works: Iterable[Work] = (), pools: Iterable[Pool] = ()):
        self.fence = fence
        self.works = {work.job: work for work in works}
        self.pools = {pool.compute: pool for pool in pools}

    def next_fence(self) -> int:
        self.fence += 1
        return self.fence

    def work(self, job: str) -> Work:
        if job not in self.works:
            raise NotFound(f"The job `{job}` is not known to this region's queue.")
        return self.works[job]

    def change(self, work: Work, now: float, **changes: object) -> Work:
        changed = msgspec.structs.replace(work, changed=now, **changes)
        self.works[work.job] = changed
        return changed

    def waiting(self) -> list[Work]:
        found = [work for work in self.works.values() if work.state == "waiting"]
        return sorted(found, key=lambda work: (-work.priority, work.order))


def enqueue(board: Board, work: Work, now: float) -> Work:
    """Put a job in the queue. Saying it twice changes nothing."""
    if work.job in board.works:
        return board.works[work.job]
    pool = board.pools.get(work.compute)
    if pool is None:
        raise NotFound(f"The compute `{work.compute}` is not known to this region's queue.")
    if work.instances > pool.most:
        raise Invalid(
            f"The job needs {work.instances} nodes and the compute has at most {pool.most}: raise "
            "`maxNodeCount` or lower `instanceCount`.",
            code="InstanceCountExceedsMaximum",
            target="properties.resources.instanceCount",
        )
    return board.change(work, now, order=board.next_fence(), state="waiting")


def place_pool(board: Board, pool: Pool) -> None:
    """Make a pool, or change its settings and keep its nodes."""
    old = board.pools.get(pool.compute)
    if old is not None:
        pool = msgspec.structs.replace(pool, nodes=old.nodes, made=old.made)
    board.pools[pool.compute] = pool


def drop_pool(board: Board, compute: str, now: float) -> None:
    """With the end of what still runs there. Whether that is wanted was asked before."""
    for work in list(board.works.values()):
        if work.compute == compute:
            cancel(board, work.job, now)
    board.pools.pop(compute, None)


def settle_pools(board: Board, now: float) -> None:
    wanted = demand(board)
    for compute, pool in board.pools.items():
        board.pools[compute] = settle(pool, wanted.get(compute, 0), now)


def demand(board: Board) -> dict[str, int]:
    """How many nodes the waiting jobs of each compute need."""
    wanted: dict[str, int] = {}
    for work in board.waiting():
        wanted[work.compute] = wanted.get(work.compute, 0) + work.instances
    return wanted


def living(board: Board) -> dict[str, int]:
    """The fence of every job whose lease lives."""
    return {w.job: w.fence for w in board.works.values() if w.state in ("leased", "running")}


def claim(board: Board, node: str, free: int, now: float) -> list[Work]:
    """Lease up to `free` waiting jobs to the agent. A job that finds no nodes blocks its compute
    for all after it, so that a wide job is not starved by narrow ones.
    """
    taken: list[Work] = []
    blocked: set[str] = set()
    for work in board.waiting():
        if len(taken) >= free:
            break
        pool = board.pools.get(work.compute)
        given = None
        if pool is not None and work.compute not in blocked:
            given = occupy(pool, work.job, work.instances, now)
        if given is None:
            blocked.add(work.compute)
            continue
        board.pools[work.compute] = given
        taken.append(_leased(board, work, node, now))
    return taken


def _leased(board: Board, work: Work, node: str, now: float) -> Work:
    return board.change(
        work,
        now,
        state="leased",
        node=node,
        fence=board.next_fence(),
        attempts=work.attempts + 1,
        expires=now + LEASE_SECONDS,
    )


def renew(board: Board, node: str, held: Held, now: float) -> Verdict:
    """Prolong a lease, also one that ran out while nobody else took the job: that is adoption."""
    work = board.works.get(held.job)
    if work is None or not _owns(work, node, held.fence):
        return "gone"
    # Agents ask often, to hear of a cancellation soon; a write each time would be a waste.
    if now + LEASE_SECONDS - work.expires > RENEW_SECONDS:
        board.change(work, now, expires=now + LEASE_SECONDS)
    return "cancel" if work.cancel else "held"


def _owns(work: Work, node: str, fence: int) -> bool:
    return work.state in ("leased", "running") and work.node == node and work.fence == fence


def may_report(board: Board, job: str, node: str, fence: int) -> bool:
    """Whether the word of this fence counts; also for the end that was already told."""
    work = board.works.get(job)
    if work is None or work.fence != fence or work.node != node:
        return False
    return work.state != "waiting"


def reported(board: Board, job: str, state: State, now: float) -> Work:
    """Take note of a step; `may_report` has been asked."""
    work = board.work(job)
    if work.state == "ended":
        return work
    if state in ENDED:
        return end(board, work, now)
    if state == "Running":
        return board.change(work, now, state="running", expires=now + LEASE_SECONDS)
    return board.change(work, now, expires=now + LEASE_SECONDS)


def end(board: Board, work: Work, now: float) -> Work:
    pool = board.pools.get(work.compute)
    if pool is not None:
        board.pools[work.compute] = release(pool, work.job, now)
    return board.change(work, now, state="ended")


def cancel(board: Board, job: str, now: float) -> WorkState:
    """Ask for the end. A waiting job ends at once; for others the agent hears of it.

    Answers with the state the job was in.
    """
    work = board.work(job)
    if work.state == "waiting":
        end(board, work, now)
    elif work.state != "ended":
        board.change(work, now, cancel=True)
    return work.state


def expire(board: Board, now: float) -> list[Work]:
    """Give back what was leased and never ran; answers with those that are over instead: running
    ones whose agent stayed away, and given-back ones that nobody wants any more.
    """
    over = []
    for work in list(board.works.values()):
        if work.state == "leased" and work.expires <= now:
            over += _give_back(board, work, now)
        elif work.state == "running" and work.expires + LOST_AFTER_SECONDS <= now:
            over.append(work)
        elif work.state == "ended" and work.changed + FORGET_AFTER_SECONDS <= now:
            del board.works[work.job]
    return over


def missing(board: Board, node: str, held: Iterable[Held], now: float) -> list[Work]:
    """An agent says what it holds. What it should hold and does not is given back when it never
    ran; the others are over, and answered.
    """
    known = {(one.job, one.fence) for one in held}
    over = []
    for work in list(_on(board, node)):
        if (work.job, work.fence) in known:
            continue
        over += [work] if work.state == "running" else _give_back(board, work, now)
    return over


def _on(board: Board, node: str) -> Iterator[Work]:
    return (w for w in board.works.values() if w.node == node and w.state in ("leased", "running"))


def _give_back(board: Board, work: Work, now: float) -> list[Work]:
    """Back to the queue, in its old place, under a fence that refuses the old holder.

    A canceled job has no place there, nor has one that no agent gets to run: they are answered.
    """
    if work.cancel or work.attempts >= MOST_ATTEMPTS:
        return [work]
    pool = board.pools.get(work.compute)
    if pool is not None:
        board.pools[work.compute] = release(pool, work.job, now)
    board.change(work, now, state="waiting", node="", fence=board.next_fence(), expires=0)
    return []
