"""Control groups for one job, version 1 or 2, where this process may make them."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

CONTROLLERS = ("memory", "cpu", "pids")
_PARENT = "mlestate"
_PERIOD = 100_000


class ControlGroup:
    """`held` names the controllers that really hold the job; the others are simply not there."""

    def __init__(self, root: Path | None, name: str):
        self._v2 = root is not None and (root / "cgroup.controllers").exists()
        self._folders: dict[str, Path] = {}
        for controller in CONTROLLERS:
            folder = self._make(root, controller, name) if root else None
            if folder is not None:
                self._folders[controller] = folder
        self._limited: set[str] = set()

    @property
    def held(self) -> tuple[str, ...]:
        return tuple(one for one in CONTROLLERS if one in self._limited)

    def _make(self, root: Path, controller: str, name: str) -> Path | None:
        try:
            if self._v2:
                return _make_v2(root, controller, name)
            folder = root / controller / _PARENT / name
            folder.mkdir(parents=True, exist_ok=True)
            return folder
        except OSError:
            # Not ours to make, or not mounted: a protection less, which `held` shows.
            return None

    def limit(self, memory: int, cpus: float, processes: int) -> None:
        """Bytes, cores and a count; 0 is no limit, and the controller then only measures."""
        if memory:
            self._set("memory", "memory.max" if self._v2 else "memory.limit_in_bytes", str(memory))
        if cpus:
            quota = max(1000, int(cpus * _PERIOD))
            if self._v2:
                self._set("cpu", "cpu.max", f"{quota} {_PERIOD}")
            else:
                self._set("cpu", "cpu.cfs_quota_us", str(quota))
        if processes:
            self._set("pids", "pids.max", str(processes))

    def _set(self, controller: str, file: str, value: str) -> None:
        folder = self._folders.get(controller)
        if folder is None:
            return
        with contextlib.suppress(OSError):
            (folder / file).write_text(value)
            self._limited.add(controller)

    def join(self) -> None:
        """Put the calling process in; to be called between fork and exec."""
        for folder in set(self._folders.values()):
            with (folder / "cgroup.procs").open("w") as file:
                file.write(str(os.getpid()))

    def peak_memory(self) -> int:
        return self._number("memory", "memory.peak" if self._v2 else "memory.max_usage_in_bytes")

    def _number(self, controller: str, file: str) -> int:
        folder = self._folders.get(controller)
        if folder is None or not (folder / file).exists():
            return 0
        return int((folder / file).read_text())

    def out_of_memory(self) -> bool:
        """Whether the kernel killed a process of the job for want of memory."""
        folder = self._folders.get("memory")
        if folder is None:
            return False
        try:
            text = (folder / ("memory.events" if self._v2 else "memory.oom_control")).read_text()
        except FileNotFoundError:
            return False  # somebody took the group away: nothing of it is known any more
        words = dict(line.split() for line in text.splitlines() if len(line.split()) == 2)
        return int(words.get("oom_kill", 0)) > 0

    def remove(self, patience: float = 2) -> None:
        """Away with it; the kernel lets go of the dead a moment later than they die."""
        deadline = time.monotonic() + patience
        for folder in set(self._folders.values()):
            while folder.exists():
                try:
                    folder.rmdir()
                except OSError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.01)


def _make_v2(root: Path, controller: str, name: str) -> Path:
    parent = root / _PARENT
    parent.mkdir(exist_ok=True)
    for above in (root, parent):
        if controller not in (above / "cgroup.subtree_control").read_text().split():
            (above / "cgroup.subtree_control").write_text(f"+{controller}")
    folder = parent / name
    folder.mkdir(exist_ok=True)
    return folder
