"""A command in the foreground, in processes of its own: signals are about nothing else."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

RUN = """
import os, sys
from mlestate.cli.child import Child, hold_signals
hold_signals()
sys.exit(Child(sys.argv[1:], os.environ).wait())
"""
# Says how often it was told to stop, and ends at the second time or soon after the first.
COUNT = """
import os, signal, sys, time
heard = []
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
    signal.signal(number, lambda number, frame: heard.append(number))
print("ready", os.getpid(), flush=True)
until = time.monotonic() + 20
while not heard and time.monotonic() < until:
    time.sleep(0.01)
time.sleep(0.2)
print(len(heard), "heard", flush=True)
sys.exit(40 + heard[0])
"""


@pytest.mark.parametrize(
    ("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill -15 $$", 143)]
)
def test_the_exit_code_is_the_commands(script: str, code: int):
    assert subprocess.run([sys.executable, "-c", RUN, "sh", "-c", script]).returncode == code


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_is_passed_on(number: signal.Signals):
    with counting() as process:
        process.send_signal(number)
        assert process.communicate(timeout=30)[0] == b"1 heard\n"
    assert process.returncode == 40 + number


def test_control_c_is_heard_once_and_it_is_the_command_that_decides():
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-c", RUN, sys.executable, "-c", COUNT])
    said = read_until(terminal, b"ready")
    os.write(terminal, b"\x03")
    said = read_until(terminal, b"heard")
    assert b"1 heard" in said
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 40 + signal.SIGINT
    os.close(terminal)


def test_the_command_ends_with_whoever_ran_it():
    with counting() as process:
        child = int(process.pid_of_command)  # type: ignore[attr-defined]
        process.kill()
        assert process.communicate(timeout=30)[0] == b"1 heard\n"
        until = time.monotonic() + 10
        while Path(f"/proc/{child}").exists() and time.monotonic() < until:
            time.sleep(0.01)
        assert not Path(f"/proc/{child}").exists()


@contextmanager
def counting() -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", RUN, sys.executable, "-c", COUNT]
    # A session of its own: as where a program starts it, and not a terminal.
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        ready, pid = process.stdout.readline().split()
        assert ready == b"ready"
        process.pid_of_command = pid  # type: ignore[attr-defined]
        yield process


def read_until(terminal: int, words: bytes) -> bytes:
    said = b""
    while words not in said:
        try:
            said += os.read(terminal, 1024)
        except OSError:  # the other end is closed
            break
    return said
