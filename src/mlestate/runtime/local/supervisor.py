"""One job, from its first process to its last: a small process in a session of its own.

It outlives the agent that started it. It holds the folder's lock while it lives, and what it knows
it leaves in the folder: that it started, and how the job ended. Run as
`python -m mlestate.runtime.local.supervisor FOLDER LOCK`, where LOCK is the inherited descriptor.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from . import sandbox
from .cgroup import ControlGroup
from .folder import Folder, Order, Result, Started
from .inside import GO, STOP, adopt_orphans, carry
from .process import descendants, this_process

_NEVER = float("inf")


def main(arguments: list[str]) -> int:
    folder = Folder(Path(arguments[0]))
    os.set_inheritable(int(arguments[1]), False)
    order = folder.order()
    if order is None:
        raise FileNotFoundError(f"there is no order in {folder.path}")
    adopt_orphans()
    folder.write_result(Supervisor(folder, order).run())
    return 0


class Supervisor:
    def __init__(self, folder: Folder, order: Order):
        self._folder, self._order = folder, order
        root = Path(order.control_groups) if order.control_groups else None
        self._group = ControlGroup(root, folder.path.name)
        self._canceled = self._timed_out = False
        # A signal wakes the loop by this pipe, so that nothing waits in short steps.
        self._wake, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake)
        signal.signal(signal.SIGTERM, lambda *_: None)

    def run(self) -> Result:
        self._prepare()
        began = time.monotonic()
        try:
            child = self._start()
        except (OSError, subprocess.SubprocessError) as error:
            return Result(126, 0, failure=f"The sandbox could not be started: {error}")
        code = self._watch(child, began)
        self._end_all(child)
        return self._result(code, time.monotonic() - began)

    def _prepare(self) -> None:
        order = self._order
        self._group.limit(order.memory, order.cpus, order.max_processes)
        held = self._group.held
        warnings = () if order.bwrap else ("the job ran without a sandbox of its own",)
        self._folder.write_started(
            Started(this_process(), sandbox.protections(order, held), warnings)
        )
        if order.bwrap:
            sandbox.write_names(self._folder, order)

    def _start(self) -> subprocess.Popen[bytes]:
        listener = self._listen() if self._order.bwrap else None
        with self._folder.log.open("ab") as log, self._plan() as plan:
            child = subprocess.Popen(
                sandbox.command_line(self._folder, self._order, plan.fileno()),
                env=sandbox.environment(self._folder, self._order),
                cwd=self._folder.path if self._order.bwrap else self._folder.code,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[plan.fileno()],
                preexec_fn=self._confine,
            )
        # Threads only now: what runs between fork and exec must be alone.
        if listener is not None:
            carry(listener, self._connect)
        self._say(child, GO)
        return child

    def _plan(self) -> IO[bytes]:
        """In memory: no command line and no file of another's tells what is in it."""
        file = os.fdopen(os.memfd_create("plan"), "w+b")
        file.write(sandbox.plan(self._folder, self._order))
        file.flush()
        file.seek(0)
        return file

    def _confine(self) -> None:
        self._group.join()
        sandbox.confine(self._folder, self._order, "memory" in self._group.held)

    def _listen(self) -> socket.socket:
        path = self._folder.socket
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(_short(path))
        path.chmod(0o666)
        listener.listen(128)
        return listener

    def _connect(self) -> socket.socket:
        network = self._order.network
        return socket.create_connection((network.host, network.api_port))

    def _watch(self, child: subprocess.Popen[bytes], began: float) -> int:
        """Wait for the end, and bring it about when it is asked for or overdue."""
        stop_by = began + self._order.timeout if self._order.timeout else _NEVER
        kill_by = _NEVER
        descriptor = os.pidfd_open(child.pid)
        while child.poll() is None:
            now = time.monotonic()
            canceled = self._folder.cancel_asked()
            if kill_by == _NEVER and (canceled or now >= stop_by):
                self._canceled, self._timed_out = canceled, not canceled
                stop_by, kill_by = _NEVER, now + self._order.grace
                self._say(child, STOP)
            if now >= kill_by:
                child.kill()
                kill_by = now + 1
            self._sleep(descriptor, min(stop_by, kill_by))
        return child.returncode if child.returncode >= 0 else 128 - child.returncode

    def _sleep(self, descriptor: int, until: float) -> None:
        # A cancellation that came before the handler did is seen at the latest after this.
        seconds = max(0.0, min(until - time.monotonic(), 5.0))
        select.select([descriptor, self._wake], [], [], seconds)
        try:
            os.read(self._wake, 512)
        except BlockingIOError:
            return

    def _say(self, child: subprocess.Popen[bytes], word: bytes) -> None:
        if child.stdin is None:
            raise ValueError("the launcher has no ear")
        try:
            child.stdin.write(word)
            child.stdin.flush()
        except BrokenPipeError:
            return  # it ended meanwhile, and there is nobody left to tell

    def _end_all(self, child: subprocess.Popen[bytes]) -> None:
        """Whatever still runs of the job dies now; done when there is nobody left to wait for."""
        while True:
            for pid in descendants(os.getpid()):
                _kill(pid)
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                return

    def _result(self, code: int, seconds: float) -> Result:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        out_of_memory = self._group.out_of_memory()
        result = Result(
            exit_code=code,
            seconds=seconds,
            canceled=self._canceled,
            timed_out=self._timed_out,
            out_of_memory=out_of_memory and code != 0,
            peak_memory=self._group.peak_memory() or usage.ru_maxrss * 1024,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
        )
        self._group.remove()
        return result


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _short(path: Path) -> str:
    """A socket's address holds 107 bytes; the folder is reached through its descriptor instead."""
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    return f"/proc/self/fd/{descriptor}/{path.name}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
