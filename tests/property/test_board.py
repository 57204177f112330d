"""Whatever agents, time and people do to a region's queue, no job is ever run by two."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from mlestate.runtime import board as rules
from mlestate.runtime.board import Board, Work
from mlestate.runtime.nodes import Pool
from mlestate.runtime.protocol import ENDED, Held, State

JOBS = st.sampled_from(["a", "b", "c"])
AGENTS = st.sampled_from(["n1", "n2"])
STATES = st.sampled_from(["Preparing", "Finalizing", "Completed"])


class Region(RuleBasedStateMachine):
    """Agents keep what they were given, also long after it is not theirs any more."""

    def __init__(self) -> None:
        super().__init__()
        self.board, self.now = Board(0), 0.0
        rules.place_pool(self.board, Pool("c", most=3, idle_seconds=30))
        self.given: dict[str, set[Held]] = {"n1": set(), "n2": set()}
        self.started: dict[str, tuple[str, int]] = {}
        self.fence = 0

    @rule(job=JOBS, instances=st.integers(1, 3), priority=st.integers(0, 1))
    def enqueue(self, job: str, instances: int, priority: int) -> None:
        rules.enqueue(self.board, Work(job, "c", instances, priority), self.now)

    @rule(agent=AGENTS, free=st.integers(1, 2))
    def claim(self, agent: str, free: int) -> None:
        self._over(rules.missing(self.board, agent, self.given[agent], self.now))
        self._over(rules.expire(self.board, self.now))
        rules.settle_pools(self.board, self.now)
        for work in rules.claim(self.board, agent, free, self.now):
            self.given[agent].add(Held(work.job, work.fence))

    @rule(agent=AGENTS)
    def forget(self, agent: str) -> None:
        """The machine went down, and its processes with it."""
        for held in self.given[agent]:
            if self.started.get(held.job) == (agent, held.fence):
                del self.started[held.job]
        self.given[agent] = set()

    @rule(agent=AGENTS)
    def start(self, agent: str) -> None:
        """Try to start all that this agent was ever given."""
        for held in self._tellable(agent):
            alive = self.board.work(held.job).state != "ended"
            rules.reported(self.board, held.job, "Running", self.now)
            if alive:
                # Here the agent starts the process: nobody else may have one.
                mine = (agent, held.fence)
                assert self.started.setdefault(held.job, mine) == mine

    @rule(agent=AGENTS, state=STATES)
    def tell(self, agent: str, state: State) -> None:
        for held in self._tellable(agent)[:1]:
            rules.reported(self.board, held.job, state, self.now)
            if state in ENDED:
                self.started.pop(held.job, None)

    def _tellable(self, agent: str) -> list[Held]:
        mine = sorted(self.given[agent], key=lambda held: held.fence)
        return [held for held in mine if rules.may_report(self.board, held.job, agent, held.fence)]

    @rule(agent=AGENTS)
    def renew(self, agent: str) -> None:
        for held in list(self.given[agent]):
            if rules.renew(self.board, agent, held, self.now) == "gone":
                self.given[agent].discard(held)
                if self.started.get(held.job) == (agent, held.fence):
                    del self.started[held.job]

    @rule(job=JOBS)
    def cancel(self, job: str) -> None:
        if job in self.board.works:
            rules.cancel(self.board, job, self.now)

    @rule(seconds=st.sampled_from([1, 61, 1000]))
    def wait(self, seconds: int) -> None:
        self.now += seconds
        self._over(rules.expire(self.board, self.now))
        rules.settle_pools(self.board, self.now)

    def _over(self, works: list[Work]) -> None:
        for work in works:
            rules.end(self.board, work, self.now)

    @invariant()
    def nodes_are_held_by_those_that_were_given_them(self) -> None:
        held: dict[str, int] = {}
        for node in self.board.pools["c"].nodes:
            if node.job:
                held[node.job] = held.get(node.job, 0) + 1
        active = [w for w in self.board.works.values() if w.state in ("leased", "running")]
        assert held == {work.job: work.instances for work in active}
        assert len(self.board.pools["c"].nodes) <= 3

    @invariant()
    def fences_only_grow(self) -> None:
        assert self.board.fence >= self.fence
        self.fence = self.board.fence
        assert all(work.fence <= self.fence for work in self.board.works.values())


Region.TestCase.settings = settings(max_examples=300, stateful_step_count=50, deadline=None)
test_no_job_is_ever_run_by_two = Region.TestCase
