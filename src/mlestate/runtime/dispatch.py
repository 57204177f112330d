"""The server's side of running jobs: a queue per region, leases for its agent, nodes per compute.

Decisions are in `board` and `nodes`. Here they meet the store, and the control plane hears of what
happens to its jobs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Protocol

import msgspec

from ..core.errors import PlatformError
from ..store.leases import Key, Leases, Turn
from . import board as rules
from .board import Board, Work
from .nodes import Node, NodeCounts, Pool, allocation_state, at_rest, counts
from .protocol import (
    ENDED,
    Claim,
    Claimed,
    Failure,
    Held,
    JobSpec,
    Lease,
    Renew,
    Renewal,
    Renewed,
    Report,
    Reported,
    State,
    Verdict,
)


class Jobs(Protocol):
    """The control plane, which owns the jobs. Both are called outside any transaction of ours."""

    def spec(self, job: str) -> JobSpec:
        """What to run, with fresh keys. Raises PlatformError when the job cannot be run."""
        ...

    def report(self, report: Report) -> None:
        """A step of the job. May be called again with the same; a job that ended stays ended."""
        ...


class ComputeState(msgspec.Struct, frozen=True):
    allocation_state: str
    current: int
    target: int
    counts: NodeCounts
    nodes: tuple[Node, ...] = ()


# The leases of a region that live, after each change: the fence of each leased or running job.
Living = Callable[[str, dict[str, int]], None]


def _nobody_listens(region: str, living: dict[str, int]) -> None:
    """Where no tokens depend on leases."""


class Dispatch:
    """`region` is a region's name throughout; jobs and computes are lower-case ARM ids."""

    def __init__(
        self,
        leases: Leases,
        jobs: Jobs,
        clock: Callable[[], float],
        living: Living = _nobody_listens,
    ):
        self._leases, self._jobs, self._clock, self._living = leases, jobs, clock, living

    # What the control plane asks for

    def open_region(self, region: str, serverless: Pool) -> None:
        self._leases.open_region(region)
        self.place_pool(region, serverless)

    def place_pool(self, region: str, *pools: Pool) -> None:
        """Make or change computes' pools of nodes."""
        with self._board(region, *(pool.compute for pool in pools)) as board:
            for pool in pools:
                rules.place_pool(board, pool)
            rules.settle_pools(board, self._clock())

    def drop_pool(self, region: str, compute: str) -> None:
        """With the end of the jobs that still run there."""
        with self._board(region, compute) as board:
            rules.drop_pool(board, compute, self._clock())

    def compute_state(self, region: str, compute: str) -> ComputeState | None:
        return self.compute_states(region, [compute]).get(compute)

    def compute_states(self, region: str, computes: Sequence[str]) -> dict[str, ComputeState]:
        """As they are now; nothing is written, so it may be asked from within a transaction."""
        keys = [(kind, compute) for compute in computes for kind in _POOLS]
        with self._leases.look(region, keys, "work") as turn:
            board = _read(turn)
        rules.settle_pools(board, self._clock())
        wanted = rules.demand(board)
        return {each: _state(pool, wanted.get(each, 0)) for each, pool in board.pools.items()}

    def enqueue(
        self, region: str, job: str, compute: str, instances: int = 1, priority: int = 0
    ) -> None:
        """Raises NotFound for an unknown compute and Invalid for a job wider than it can grow."""
        work = Work(job=job, compute=compute, instances=instances, priority=priority)
        with self._board(region, compute) as board:
            rules.enqueue(board, work, self._clock())
            rules.settle_pools(board, self._clock())

    def cancel(self, region: str, job: str) -> bool:
        """True when the job was only waiting, and so is canceled already."""
        with self._board(region) as board:
            return rules.cancel(board, job, self._clock()) == "waiting"

    def lease_lives(self, region: str, job: str, fence: int) -> bool:
        """Whether a job's own token is valid: exactly while its lease lives."""
        with self._board(region) as board:
            work = board.works.get(job)
            return work is not None and work.fence == fence and work.state in ("leased", "running")

    def tick(self, region: str) -> None:
        """What time alone brings: leases run out, clusters shrink. Call it every few seconds."""
        with self._board(region) as board:
            over = rules.expire(board, self._clock())
            rules.settle_pools(board, self._clock())
        self._end_all(region, over)

    # What agents ask for

    def claim(self, region: str, request: Claim) -> Claimed:
        now = self._clock()
        with self._board(region) as board:
            over = rules.missing(board, request.node, request.held, now)
            over += rules.expire(board, now)
            rules.settle_pools(board, now)
            taken = rules.claim(board, request.node, request.free, now)
        self._end_all(region, over)
        found = [lease for work in taken if (lease := self._lease(region, work))]
        return Claimed(tuple(found))

    def renew(self, region: str, request: Renew) -> Renewed:
        now = self._clock()
        with self._board(region) as board:
            verdicts = [(one, rules.renew(board, request.node, one, now)) for one in request.held]
        return Renewed(tuple(self._renewal(one, verdict, now) for one, verdict in verdicts))

    def _renewal(self, held: Held, verdict: Verdict, now: float) -> Renewal:
        """One job that gets no fresh addresses is no reason for others not to be renewed."""
        found = Renewal(held.job, verdict, now + rules.LEASE_SECONDS)
        if not held.refresh or verdict == "gone":
            return found
        try:
            return msgspec.structs.replace(found, spec=self._jobs.spec(held.job))
        except PlatformError as error:
            return msgspec.structs.replace(found, refused=Failure(error.code, str(error)))

    def report(self, region: str, report: Report) -> Reported:
        """The control plane hears first: what it was not told, the agent will say again."""
        with self._board(region) as board:
            if not rules.may_report(board, report.job, report.node, report.fence):
                return Reported(accepted=False)
            work = board.work(report.job)
        if work.state == "ended":
            # The end was heard, and only our answer was lost; to begin again is refused.
            return Reported(accepted=report.state in _LAST)
        self._jobs.report(report)
        with self._board(region) as board:
            # The fence may have moved on meanwhile.
            if not rules.may_report(board, report.job, report.node, report.fence):
                return Reported(accepted=False)
            rules.reported(board, report.job, report.state, self._clock())
        return Reported(accepted=True, cancel=work.cancel)

    def _lease(self, region: str, work: Work) -> Lease | None:
        try:
            spec = self._jobs.spec(work.job)
        except PlatformError as error:
            self._end(region, work, Failure(error.code, str(error)))
            return None
        return Lease(work.job, work.fence, work.expires, spec)

    def _end_all(self, region: str, over: list[Work]) -> None:
        for work in over:
            self._end(region, work, None if work.cancel else _reason(work))

    def _end(self, region: str, work: Work, error: Failure | None) -> None:
        state: State = "Failed" if error else "Canceled"
        self._jobs.report(Report(work.job, work.fence, state, work.node, error=error))
        with self._board(region) as board:
            current = board.works.get(work.job)
            if current is not None and current.fence == work.fence:
                rules.end(board, current, self._clock())

    @contextmanager
    def _board(self, region: str, *computes: str) -> Iterator[Board]:
        """With the pools of these computes, of those that open work is for, and of all that do
        not rest: most clusters of a large estate have nothing to do."""
        with self._leases.turn(region, ("work", "pool"), partial(_resting, computes)) as turn:
            board = _read(turn)
            yield board
            _write(turn, board)
            # Within the turn, so that what is heard last is what was written last.
            self._living(region, rules.living(board))


