import pytest

from mlestate.core.errors import Invalid, NotFound
from mlestate.runtime import board as rules
from mlestate.runtime.board import LEASE_SECONDS, LOST_AFTER_SECONDS, MOST_ATTEMPTS, Board, Work
from mlestate.runtime.nodes import Pool
from mlestate.runtime.protocol import Held


def board(most: int = 2) -> Board:
    made = Board(0)
    rules.place_pool(made, Pool("c", most=most, idle_seconds=0))
    return made


def add(board: Board, job: str, instances: int = 1, priority: int = 0) -> None:
    rules.enqueue(board, Work(job, "c", instances, priority), 0)
    rules.settle_pools(board, 0)


def leased(board: Board, node: str = "n", free: int = 9, now: float = 0) -> list[str]:
    rules.settle_pools(board, now)
    return [work.job for work in rules.claim(board, node, free, now)]


def test_first_come_first_served_and_priority_before_that() -> None:
    queue = board(most=3)
    for job, priority in [("a", 0), ("b", 0), ("c", 5)]:
        add(queue, job, priority=priority)
    assert leased(queue) == ["c", "a", "b"]


def test_an_agent_gets_no_more_than_it_has_room_for() -> None:
    queue = board()
    add(queue, "a")
    add(queue, "b")
    assert leased(queue, free=1) == ["a"]
    assert leased(queue, free=0) == []


def test_a_wide_job_is_not_starved_by_narrow_ones_behind_it() -> None:
    queue = board(most=2)
    add(queue, "first")
    assert leased(queue) == ["first"]
    add(queue, "wide", instances=2)
    add(queue, "narrow")
    assert leased(queue) == []
    rules.reported(queue, "first", "Completed", 1)
    assert leased(queue, now=1) == ["wide"]


def test_a_job_wider_than_its_compute_is_refused_at_once() -> None:
    with pytest.raises(Invalid, match="at most 2"):
        add(board(), "a", instances=3)


def test_an_unknown_compute_is_refused() -> None:
    with pytest.raises(NotFound):
        rules.enqueue(board(), Work("a", "nowhere"), 0)


def test_saying_it_twice_queues_it_once() -> None:
    queue = board()
    add(queue, "a")
    add(queue, "a")
    assert leased(queue) == ["a"]
    assert leased(queue) == []


def test_each_lease_has_a_higher_fence() -> None:
    queue = board()
    add(queue, "a")
    add(queue, "b")
    leased(queue)
    assert 0 < queue.work("a").fence < queue.work("b").fence


def test_a_lease_that_ran_out_before_the_job_ran_goes_to_the_next_and_refuses_the_last() -> None:
    queue = board()
    add(queue, "a")
    leased(queue, "old")
    old = queue.work("a").fence
    assert rules.expire(queue, LEASE_SECONDS) == []
    assert not rules.may_report(queue, "a", "old", old)
    assert leased(queue, "new", now=LEASE_SECONDS) == ["a"]
    assert queue.work("a").fence > old
    assert rules.renew(queue, "old", Held("a", old), LEASE_SECONDS) == "gone"
    assert not rules.may_report(queue, "a", "old", old)


def test_a_running_job_is_given_to_nobody_else_and_waits_for_its_agent() -> None:
    queue = board()
    add(queue, "a")
    leased(queue, "n")
    fence = queue.work("a").fence
    rules.reported(queue, "a", "Running", 1)
    late = LEASE_SECONDS * 5
    assert rules.expire(queue, late) == []
    assert leased(queue, "other", now=late) == []
    assert rules.renew(queue, "n", Held("a", fence), late) == "held"
    assert rules.may_report(queue, "a", "n", fence)


def test_a_running_job_whose_agent_stays_away_is_lost() -> None:
    queue = board()
    add(queue, "a")
    leased(queue)
    rules.reported(queue, "a", "Running", 0)
    assert rules.expire(queue, LEASE_SECONDS + LOST_AFTER_SECONDS - 1) == []
    lost = rules.expire(queue, LEASE_SECONDS + LOST_AFTER_SECONDS)
    assert [work.job for work in lost] == ["a"]


def test_an_agent_that_comes_back_without_its_jobs_gives_them_back_or_has_lost_them() -> None:
    queue = board()
    add(queue, "ran")
    add(queue, "waited")
    leased(queue)
    rules.reported(queue, "ran", "Running", 0)
    lost = rules.missing(queue, "n", [], 1)
    assert [work.job for work in lost] == ["ran"]
    assert queue.work("waited").state == "waiting"
    assert rules.missing(queue, "another", [], 1) == []


def test_a_job_that_no_agent_gets_to_run_is_given_up() -> None:
    queue = board()
    add(queue, "a")
    for attempt in range(1, MOST_ATTEMPTS + 1):
        assert leased(queue) == ["a"]
        over = rules.missing(queue, "n", [], 0)
        assert [work.job for work in over] == (["a"] if attempt == MOST_ATTEMPTS else [])


def test_a_waiting_job_is_canceled_at_once_and_a_leased_one_when_its_agent_asks() -> None:
    queue = board(most=1)
    add(queue, "a")
    leased(queue)
    add(queue, "b")
    assert rules.cancel(queue, "b", 1) == "waiting"
    assert queue.work("b").state == "ended"
    assert rules.cancel(queue, "a", 1) == "leased"
    assert rules.renew(queue, "n", Held("a", queue.work("a").fence), 2) == "cancel"


def test_a_canceled_job_whose_lease_runs_out_is_over() -> None:
    queue = board()
    add(queue, "a")
    leased(queue)
    rules.cancel(queue, "a", 1)
    assert [work.job for work in rules.expire(queue, LEASE_SECONDS)] == ["a"]


def test_the_end_may_be_told_again_but_not_by_a_stranger() -> None:
    queue = board()
    add(queue, "a")
    leased(queue)
    fence = queue.work("a").fence
    rules.reported(queue, "a", "Completed", 1)
    assert rules.may_report(queue, "a", "n", fence)
    assert not rules.may_report(queue, "a", "m", fence)
    assert rules.renew(queue, "n", Held("a", fence), 2) == "gone"


def test_the_nodes_of_an_ended_job_are_free_again() -> None:
    queue = board(most=1)
    add(queue, "a")
    add(queue, "b")
    assert leased(queue) == ["a"]
    rules.reported(queue, "a", "Failed", 1)
    assert leased(queue, now=1) == ["b"]


def test_a_compute_is_dropped_with_the_end_of_its_jobs() -> None:
    queue = board()
    add(queue, "a")
    add(queue, "b")
    assert leased(queue) == ["a", "b"]
    add(queue, "c")
    rules.drop_pool(queue, "c", 1)
    assert queue.pools == {}
    assert queue.work("c").state == "ended"
    assert [queue.work(job).cancel for job in ("a", "b")] == [True, True]
    assert rules.end(queue, queue.work("a"), 2).state == "ended"


def test_new_settings_keep_the_nodes() -> None:
    queue = board(most=1)
    add(queue, "a")
    leased(queue)
    rules.place_pool(queue, Pool("c", most=5))
    assert [node.job for node in queue.pools["c"].nodes] == ["a"]
    assert queue.pools["c"].most == 5
