"""The agents of the regions, kept running: each a process of its own, which jobs outlive.

An agent ends with the server that began it, however that ends: it holds a pipe to it. The next
server's agents know that server's address and program, not those of the one before.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import structlog

from ..identity.bootstrap import AGENT_FILE

_LOOK = 0.5
_LONGEST_PAUSE = 30.0
_PATIENCE = 15.0
_log = structlog.get_logger(__name__)


class _Begun(NamedTuple):
    """When an agent was begun last, and from when on another may be."""

    at: float = 0.0
    next: float = 0.0

    def again(self, now: float) -> _Begun:
        # One that ran a while ended by mischance; one that did not would end again.
        pause = min(2 * (self.next - self.at), _LONGEST_PAUSE) if now < self.at + 60 else 0.0
        return _Begun(now, now + max(pause, _LOOK))


class Agents:
    """`regions` is asked again and again; `ca` is the authority of the API's certificate."""

    def __init__(self, data: Path, origin: str, regions: Callable[[], Iterable[str]], ca: Path):
        self._data, self._origin, self._regions, self._ca = data, origin, regions, ca
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._begun: dict[str, _Begun] = {}
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._keep, name="agents", daemon=True)

    def start(self) -> None:
        self._watch.start()

    def stop(self) -> None:
        """Jobs go on without their agent; the next one takes them up."""
        self._stopping.set()
        if self._watch.is_alive():
            self._watch.join()
        for process in self._processes.values():
            process.terminate()
        for region, process in self._processes.items():
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                _log.warning("agent did not stop and was killed", region=region)
                process.kill()
                process.wait()

    def _keep(self) -> None:
        while True:
            for region in self._regions():
                self._look_after(region)
            if self._stopping.wait(_LOOK):
                return

    def _look_after(self, region: str) -> None:
        """Begin it anew where it ended: at once, but not one after the other when none stays."""
        process, begun = self._processes.get(region), self._begun.get(region, _Begun())
        if process is not None and process.poll() is None:
            return
        now = time.monotonic()
        if now < begun.next:
            return
        self._begun[region] = begun.again(now)
        self._processes[region] = self._begin(region)

    def _begin(self, region: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", "-m", "mlestate.runtime.local.agent"]
        command += ["--url", self._origin, "--region", region, "--data", str(self._data)]
        command += ["--token-file", str(self._data / "regions" / region / AGENT_FILE)]
        command += ["--ca", str(self._ca), "--while-stdin"]
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        with (self._data / "logs" / f"agent-{region}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
