"""Server, agent or supervisor is killed: jobs run once, to their end, whole."""

from __future__ import annotations

import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e.raw import MLFLOW, WORKSPACE, Answer, Raw
from tests.running import Running, running

pytestmark = [pytest.mark.timeout(180), pytest.mark.sandbox]

ENDED = ("Completed", "Failed", "Canceled")
LINES = 12
# The job's own client is MLflow's: it says a metric per line, and must not notice.
TRAIN = f"""
import time, mlflow
with mlflow.start_run():
    for step in range({LINES}):
        print("line", step, flush=True)
        mlflow.log_metric("m", step / 7, step=step)
        time.sleep(0.6)
print("the end", flush=True)
"""
WHOLE = [*(f"line {step}" for step in range(LINES)), "the end"]
PACKAGES = "dependencies: [python, pip, {pip: [mlflow-skinny]}]"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("estate") / "data") as one:
        raw = Raw(one)
        for name, conda in (("plain", "dependencies: [python]"), ("mlflow", PACKAGES)):
            said = {"image": "mine", "condaFile": conda}
            raw.must("PUT", f"{WORKSPACE}/environments/{name}/versions/1", {"properties": said})
        raw.close()
        # Built once; the jobs after it find it there.
        job = Submitted(one, "python -c 'import mlflow'", "mlflow")
        assert job.ended() == "Completed", job.why()
        yield one


@pytest.fixture
def estate(kept: Running) -> Running:
    """It runs, whatever the test before has left."""
    assert kept.process is not None
    if kept.process.poll() is not None:
        kept.start()
    return kept


class Submitted:
    """A job, from its acknowledgement on."""

    def __init__(self, estate: Running, command: str, environment: str = "plain"):
        self.estate, self.name = estate, f"job-{uuid.uuid4().hex[:12]}"
        said = {
            "jobType": "Command",
            "command": command,
            "environmentId": f"{WORKSPACE}/environments/{environment}/versions/1",
            "experimentName": "crash",
        }
        self.ask("PUT", f"{WORKSPACE}/jobs/{self.name}", {"properties": said})

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self.try_to(method, path, body)
        assert answer.good, (method, path, answer)
        return answer.json()

    def try_to(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        raw = Raw(self.estate)
        try:
            return raw.ask(method, path, body)
        finally:
            raw.close()

    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"{WORKSPACE}/jobs/{self.name}")["properties"]
        return found

    def status(self) -> str:
        return str(self.document()["status"])

    def why(self) -> str:
        """What a failed test should show."""
        return f"{self.document().get('error')} {self.log()}"

    def ended(self) -> str:
        eventually(lambda: self.status() in ENDED, f"{self.name} ends", 120)
        return self.status()

    def log(self) -> list[str]:
        raw = Raw(self.estate)
        path = f"ExperimentRun/dcid.{self.name}/user_logs/std_log.txt"
        try:
            store = raw.must("GET", f"{WORKSPACE}/datastores/workspaceartifactstore").json()
            asked = raw.must("POST", f"{WORKSPACE}/datastores/workspaceartifactstore/listSecrets")
            said = store["properties"]
            account = said["accountName"].rpartition("/")[2]
            address = f"/_blob/{account}.blob.core.windows.net/{said['containerName']}/{path}"
            found = raw.ask("GET", f"{address}?{asked.json()['sasToken']}")
            lines = found.body.decode().splitlines() if found.good else []
        finally:
            raw.close()
        # The agent says first what of the environment it could not do.
        return [line for line in lines if not line.startswith("WARNING: ")]

    def metrics(self) -> dict[int, float]:
        path = f"{MLFLOW}/metrics/get-history?run_id={self.name}&metric_key=m"
        found = self.try_to("GET", path)
        if found.status == 404:
            return {}  # the run is opened a moment after the job is accepted
        assert found.good, found
        return {p["step"]: p["value"] for p in found.json().get("metrics", [])}

    def run_status(self) -> str:
        found = self.ask("GET", f"{MLFLOW}/runs/get?run_id={self.name}")
        return str(found["run"]["info"]["status"])

    def assert_whole(self) -> None:
        assert self.ended() == "Completed", self.why()
        # MLflow itself says where the run can be seen.
        assert [line for line in self.log() if "https://" not in line] == WHOLE
        assert self.metrics() == {step: step / 7 for step in range(LINES)}
        assert self.run_status() == "FINISHED"


