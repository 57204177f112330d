"""A real estate in processes of its own: `mlestate up` on a free port and a temporary folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port

ROOT = Path(__file__).parent.parent
CONTOSO = ROOT / "examples" / "contoso" / "estate.yaml"
COMMAND = Path(sys.executable).parent / "mlestate"
_PATIENCE = 60.0
# Of our own environment: what any program needs, and how packages are fetched from here.
_KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "TMPDIR",
    "PYTHONPATH",
    "UV_",
    "PIP_",
    "SSL_",
    "HTTPS_",
    "NO_PROXY",
)


class Running:
    """`file` is applied at each start. `environment` has what a child process should see."""

    def __init__(self, data: Path, file: Path | None = CONTOSO):
        self.data, self.file, self.port = data, file, free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.command = [str(COMMAND)]
        self._begun_at = 0
        self.environment = {k: v for k, v in os.environ.items() if k.startswith(_KEPT)}
        self.environment["MLESTATE_DATA"] = str(data)

    @property
    def origin(self) -> str:
        return f"https://localhost:{self.port}"

    def start(self) -> None:
        """Returns when it is ready and the file is applied."""
        self.begin()
        self.await_words("ready; ")

    def begin(self) -> None:
        """Returns at once."""
        self.data.mkdir(parents=True, exist_ok=True)
        said = ["up", "--dev", "--data", str(self.data), "--port", str(self.port)]
        command = [*self.command, *said]
        output = (self.data / "up.log").open("ab")
        self._begun_at = output.tell()
        with output:
            self.process = subprocess.Popen(
                command + ([str(self.file)] if self.file else []),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self.environment,
                start_new_session=True,
            )

    def await_words(self, words: str) -> None:
        """Until this start has said them."""
        assert self.process is not None
        until = time.monotonic() + _PATIENCE
        while words not in (said := self.said(self._begun_at).decode()):
            assert self.process.poll() is None, said
            assert time.monotonic() < until, said
            time.sleep(0.02)

    def said(self, begin: int = 0) -> bytes:
        return (self.data / "up.log").read_bytes()[begin:]

    def stop(self) -> None:
        """As Ctrl-C does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(_PATIENCE) == 0, self.said().decode()[-2000:]

    def kill_api(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(_PATIENCE)

    def kill_agents(self) -> None:
        for pid in self.agents():
            os.kill(pid, signal.SIGKILL)

    def agents(self) -> list[int]:
        """The pids of this estate's agents."""
        return _processes(f"--data\0{self.data}\0", b"mlestate.runtime.local.agent")

    def supervisors(self) -> list[int]:
        return _processes(str(self.data), b"mlestate.runtime.local.supervisor")

    def mlestate(self, *arguments: str) -> str:
        """What a command prints; it must succeed."""
        done = subprocess.run(
            [str(COMMAND), *arguments], env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def variables(self, user: str, workspace: str = "") -> dict[str, str]:
        """What `mlestate env` gives to official clients, for a child process."""
        where = ("--workspace", workspace) if workspace else ()
        said = self.mlestate("env", "--as", user, *where, "--format", "json")
        return {**self.environment, **json.loads(said)}

    def python(self, script: str, variables: dict[str, str], *arguments: str) -> str:
        """What a script prints that is run as that user; it must succeed."""
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            env=variables,
            capture_output=True,
            text=True,
            cwd=self.data,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def end(self) -> None:
        """Leave nothing behind, whatever state it is in."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pid in [*self.agents(), *self.supervisors()]:
            os.kill(pid, signal.SIGKILL)


@contextmanager
def running(data: Path, file: Path | None = CONTOSO) -> Iterator[Running]:
    estate = Running(data, file)
    try:
        estate.start()
        yield estate
    finally:
        estate.end()


def _processes(text: str, module: bytes) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if module in command and text.encode() in command:
            found.append(int(folder.name))
    return found
