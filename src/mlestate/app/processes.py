"""Which process serves a data folder, and how to stop it."""

from __future__ import annotations

import os
import signal
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from ..identity import private_file

FILE = "run.json"
_PATIENCE = 30.0


class Running(msgspec.Struct, frozen=True):
    """`started` is the process's start time in clock ticks since boot: with the pid, it names
    one process for good. `settled` is when the estate's file was applied, if there was one;
    `trouble` says what of it could not be."""

    pid: int
    started: int
    origin: str
    settled: bool = False
    trouble: tuple[str, ...] = ()


def write(data: Path, origin: str, settled: bool, trouble: Sequence[str] = ()) -> None:
    started = start_of(os.getpid()) or 0
    running = Running(os.getpid(), started, origin, settled, tuple(trouble))
    private_file.write(data / FILE, msgspec.json.encode(running), mode=0o644)


def clear(data: Path) -> None:
    (data / FILE).unlink(missing_ok=True)


def read(data: Path) -> Running | None:
    """The process that serves the folder, if it is there still."""
    try:
        found = msgspec.json.decode((data / FILE).read_bytes(), type=Running)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    return found if start_of(found.pid) == found.started else None


def answers(data: Path, running: Running) -> bool:
    """Whether it is ready."""
    try:
        context = ssl.create_default_context(cafile=str(data / "tls" / "ca.pem"))
        handler = urllib.request.HTTPSHandler(context=context)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), handler)
        with opener.open(f"{running.origin}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def status(data: Path) -> dict[str, Any]:
    running = read(data)
    if running is None:
        return {"running": False, "data": str(data)}
    regions = sorted(p.name for p in (data / "regions").glob("*") if p.is_dir())
    return {
        "running": True,
        "ready": answers(data, running),
        "settled": running.settled,
        "url": running.origin,
        "pid": running.pid,
        "data": str(data),
        "regions": regions,
    }


def down(data: Path) -> int:
    """Stop it cleanly. Fine where nothing runs. The exit code."""
    running = read(data)
    if running is None:
        print(f"nothing runs on `{data}`")
        return 0
    os.kill(running.pid, signal.SIGTERM)
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if start_of(running.pid) != running.started:
            print("stopped")
            return 0
        time.sleep(0.05)
    print(f"process {running.pid} did not stop within {_PATIENCE:.0f} s")
    return 1


def start_of(pid: int) -> int | None:
    """When the process began; None where there is none, or only what its parent has not seen."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else int(fields[19])
