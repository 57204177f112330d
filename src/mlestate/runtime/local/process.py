"""A process of this machine, named so that it is never taken for another: pid and start time."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

import msgspec


class ProcessId(msgspec.Struct, frozen=True):
    """`start` is in clock ticks since `boot` (`/proc/<pid>/stat`, field 22)."""

    pid: int
    start: int
    boot: str


def this_process() -> ProcessId:
    pid = os.getpid()
    start = start_time(pid)
    if start is None:
        raise ProcessLookupError("this process has no entry in /proc")
    return ProcessId(pid, start, boot_id())


def runs(process: ProcessId) -> bool:
    return process.boot == boot_id() and start_time(process.pid) == process.start


def start_time(pid: int) -> int | None:
    """None when there is no such process, or only what is left of it."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name is in parentheses and may hold anything, parentheses too.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def send(process: ProcessId, number: signal.Signals) -> bool:
    """Signal exactly this process; false when it is gone."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return False
    try:
        # The descriptor holds the pid still, so that the check counts for the signal after it.
        if not runs(process):
            return False
        signal.pidfd_send_signal(descriptor, number)
        return True
    except ProcessLookupError:
        return False
    finally:
        os.close(descriptor)


def children(pid: int) -> list[int]:
    """Direct children of all its threads."""
    found: list[int] = []
    for task in _tasks(pid):
        try:
            found += [int(one) for one in (task / "children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue  # the thread ended meanwhile, and its children are another's now
    return found


def _tasks(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return []  # the process ended meanwhile


def kill_all(uid: int, home: str) -> None:
    """Every process of a user that is one job's own, and every one with the job's home."""
    for path in Path("/proc").glob("[0-9]*"):
        pid = int(path.name)
        if pid != os.getpid() and (_owner(path) == uid or _home(path) == home):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _owner(path: Path) -> int:
    try:
        # 0 is root, and never a job's own.
        return path.stat().st_uid or -1
    except FileNotFoundError:
        return -1


def _home(path: Path) -> str:
    try:
        variables = (path / "environ").read_bytes().split(b"\0")
    except OSError:
        return ""  # another user's, or gone
    found = [one for one in variables if one.startswith(b"HOME=")]
    return found[0].removeprefix(b"HOME=").decode(errors="replace") if found else ""


def descendants(pid: int) -> list[int]:
    """Parents before their children, however deep, as far as they can be seen while they come and
    go: each once.
    """
    found: dict[int, None] = {}
    left = [pid]
    while left:
        for child in children(left.pop()):
            if child not in found:
                found[child] = None
                left.append(child)
    return list(found)
