"""What runs inside the sandbox beside the job: it starts the job's processes, carries their one
connection out, and stops them when the supervisor says so or is gone.

Standard library only, in one file: it is bound into the sandbox alone and run by the job's own
interpreter. The supervisor imports its half of the connection, `carry`, from here.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

GO, STOP = b"g", b"t"
# Of <linux/prctl.h>: PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, PR_SET_CHILD_SUBREAPER.
_DEATH_SIGNAL, _NO_NEW_PRIVILEGES, _SUBREAPER = 1, 38, 36
_PIECE = 65536
# Loaded here, because it is called between fork and exec.
_LIBC = ctypes.CDLL(None, use_errno=True)


def main(arguments: list[str]) -> int:
    """The one argument is the descriptor of the plan, with the job's variables. They are the job's
    alone: we run without them.
    """
    with os.fdopen(int(arguments[0]), "rb") as file:
        plan = json.load(file)
    if plan["socket"]:
        listener = socket.create_server(("127.0.0.1", plan["port"]), backlog=128)
        carry(listener, lambda: _connect(plan["socket"]))
    if os.read(0, 1) != GO:
        return 128 + signal.SIGKILL
    try:
        job = Job(plan["argv"], plan["processes"], plan["alone"])
    except (OSError, ValueError) as error:
        print(f"The command could not be started: {error}.", file=sys.stderr)
        return 126
    threading.Thread(target=job.listen, daemon=True).start()
    return job.wait()


class Job:
    """The job's processes. The first that fails takes the others with it.

    `processes`: the variables of each. `alone`: no process but the job's own can be reached by our
    signals, so they may go to all.
    """

    def __init__(self, argv: list[str], processes: list[dict[str, str]], alone: bool):
        self._alone = alone
        self._children = [
            subprocess.Popen(
                argv,
                env=variables,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
            for variables in processes
        ]

    def wait(self) -> int:
        """The exit code of the first that failed, else 0."""
        left = {child.pid for child in self._children}
        code = 0
        while left:
            pid, status = os.wait()
            if pid not in left:
                continue
            left.discard(pid)
            if code == 0 and (code := shell_code(status)):
                self.signal(signal.SIGTERM)
        return code

    def listen(self) -> None:
        """Obey the supervisor; when its end of the pipe closes it is gone, and so is the job."""
        while os.read(0, 1) == STOP:
            self.signal(signal.SIGTERM)
        self.signal(signal.SIGKILL)
        os._exit(128 + signal.SIGKILL)

    def signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self._alone:
                os.kill(-1, number)
                return
        for child in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, number)


def shell_code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def die_with_parent() -> None:
    _prctl(_DEATH_SIGNAL, signal.SIGKILL)


def no_new_privileges() -> None:
    _prctl(_NO_NEW_PRIVILEGES, 1)


def adopt_orphans() -> None:
    """Whoever loses its parent among our descendants becomes our child."""
    _prctl(_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if _LIBC.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def _connect(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    return connection


def carry(listener: socket.socket, connect: Callable[[], socket.socket]) -> None:
    """Every connection to `listener` is carried to a new one of `connect`, in its own threads."""
    threading.Thread(target=_accept, args=(listener, connect), daemon=True).start()


def _accept(listener: socket.socket, connect: Callable[[], socket.socket]) -> None:
    while True:
        near, _ = listener.accept()
        threading.Thread(target=_serve, args=(near, connect), daemon=True).start()


def _serve(near: socket.socket, connect: Callable[[], socket.socket]) -> None:
    with near:
        try:
            far = connect()
        except OSError:
            return  # closing `near` tells the job what there is to tell: nobody listens
        with far:
            back = threading.Thread(target=_pump, args=(far, near), daemon=True)
            back.start()
            _pump(near, far)
            back.join()


def _pump(source: Any, sink: Any) -> None:
    # Either end may hang up at any time; the other then hears the end of the stream.
    with contextlib.suppress(OSError):
        while piece := source.recv(_PIECE):
            sink.sendall(piece)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
