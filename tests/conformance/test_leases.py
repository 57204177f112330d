"""Queue and leases on every database that we support."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from mlestate.core.errors import Forbidden, Invalid, PlatformError
from mlestate.runtime.board import LEASE_SECONDS, LOST_AFTER_SECONDS, Work
from mlestate.runtime.dispatch import Dispatch
from mlestate.runtime.nodes import NodeCounts, Pool
from mlestate.runtime.protocol import (
    Claim,
    EnvironmentSpec,
    Failure,
    Held,
    JobSpec,
    Place,
    Renew,
    Report,
    Workspace,
)
from mlestate.store import leases
from mlestate.store.database import Database
from mlestate.store.leases import Leases

REGION = "westeurope"


class Jobs:
    """A control plane that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Report] = []
        self.faults: dict[str, PlatformError] = {}

    def spec(self, job: str) -> JobSpec:
        if job in self.faults:
            raise self.faults[job]
        place = Place("http://blobs/c?sig=k")
        space = Workspace("/w", "s", "g", "w", "guid")
        return JobSpec(job, job, space, "true", EnvironmentSpec(), place, "http://t", "token", "e")

    def report(self, report: Report) -> None:
        self.told.append(report)

    def states(self, job: str) -> list[str]:
        return [report.state for report in self.told if report.job == job]


class World:
    def __init__(self, url: str):
        self.now = 1000.0
        self.jobs = Jobs()
        self.database = Database(url)
        self.database.create(leases.metadata)
        self.dispatch = self.make()
        self.dispatch.open_region(REGION, Pool("serverless", most=2, idle_seconds=0))

    def make(self) -> Dispatch:
        return Dispatch(Leases(self.database), self.jobs, lambda: self.now)

    def claim(self, *held: Held, node: str = "n", free: int = 9) -> dict[str, int]:
        leases = self.dispatch.claim(REGION, Claim(node, free, held)).leases
        return {lease.job: lease.fence for lease in leases}

    def report(self, job: str, fence: int, state: str, node: str = "n") -> bool:
        return self.dispatch.report(REGION, Report(job, fence, state, node)).accepted  # type: ignore[arg-type]


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = World(database_url)
    yield made
    made.database.close()


def test_a_job_goes_through_its_life(world: World) -> None:
    world.dispatch.enqueue(REGION, "a", "serverless")
    fence = world.claim()["a"]
    for state in ("Preparing", "Running", "Finalizing", "Completed"):
        assert world.report("a", fence, state)
    assert world.jobs.states("a") == ["Preparing", "Running", "Finalizing", "Completed"]
    assert world.claim() == {}


def test_what_was_queued_survives_a_restart(world: World) -> None:
    world.dispatch.enqueue(REGION, "a", "serverless")
    world.dispatch = world.make()
    fence = world.claim()["a"]
    world.dispatch = world.make()
    assert world.report("a", fence, "Running")
    assert world.claim(Held("a", fence)) == {}


def test_a_stale_fence_is_refused_and_nobody_hears_of_it(world: World) -> None:
    world.dispatch.enqueue(REGION, "a", "serverless")
    old = world.claim(node="old")["a"]
    world.now += LEASE_SECONDS + 1
    new = world.claim(node="new")["a"]
    assert new > old
    assert not world.report("a", old, "Running", "old")
    assert world.jobs.states("a") == []
    assert world.report("a", new, "Running", "new")


def test_agents_that_claim_at_once_never_get_the_same_job(world: World) -> None:
    world.dispatch.place_pool(REGION, Pool("wide", most=40))
    for number in range(40):
        world.dispatch.enqueue(REGION, f"job{number}", "wide")

    def claim(node: str) -> list[str]:
        return [job for _ in range(10) for job in world.claim(*held(node), node=node, free=1)]

    def held(node: str) -> list[Held]:
        with Leases(world.database).turn(REGION) as turn:
            documents = [body for (kind, _), body in turn.documents.items() if kind == "work"]
        found = [msg for body in documents if (msg := _work(body)).node == node]
        return [Held(one.job, one.fence) for one in found]

    with ThreadPoolExecutor() as pool:
        taken = [job for jobs in pool.map(claim, ["n1", "n2", "n3", "n4"]) for job in jobs]
    assert sorted(taken) == sorted(f"job{number}" for number in range(40))


def test_a_canceled_job_is_told_with_the_next_renewal(world: World) -> None:
    world.dispatch.enqueue(REGION, "a", "serverless")
    fence = world.claim()["a"]
    assert not world.dispatch.cancel(REGION, "a")
    renewed = world.dispatch.renew(REGION, Renew("n", (Held("a", fence),)))
    assert [one.verdict for one in renewed.renewals] == ["cancel"]
    assert world.dispatch.report(REGION, Report("a", fence, "Running", "n")).cancel