def eventually(holds: Callable[[], object], what: str, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, f"not within {seconds} s: {what}"
        time.sleep(0.1)


def in_the_middle(estate: Running) -> Submitted:
    job = Submitted(estate, f"python -c '{TRAIN}'", "mlflow")
    eventually(lambda: 3 in job.metrics(), "the job is in its middle")
    return job


def test_a_job_does_not_notice_that_the_server_is_killed(estate: Running) -> None:
    job = in_the_middle(estate)
    estate.kill_api()
    time.sleep(3)
    estate.start()
    job.assert_whole()


def test_an_agent_that_is_killed_is_followed_by_another(estate: Running) -> None:
    job = in_the_middle(estate)
    [before] = estate.agents()
    os.kill(before, signal.SIGKILL)
    eventually(lambda: estate.agents() not in ([], [before]), "another agent is there")
    job.assert_whole()


def test_server_and_agent_killed_together(estate: Running) -> None:
    job = in_the_middle(estate)
    estate.kill_api()
    estate.kill_agents()
    estate.start()
    job.assert_whole()


def test_a_job_that_ended_while_nobody_was_there_is_told(estate: Running) -> None:
    job = Submitted(estate, "echo begun; sleep 2; echo done")
    eventually(lambda: job.log() == ["begun"], "it runs")
    estate.kill_api()
    estate.kill_agents()
    eventually(lambda: not estate.supervisors(), "the job ends by itself")
    estate.start()
    assert job.ended() == "Completed"
    assert job.log() == ["begun", "done"]


def test_an_agent_ends_with_its_server_and_there_is_one_afterwards(estate: Running) -> None:
    before = estate.agents()
    estate.kill_api()
    eventually(lambda: not estate.agents(), "the agent hears of its server's end")
    estate.start()
    eventually(lambda: len(estate.agents()) == 1, "there is one")
    assert estate.agents() != before


def test_a_job_acknowledged_just_before_the_kill_runs_once(estate: Running) -> None:
    names = []
    for _ in range(3):
        job = Submitted(estate, "echo ran")
        estate.kill_api()
        names.append(job)
        estate.start()
    for job in names:
        assert job.ended() == "Completed", job.why()
        assert job.log() == ["ran"]


def test_a_job_whose_supervisor_is_killed_failed_and_says_why(estate: Running) -> None:
    job = Submitted(estate, "echo begun; sleep 600")
    eventually(lambda: job.log() == ["begun"], "it runs")
    [supervisor] = estate.supervisors()
    os.kill(supervisor, signal.SIGKILL)
    assert job.ended() == "Failed"
    error = job.document()["error"]
    assert error["code"] == "SupervisorLost"
    assert "killed" in error["message"]
    assert job.log() == ["begun"]
    assert job.run_status() == "FAILED"
    assert estate.supervisors() == []


def test_ctrl_c_leaves_a_running_job_to_the_next_start(estate: Running) -> None:
    job = in_the_middle(estate)
    estate.stop()
    assert estate.agents() == []
    assert len(estate.supervisors()) == 1
    estate.start()
    job.assert_whole()


def test_a_job_canceled_just_before_the_kill_is_canceled(estate: Running) -> None:
    job = Submitted(estate, "echo begun; sleep 600")
    eventually(lambda: job.log() == ["begun"], "it runs")
    raw = Raw(estate)
    assert raw.ask("POST", f"{WORKSPACE}/jobs/{job.name}/cancel").status == 202
    estate.kill_api()
    raw.close()
    estate.start()
    assert job.ended() == "Canceled"
    eventually(lambda: not estate.supervisors(), "nothing of it is left")
