"""The agents of the regions, kept running: each a process of its own, which jobs outlive."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import structlog

from ..identity.bootstrap import AGENT_FILE

_LOOK = 1.0
_PATIENCE = 15.0
_log = structlog.get_logger(__name__)


class Agents:
    """`ca` is the authority that signed the API's certificate."""

    def __init__(self, data: Path, origin: str, regions: list[str], ca: Path):
        self._data, self._origin, self._regions, self._ca = data, origin, regions, ca
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._keep, name="agents", daemon=True)

    def start(self) -> None:
        self._watch.start()

    def stop(self) -> None:
        """Jobs go on without their agent; the next one takes them up."""
        self._stopping.set()
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
            for region in self._regions:
                process = self._processes.get(region)
                if process is None or process.poll() is not None:
                    self._processes[region] = self._begin(region)
            # An agent that outlived an earlier server holds the region's lock: the new one ends at
            # once, and is begun again until the lock is free.
            if self._stopping.wait(_LOOK):
                return

    def _begin(self, region: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", "-m", "mlestate.runtime.local.agent"]
        command += ["--url", self._origin, "--region", region, "--data", str(self._data)]
        command += ["--token-file", str(self._data / "regions" / region / AGENT_FILE)]
        command += ["--ca", str(self._ca)]
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        with (self._data / "logs" / f"agent-{region}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
