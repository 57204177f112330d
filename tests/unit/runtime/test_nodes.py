from mlestate.runtime.nodes import (
    NodeCounts,
    Pool,
    allocation_state,
    counts,
    occupy,
    release,
    settle,
)

CLUSTER = Pool("c", least=0, most=2, idle_seconds=120)


def states(pool: Pool) -> list[str]:
    return [node.state for node in pool.nodes]


def test_a_cluster_grows_by_what_waits_and_no_further_than_it_may() -> None:
    assert states(settle(CLUSTER, 1, 0)) == ["idle"]
    assert states(settle(CLUSTER, 9, 0)) == ["idle", "idle"]


def test_a_node_that_is_prepared_becomes_idle_in_its_time() -> None:
    pool = settle(Pool("c", most=1, preparing_seconds=5), 1, 0)
    assert states(pool) == ["preparing"]
    assert allocation_state(pool, 1) == "Resizing"
    assert states(settle(pool, 1, 4)) == ["preparing"]
    assert states(settle(pool, 1, 5)) == ["idle"]


def test_an_idle_node_leaves_after_its_time_and_is_gone_a_step_later() -> None:
    pool = settle(CLUSTER, 1, 0)
    assert states(settle(pool, 0, 119)) == ["idle"]
    pool = settle(pool, 0, 120)
    assert states(pool) == ["leaving"]
    assert allocation_state(pool, 0) == "Resizing"
    pool = settle(pool, 0, 121)
    assert states(pool) == []
    assert allocation_state(pool, 0) == "Steady"


def test_a_cluster_keeps_its_least() -> None:
    pool = settle(Pool("c", least=1, most=3, idle_seconds=0), 3, 0)
    assert len(pool.nodes) == 3
    pool = settle(settle(pool, 0, 10), 0, 11)
    assert states(pool) == ["idle"]


def test_a_running_node_is_never_sent_away() -> None:
    pool = occupy(settle(CLUSTER, 2, 0), "job", 2, 0)
    assert pool is not None
    pool = settle(pool, 0, 9999)
    assert states(pool) == ["running", "running"]
    assert counts(pool) == NodeCounts(running=2)


def test_idleness_is_counted_from_the_end_of_the_last_job() -> None:
    pool = occupy(settle(CLUSTER, 1, 0), "job", 1, 0)
    assert pool is not None
    pool = release(pool, "job", 1000)
    assert states(settle(pool, 0, 1119)) == ["idle"]
    assert states(settle(pool, 0, 1120)) == ["leaving"]


def test_a_job_gets_all_its_nodes_or_none() -> None:
    pool = settle(CLUSTER, 1, 0)
    assert occupy(pool, "wide", 2, 0) is None
    assert occupy(pool, "narrow", 1, 0) is not None


def test_a_stopped_instance_takes_no_job_and_gives_up_its_idle_node() -> None:
    pool = settle(Pool("i", least=1, most=1, idle_seconds=9999), 0, 0)
    stopped = Pool("i", least=1, most=1, idle_seconds=9999, stopped=True, nodes=pool.nodes, made=1)
    assert occupy(stopped, "job", 1, 0) is None
    assert states(settle(stopped, 1, 1)) == ["leaving"]


def test_node_names_are_not_used_again() -> None:
    pool = settle(Pool("c", most=1, idle_seconds=0), 1, 0)
    first = pool.nodes[0].id
    pool = settle(settle(settle(pool, 0, 1), 0, 2), 1, 3)
    assert pool.nodes[0].id != first
