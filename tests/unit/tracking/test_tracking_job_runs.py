"""What other rooms do with runs: open one for a job, end it, find its children."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from mlestate.core.errors import Conflict, NotFound
from mlestate.core.tracking import Metric
from mlestate.store.tracking import TrackingStore, open_tracking
from mlestate.tracking import experiments, logging
from mlestate.tracking.job_runs import JobRuns

JOB = "sharp_pizza_x43y4j5bwj"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TrackingStore]:
    store = open_tracking(str(tmp_path / "tracking.db"))
    yield store
    store.close()


@pytest.fixture
def job_runs(store: TrackingStore) -> JobRuns:
    return JobRuns({"west": store}.__getitem__)


def opened(job_runs: JobRuns, run_id: str = JOB, guid: str = "g1", **more: object) -> object:
    given = {
        "experiment": "exp",
        "name": "a name",
        "user": "rita",
        "start_time": 5,
        "tags": {"mlflow.source.type": "JOB"},
        **more,
    }
    return job_runs.open("west", guid, run_id, **given)  # type: ignore[arg-type]


def test_a_jobs_run_has_the_jobs_id_and_is_opened_once(job_runs: JobRuns) -> None:
    first = opened(job_runs)
    again = opened(job_runs, name="another", start_time=99)
    assert first == again == job_runs.get("west", "g1", JOB)
    assert (first.run_id, first.status, first.experiment) == (JOB, "SCHEDULED", "exp")  # type: ignore[attr-defined]


def test_jobs_of_two_workspaces_may_have_one_name(job_runs: JobRuns) -> None:
    """A name that another workspace's job has is neither taken nor told."""
    opened(job_runs)
    assert job_runs.get("west", "g2", JOB) is None
    opened(job_runs, guid="g2")
    job_runs.set_status("west", "g2", JOB, "FAILED", 9)
    statuses = [job_runs.get("west", guid, JOB).status for guid in ("g1", "g2")]  # type: ignore[union-attr]
    assert statuses == ["SCHEDULED", "FAILED"]


def test_an_end_is_stamped_and_a_start_is_not(job_runs: JobRuns) -> None:
    opened(job_runs)
    assert job_runs.set_status("west", "g1", JOB, "RUNNING", 7).end_time is None
    ended = job_runs.set_status("west", "g1", JOB, "FAILED", 9)
    assert (ended.status, ended.end_time) == ("FAILED", 9)
    with pytest.raises(NotFound):
        job_runs.set_status("west", "g2", JOB, "FAILED", 9)


def test_what_has_ended_does_not_begin_again(job_runs: JobRuns) -> None:
    """An agent's word of a start may come after the job was deleted."""
    opened(job_runs)
    job_runs.set_status("west", "g1", JOB, "KILLED", 7)
    late = job_runs.set_status("west", "g1", JOB, "RUNNING", 8)
    assert (late.status, late.end_time) == ("KILLED", 7)


def test_children_are_found_in_the_order_of_their_start(job_runs: JobRuns) -> None:
    opened(job_runs)
    for index in range(3):
        tags = {"mlflow.parentRunId": JOB}
        opened(job_runs, f"child{index}", start_time=10 + index, tags=tags, experiment=f"e{index}")
    opened(job_runs, "other", guid="g2", tags={"mlflow.parentRunId": JOB})
    found = [run.run_id for run in job_runs.children("west", "g1", JOB)]
    assert found == ["child0", "child1", "child2"]


def test_the_data_of_a_run_is_mlflows_json(job_runs: JobRuns, store: TrackingStore) -> None:
    opened(job_runs)
    store.write(logging.Batch("g1", JOB, [Metric("m", "NaN", 1), Metric("i", "-Infinity", 1)]))
    body = msgspec.json.decode(job_runs.data("west", "g1", JOB))
    values = {one["key"]: one["value"] for one in body["data"]["metrics"]}
    assert values == {"m": "NaN", "i": "-Infinity"}
    assert body["info"]["artifact_uri"] == ""
    with pytest.raises(NotFound):
        job_runs.data("west", "g1", "nobody")


def test_a_deleted_experiment_takes_no_new_job(job_runs: JobRuns, store: TrackingStore) -> None:
    opened(job_runs)
    found = store.read(lambda s: experiments.get_by_name(s, "g1", "exp"))
    store.write(lambda group: experiments.delete(group, "g1", str(found.id), 6))
    with pytest.raises(Conflict, match="deleted"):
        opened(job_runs, "next")