# A pool without nodes that needs none is kept apart, and read only where it is asked for.
_POOLS = ("pool", "resting")
_LAST = ENDED | {"Finalizing"}


def _reason(work: Work) -> Failure:
    if work.state == "running":
        return Failure(
            "NodeLost",
            "The machine that ran the job came back without it, or not at all; submit it again.",
        )
    return Failure(
        "JobNeverStarted",
        f"The job was leased {work.attempts} times and no agent got to start it; the agents' logs "
        "say why.",
    )


def _state(pool: Pool, wanted: int) -> ComputeState:
    staying = [node for node in pool.nodes if node.state != "leaving"]
    state = allocation_state(pool, wanted)
    return ComputeState(state, len(pool.nodes), len(staying), counts(pool), pool.nodes)


def _resting(computes: Sequence[str], documents: dict[Key, bytes]) -> list[Key]:
    works = [
        msgspec.json.decode(d, type=Work) for (kind, _), d in documents.items() if kind == "work"
    ]
    wanted = {*computes, *(work.compute for work in works)}
    return [("resting", compute) for compute in wanted if ("pool", compute) not in documents]


def _read(turn: Turn) -> Board:
    works, pools = [], []
    for (kind, _), document in turn.documents.items():
        if kind == "work":
            works.append(msgspec.json.decode(document, type=Work))
        elif kind in _POOLS:
            pools.append(msgspec.json.decode(document, type=Pool))
    return Board(turn.fence, works, pools)


def _write(turn: Turn, board: Board) -> None:
    turn.fence = board.fence
    turn.documents.clear()
    for work in board.works.values():
        turn.documents["work", work.job] = msgspec.json.encode(work)
    for pool in board.pools.values():
        kind = "resting" if at_rest(pool) else "pool"
        turn.documents[kind, pool.compute] = msgspec.json.encode(pool)
