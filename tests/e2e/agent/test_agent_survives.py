"""Whatever dies, a job runs once, to its end, and its log is whole."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from mlestate.runtime.local.process import descendants, start_time
from mlestate.runtime.protocol import Output
from tests.e2e.agent.conftest import Cell, eventually

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(90)]

COUNT = "for i in $(seq 40); do echo line $i; sleep 0.05; done; echo end of the job; exit 5"
WHOLE = "".join(f"line {i}\n" for i in range(1, 41)) + "end of the job\n"


def kill(child_pid: int) -> None:
    os.kill(child_pid, signal.SIGKILL)


def test_an_agent_that_is_killed_finds_its_job_again(cell: Cell) -> None:
    cell.submit("j1", COUNT)
    before = cell.supervisor("j1")
    kill(cell.agent.pid)
    cell.agent.wait()
    time.sleep(0.3)  # the job goes on alone
    assert start_time(before) is not None
    cell.start_agent()
    end = cell.end("j1")
    assert (end.state, end.exit_code) == ("Failed", 5)
    assert cell.log("j1") == WHOLE


def test_an_agent_that_comes_back_after_the_end_still_tells_it(cell: Cell) -> None:
    cell.submit(
        "j1", f"echo made > ${{{{outputs.o}}}}/f; {COUNT}", outputs=(Output("o", cell.place("o")),)
    )
    cell.supervisor("j1")
    kill(cell.agent.pid)
    cell.agent.wait()
    eventually(lambda: cell.folder("j1").result() is not None, "the supervisor writes the result")
    cell.start_agent()
    assert cell.end("j1").exit_code == 5
    assert cell.log("j1") == WHOLE
    assert cell.blob("o/f") == b"made\n"


def test_a_job_does_not_notice_that_the_api_was_killed(cell: Cell) -> None:
    cell.submit("j1", COUNT)
    cell.supervisor("j1")
    kill(cell.server.pid)
    cell.server.wait()
    eventually(lambda: cell.folder("j1").result() is not None, "the job ends without an API")
    cell.start_server()
    assert cell.end("j1").exit_code == 5
    assert cell.log("j1") == WHOLE


def test_api_and_agent_killed_together_are_no_different(cell: Cell) -> None:
    cell.submit("j1", COUNT)
    cell.supervisor("j1")
    for child in (cell.server, cell.agent):
        kill(child.pid)
        child.wait()
    cell.start_agent()
    cell.start_server()
    assert cell.end("j1").exit_code == 5
    assert cell.log("j1") == WHOLE


def test_a_killed_supervisor_takes_the_job_with_it_and_the_job_failed(cell: Cell) -> None:
    cell.submit("j1", "echo up; sleep 600")
    supervisor = cell.supervisor("j1")
    eventually(lambda: "up" in cell.log("j1"), "the job is up")
    family = descendants(supervisor)
    assert family
    kill(supervisor)
    end = cell.end("j1")
    assert end.error is not None
    assert end.error.code == "SupervisorLost"
    eventually(lambda: all(start_time(pid) is None for pid in family), "nothing of it is left")
    assert not list(Path("/sys/fs/cgroup").glob(f"*/mlestate/{cell.guid}.j1"))


def test_a_job_that_ran_is_not_run_again_whatever_is_killed(cell: Cell) -> None:
    cell.submit("j1", "echo begun; sleep 1.5; echo done")
    cell.supervisor("j1")
    for _ in range(3):
        kill(cell.agent.pid)
        cell.agent.wait()
        cell.start_agent()
        time.sleep(0.2)
    assert cell.end("j1").state == "Completed"
    assert cell.log("j1") == "begun\ndone\n"


def test_an_agent_killed_while_it_prepares_begins_again(cell: Cell) -> None:
    cell.submit("j1", "echo once")
    eventually(lambda: "Preparing" in cell.states("j1"), "it is being prepared")
    kill(cell.agent.pid)
    cell.agent.wait()
    cell.start_agent()
    assert cell.end("j1").state == "Completed"
    assert cell.log("j1") == "once\n"


def test_a_canceled_job_is_canceled_by_the_next_agent(cell: Cell) -> None:
    cell.submit("j1", "sleep 600")
    supervisor = cell.supervisor("j1")
    kill(cell.agent.pid)
    cell.agent.wait()
    cell.post("/test/cancel/j1")
    cell.start_agent()
    assert cell.end("j1").state == "Canceled"
    assert start_time(supervisor) is None


def test_a_job_whose_submitter_goes_is_canceled_at_once(cell: Cell) -> None:
    cell.submit("j1", "while :; do echo up; sleep 0.1; done")
    eventually(lambda: "up" in cell.log("j1"), "the job is up")
    cell.revoke_keys()
    cell.post("/test/cancel/j1")
    end = cell.end("j1", 20)
    assert (end.state, end.error) == ("Canceled", None)
    assert "whoever submitted the job is gone" in end.warnings[0]


def test_what_cannot_be_sent_any_more_is_told_with_the_reason(cell: Cell) -> None:
    cell.submit("j1", "echo up; sleep 3; echo more")
    eventually(lambda: "up" in cell.log("j1"), "the job is up")
    cell.revoke_keys()
    end = cell.end("j1", 20)
    assert end.state == "Failed"
    assert end.error is not None
    assert end.error.code == "SubmitterGone"


def test_a_lease_that_is_gone_stops_the_job(cell: Cell) -> None:
    cell.submit("j1", "sleep 600")
    supervisor = cell.supervisor("j1")
    kill(cell.agent.pid)
    cell.agent.wait()
    (cell.region / "agent.node").write_text("another machine, on the same disk")
    cell.start_agent()
    eventually(lambda: start_time(supervisor) is None, "the job is stopped")
    eventually(lambda: not cell.folder("j1").path.exists(), "and forgotten")
    assert "Completed" not in cell.states("j1")


def test_a_region_has_one_agent(cell: Cell) -> None:
    eventually(lambda: (cell.region / "agent.node").exists(), "the first agent is up")
    first = cell.agent
    second = cell.start_agent()
    assert second.wait(20) == 1
    assert first.poll() is None


def test_an_agent_stopped_in_order_leaves_its_jobs_running(cell: Cell) -> None:
    cell.submit("j1", COUNT)
    supervisor = cell.supervisor("j1")
    cell.agent.terminate()
    assert cell.agent.wait(20) == 0
    assert start_time(supervisor) is not None
    cell.start_agent()
    assert cell.end("j1").exit_code == 5
    assert cell.log("j1") == WHOLE


def test_an_agent_whose_token_is_wrong_for_a_while_loses_nothing(cell: Cell) -> None:
    cell.submit("j1", COUNT)
    cell.supervisor("j1")
    token = (cell.path / "token").read_text()
    (cell.path / "token").write_text("revoked")
    eventually(lambda: cell.folder("j1").result() is not None, "the job ends meanwhile")
    (cell.path / "token").write_text(token)
    assert cell.end("j1").exit_code == 5
    assert cell.log("j1") == WHOLE


def test_an_agent_is_small(cell: Cell) -> None:
    cell.submit("j1", "sleep 600")
    supervisor = cell.supervisor("j1")
    assert proportional(cell.agent.pid) < 40 << 20
    assert proportional(supervisor) < 25 << 20
    cell.post("/test/cancel/j1")
    cell.end("j1")


def proportional(pid: int) -> int:
    """The process's share of memory (PSS), in bytes."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
