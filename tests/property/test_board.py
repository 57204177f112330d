"""Whatever agents, time and people do to a region's queue, no job is ever run by two."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from mlestate.runtime import board as rules
from mlestate.runtime.board import Board, Work
from mlestate.runtime.nodes import Pool
from mlestate.runtime.protocol import ENDED, Held

JOBS = st.sampled_from(["a", "b", "c", "d"])
AGENTS = st.sampled_from(["n1", "n2"])
STATES = st.sampled_from(["Preparing", "Running", "Finalizing", "Completed", "Failed"])


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

    @rule(agent=AGENTS, free=st.integers(0, 2))
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

    @rule(agent=AGENTS, state=STATES, data=st.data())
    def report(self, agent: str, state: str, data: st.DataObject) -> None:
        if not self.given[agent]:
            return
        held = data.draw(st.sampled_from(sorted(self.given[agent], key=lambda h: (h.job, h.fence))))
        if not rules.may_report(self.board, held.job, agent, held.fence):
            return
        alive = self.board.work(held.job).state != "ended"
        rules.reported(self.board, held.job, state, self.now)  # type: ignore[arg-type]
        if state in ENDED:
            self.started.pop(held.job, None)
        elif state == "Running" and alive:
            # Here the agent starts the process: nobody else may have one.
            assert self.started.get(held.job, (agent, held.fence)) == (agent, held.fence)
            self.started[held.job] = (agent, held.fence)

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

    @rule(seconds=st.sampled_from([1, 20, 61, 500]))
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


Region.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
test_no_job_is_ever_run_by_two = Region.TestCase
