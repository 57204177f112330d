"""The agent's parts, one by one, on a folder of the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from mlestate.core.errors import Invalid, Stale, Unavailable
from mlestate.runtime.local import ending, interpreters, patience
from mlestate.runtime.local.blobs import Log, within
from mlestate.runtime.local.cgroup import ControlGroup
from mlestate.runtime.local.folder import Folder, Result, Started
from mlestate.runtime.local.machine import free_uid
from mlestate.runtime.local.process import (
    ProcessId,
    children,
    descendants,
    runs,
    send,
    start_time,
    this_process,
)
from mlestate.runtime.local.wire import Answer
from mlestate.runtime.protocol import (
    EnvironmentSpec,
    JobSpec,
    Lease,
    Place,
    Workspace,
)

PLACE = Place("http://a/c")
SPEC = JobSpec(
    "j",
    "j",
    Workspace("/w", "s", "g", "w", "guid"),
    "true",
    EnvironmentSpec(),
    PLACE,
    "t",
    "k",
    "e",
)
LEASE = Lease("j", 7, 0, SPEC)
STARTED = Started(ProcessId(1, 2, "b"), ("limits",))


# The folder


def test_a_folder_is_locked_while_anyone_has_the_descriptor(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    lock = folder.lock()
    assert lock is not None
    assert folder.lock() is None
    child = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[lock]
    )
    os.close(lock)
    assert folder.has_supervisor()
    child.communicate()
    assert not folder.has_supervisor()


def test_what_is_written_is_read_back_and_what_is_not_is_none(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "job")
    folder.write_lease(LEASE)
    assert folder.lease() == LEASE
    assert (folder.started(), folder.result(), folder.order()) == (None, None, None)
    folder.write_result(Result(3, 1.5))
    assert folder.result() == Result(3, 1.5)
    assert (tmp_path / "job" / "lease.json").stat().st_mode & 0o077 == 0


def test_a_folder_that_is_gone_has_nothing_to_cancel(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "job")
    folder.write_lease(LEASE)
    folder.ask_cancel()
    assert folder.cancel_asked()
    folder.remove()
    assert not folder.path.exists()
    folder.ask_cancel()


# Processes


def test_a_process_is_known_by_pid_and_start(tmp_path: Path) -> None:
    me = this_process()
    assert runs(me)
    assert not runs(ProcessId(me.pid, me.start + 1, me.boot))
    assert not runs(ProcessId(me.pid, me.start, "another boot"))
    assert not send(ProcessId(me.pid, me.start + 1, me.boot), 9)  # type: ignore[arg-type]


def test_a_process_that_ended_has_no_start() -> None:
    child = subprocess.Popen(["true"])
    child.wait()
    assert start_time(child.pid) is None


def test_processes_that_go_while_they_are_looked_for_are_passed_over() -> None:
    """Thousands of short lives: one of them ends between any two looks."""
    restless = "while :; do (/bin/true & /bin/true & wait) & (:) & wait; done"
    shells = [subprocess.Popen(["/bin/bash", "-c", restless]) for _ in range(3)]
    try:
        for _ in range(1500):
            for pid in descendants(os.getpid()):
                children(pid)
    finally:
        for shell in shells:
            shell.kill()
            shell.wait()


def test_descendants_are_found_however_deep_they_lie() -> None:
    chain = "chain() { if [ $1 = 0 ]; then echo there; read x; else (chain $(($1-1)); :); fi; }"
    top = subprocess.Popen(
        ["/bin/bash", "-c", f"{chain}; chain 60; :"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert top.stdout is not None
    assert top.stdout.readline() == b"there\n"
    assert len(descendants(top.pid)) == 60
    top.communicate(b"\n")


# The end


@pytest.mark.parametrize(
    ("result", "state", "code"),
    [
        (Result(0, 1), "Completed", None),
        (Result(1, 1), "Failed", "ExecutionFailed"),
        (Result(137, 1, out_of_memory=True), "Failed", "OutOfMemory"),
        (Result(143, 1, timed_out=True), "Failed", "JobTimedOut"),
        (Result(0, 1, timed_out=True), "Failed", "JobTimedOut"),
        (Result(143, 1, canceled=True), "Canceled", None),
        (Result(126, 0, failure="no bwrap"), "Failed", "SandboxFailed"),
    ],
)
def test_every_end_has_its_word(result: Result, state: str, code: str | None) -> None:
    report = ending.ended(LEASE, "n", result, STARTED, b"")
    assert (report.state, report.error and report.error.code) == (state, code)
    assert (report.fence, report.node, report.protections) == (7, "n", ("limits",))


def test_the_last_lines_are_quoted_and_no_more() -> None:
    log = b"".join(b"line %d\n" % n for n in range(1000)) + b"\xff broken"
    error = ending.failure(LEASE, Result(1, 1), log)
    assert error is not None
    assert "line 999" in error.message
    assert "line 900" not in error.message


def test_a_signal_is_named() -> None:
    error = ending.failure(LEASE, Result(139, 1), b"")
    assert error is not None
    assert "SIGSEGV" in error.message


# Control groups, of both versions, on folders that stand for the kernel's


def groups_v1(root: Path) -> Path:
    for controller in ("memory", "cpu", "pids"):
        (root / controller).mkdir()
    return root


def groups_v2(root: Path) -> Path:
    (root / "cgroup.controllers").write_text("cpu memory pids")
    (root / "cgroup.subtree_control").write_text("cpu memory pids")
    (root / "mlestate").mkdir()
    (root / "mlestate/cgroup.subtree_control").write_text("cpu memory pids")
    return root


def test_limits_are_written_where_version_1_has_them(tmp_path: Path) -> None:
    group = ControlGroup(groups_v1(tmp_path), "job")
    group.limit(1 << 20, 1.5, 64)
    assert (tmp_path / "memory/mlestate/job/memory.limit_in_bytes").read_text() == "1048576"
    assert (tmp_path / "cpu/mlestate/job/cpu.cfs_quota_us").read_text() == "150000"
    assert (tmp_path / "pids/mlestate/job/pids.max").read_text() == "64"
    assert group.held == ("memory", "cpu", "pids")


def test_limits_are_written_where_version_2_has_them(tmp_path: Path) -> None:
    group = ControlGroup(groups_v2(tmp_path), "job")
    group.limit(1 << 20, 0.5, 64)
    folder = tmp_path / "mlestate/job"
    assert (folder / "memory.max").read_text() == "1048576"
    assert (folder / "cpu.max").read_text() == "50000 100000"
    assert (folder / "pids.max").read_text() == "64"
    (folder / "memory.events").write_text("low 0\noom 1\noom_kill 1\n")
    (folder / "memory.peak").write_text("4096\n")
    assert (group.out_of_memory(), group.peak_memory()) == (True, 4096)


def test_without_a_limit_nothing_is_held(tmp_path: Path) -> None:
    group = ControlGroup(groups_v1(tmp_path), "job")
    group.limit(0, 0, 0)
    assert group.held == ()


def test_where_there_are_no_control_groups_the_job_runs_without(tmp_path: Path) -> None:
    # Nothing can be made below a file.
    (tmp_path / "file").touch()
    for root in (None, tmp_path / "file"):
        group = ControlGroup(root, "job")
        group.limit(1, 1, 1)
        assert (group.held, group.peak_memory(), group.out_of_memory()) == ((), 0, False)


# Blobs


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/passwd", "", "a/\0"])
def test_a_blob_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Invalid):
        within(tmp_path, name)


def test_an_ordinary_blob_name_is_a_path(tmp_path: Path) -> None:
    assert within(tmp_path, "a/b c/ü.txt") == tmp_path / "a/b c/ü.txt"


class AppendStore:
    """One append blob; `lose` the next answer, after the piece is stored."""

    def __init__(self) -> None:
        self.body = b""
        self.lose = False

    def ask(self, method: str, url: str, headers: Any = None, body: Any = None) -> Answer:
        if method == "HEAD":
            return Answer({"Content-Length": str(len(self.body))}, b"")  # type: ignore[arg-type]
        if int(headers["x-ms-blob-condition-appendpos"]) != len(self.body):
            raise Stale("the position is another")
        self.body += body
        if self.lose:
            self.lose = False
            raise Unavailable("the answer was lost")
        return Answer({}, b"")  # type: ignore[arg-type]


def test_a_piece_whose_answer_was_lost_is_there_once(tmp_path: Path) -> None:
    store, path = AppendStore(), tmp_path / "log"
    log = Log(store, PLACE, "log")  # type: ignore[arg-type]
    path.write_bytes(b"one\n")
    log.send(path)
    path.write_bytes(b"one\ntwo\n")
    store.lose = True
    with pytest.raises(Unavailable):
        log.send(path)
    log.send(path)
    assert store.body == b"one\ntwo\n"


def test_the_next_agent_goes_on_where_the_last_one_stopped(tmp_path: Path) -> None:
    store, path = AppendStore(), tmp_path / "log"
    path.write_bytes(b"one\n")
    Log(store, PLACE, "log").send(path)  # type: ignore[arg-type]
    path.write_bytes(b"one\ntwo\n")
    Log(store, PLACE, "log").send(path)  # type: ignore[arg-type]
    assert store.body == b"one\ntwo\n"


# Patience


def test_what_passes_is_waited_for() -> None:
    answers = iter([Unavailable("x"), Unavailable("x"), 42])

    def action() -> object:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert patience.persist(action, threading.Event()) == 42


def test_one_that_is_told_to_stop_stops() -> None:
    stop = threading.Event()

    def action() -> None:
        stop.set()
        raise Unavailable("x")

    with pytest.raises(patience.Interrupted):
        patience.persist(action, stop)


def test_a_refusal_is_not_repeated() -> None:
    with pytest.raises(Invalid):
        patience.persist(_refuse, threading.Event())


def _refuse() -> None:
    raise Invalid("no")


# Users and interpreters


def test_a_job_has_the_same_user_again_unless_it_is_taken() -> None:
    first = free_uid("guid.j", set())
    assert free_uid("guid.j", set()) == first
    assert free_uid("guid.j", {first}) == first + 1
    assert free_uid("guid.k", set()) != first


def test_an_interpreter_that_others_may_not_run_is_not_taken(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    python = closed / "python3.11"
    python.symlink_to(sys.executable)
    (closed / "python3.12").write_text("#!/bin/sh\n")
    (closed / "python3.12").chmod(0o755)
    with pytest.raises(Invalid, match=r"Python 3\.12"):
        interpreters.find("3.12", str(closed))