def test_a_waiting_job_is_canceled_at_once(world: World) -> None:
    world.dispatch.enqueue(REGION, "a", "serverless")
    assert world.dispatch.cancel(REGION, "a")
    assert world.claim() == {}


def test_fresh_keys_come_with_a_renewal_that_asks_for_them(world: World) -> None:
    world.dispatch.enqueue(REGION, "a", "serverless")
    fence = world.claim()["a"]
    for refresh in (True, False):
        held = Held("a", fence, refresh)
        answer = world.dispatch.renew(REGION, Renew("n", (held,))).renewals[0]
        assert (answer.spec is not None) is refresh


def test_a_job_that_gets_no_fresh_keys_hears_why_and_the_others_are_renewed(world: World) -> None:
    for job in ("a", "b"):
        world.dispatch.enqueue(REGION, job, "serverless")
    held = tuple(Held(job, fence, job == "a") for job, fence in world.claim().items())
    world.jobs.faults["a"] = Forbidden("They are gone.", code="SubmitterGone")
    world.dispatch.cancel(REGION, "a")
    a, b = world.dispatch.renew(REGION, Renew("n", held)).renewals
    assert (a.verdict, a.spec, a.refused) == (
        "cancel",
        None,
        Failure("SubmitterGone", "They are gone."),
    )
    assert (b.verdict, b.refused) == ("held", None)


def test_a_job_that_cannot_be_prepared_fails_with_the_reason(world: World) -> None:
    world.jobs.faults["a"] = Invalid("The data is gone.", code="DataGone")
    world.dispatch.enqueue(REGION, "a", "serverless")
    assert world.claim() == {}
    assert world.jobs.states("a") == ["Failed"]
    assert world.jobs.told[0].error is not None
    assert world.jobs.told[0].error.code == "DataGone"
    assert world.claim() == {}


def test_a_machine_that_never_comes_back_fails_its_running_jobs(world: World) -> None:
    world.dispatch.enqueue(REGION, "a", "serverless")
    fence = world.claim()["a"]
    world.report("a", fence, "Running")
    world.now += LEASE_SECONDS + LOST_AFTER_SECONDS + 1
    world.dispatch.tick(REGION)
    assert world.jobs.states("a") == ["Running", "Failed"]
    assert not world.report("a", fence + 1, "Completed")


def test_the_jobs_own_token_lives_as_long_as_its_lease(world: World) -> None:
    world.dispatch.enqueue(REGION, "a", "serverless")
    fence = world.claim()["a"]
    assert world.dispatch.lease_lives(REGION, "a", fence)
    assert not world.dispatch.lease_lives(REGION, "a", fence + 1)
    world.report("a", fence, "Completed")
    assert not world.dispatch.lease_lives(REGION, "a", fence)


def test_a_cluster_grows_for_a_job_and_shrinks_after_it(world: World) -> None:
    cluster = Pool("/computes/c", least=0, most=3, idle_seconds=120)
    world.dispatch.place_pool(REGION, cluster)
    world.dispatch.enqueue(REGION, "a", "/computes/c", instances=2)
    fence = world.claim()["a"]
    state = world.dispatch.compute_state(REGION, "/computes/c")
    assert state is not None
    assert (state.counts, state.allocation_state) == (NodeCounts(running=2), "Steady")
    world.report("a", fence, "Completed")
    world.now += 121
    state = world.dispatch.compute_state(REGION, "/computes/c")
    assert state is not None
    assert (state.counts, state.allocation_state) == (NodeCounts(leaving=2), "Resizing")
    world.dispatch.tick(REGION)
    world.now += 1
    state = world.dispatch.compute_state(REGION, "/computes/c")
    assert state is not None
    assert (state.current, state.allocation_state) == (0, "Steady")


def test_a_compute_that_is_dropped_is_not_there(world: World) -> None:
    world.dispatch.place_pool(REGION, Pool("c"))
    world.dispatch.drop_pool(REGION, "c")
    assert world.dispatch.compute_state(REGION, "c") is None


def test_regions_do_not_see_each_other(world: World) -> None:
    world.dispatch.open_region("northeurope", Pool("serverless"))
    world.dispatch.enqueue(REGION, "a", "serverless")
    answer = world.dispatch.claim("northeurope", Claim("n", 9))
    assert answer.leases == ()


def test_a_control_plane_that_fails_is_told_again(world: World) -> None:
    world.dispatch.enqueue(REGION, "a", "serverless")
    fence = world.claim()["a"]
    keep, world.jobs.report = world.jobs.report, _fails  # type: ignore[method-assign]
    with pytest.raises(RuntimeError):
        world.report("a", fence, "Completed")
    world.jobs.report = keep  # type: ignore[method-assign]
    assert world.report("a", fence, "Completed")
    assert world.jobs.states("a") == ["Completed"]


def _fails(_: Report) -> None:
    raise RuntimeError("the database of the control plane is away")


def _work(document: bytes) -> Work:
    return msgspec.json.decode(document, type=Work)
