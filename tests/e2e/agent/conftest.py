"""Real processes: an API, an agent, supervisors, jobs; all below one folder open to every user."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from mlestate.runtime.local.folder import Folder
from mlestate.runtime.local.process import descendants, start_time
from mlestate.runtime.protocol import EnvironmentSpec, JobSpec, Place, Report, Workspace
from tests.e2e.agent.server import TOKEN
from tests.ports import free_port

ROOT = Path(__file__).parents[3]
# An environment that needs nothing from any index: the tests below are about running.
BARE = EnvironmentSpec(conda_file="dependencies: []\n")


class Cell:
    """One region: its server, its agent, and what the tests ask of them."""

    def __init__(self, path: Path, environments: Path, sandbox: bool):
        self.path, self._sandbox = path, sandbox
        # Control groups are the machine's: cells of other tests have jobs of the same names.
        self.guid = uuid4().hex
        self.data, self.server_dir = path / "data", path / "server"
        self.server_dir.mkdir(mode=0o755)
        self.region = self.data / "regions" / "here"
        self.region.mkdir(parents=True)
        (self.region / "environments").symlink_to(environments)
        (path / "token").write_text(TOKEN)
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.server = self.start_server()
        self.agent = self.start_agent()

    def start_server(self) -> subprocess.Popen[bytes]:
        self.server = self._start("tests.e2e.agent.server", str(self.server_dir), str(self.port))
        eventually(self._answers, "the server answers")
        return self.server

    def start_agent(self) -> subprocess.Popen[bytes]:
        line = ["--url", self.url, "--region", "here", "--data", str(self.data)]
        line += ["--token-file", str(self.path / "token"), "--slots", "3"]
        line += [] if self._sandbox else ["--no-sandbox"]
        self.agent = self._start("mlestate.runtime.local.agent", *line)
        return self.agent

    def _start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.path / f"{module}.log").open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        self.processes.append(child)
        return child

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/whoami", timeout=2):
                return True
        except OSError:
            return False

    def place(self, prefix: str) -> Place:
        return Place(f"{self.url}/blobs?sig=key", prefix)

    def blob(self, name: str) -> bytes | None:
        path = self.server_dir / "blobs" / name.replace("/", "%2F")
        return path.read_bytes() if path.exists() else None

    def put_blob(self, name: str, body: bytes) -> None:
        (self.server_dir / "blobs" / name.replace("/", "%2F")).write_bytes(body)

    def revoke_keys(self) -> None:
        """Whoever submitted the jobs is gone: no key opens anything, and there are no new ones."""
        (self.server_dir / "revoked").touch()

    def submit(self, name: str, command: str, **changes: Any) -> None:
        spec = JobSpec(
            id=name,
            name=name,
            workspace=Workspace("/w", "sub", "group", "space", self.guid),
            command=command,
            environment=BARE,
            artifacts=self.place(f"runs/{name}"),
            tracking_uri=f"{self.url}/mlflow",
            token=f"token-of-{name}",
            experiment_name="exp",
        )
        body = msgspec.json.encode(msgspec.structs.replace(spec, **changes))
        self.post(f"/test/enqueue/{name}", body)

    def post(self, path: str, body: bytes = b"") -> Any:
        request = urllib.request.Request(self.url + path, body, method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def reports(self, name: str) -> list[Report]:
        path = self.server_dir / "reports"
        lines = path.read_bytes().splitlines() if path.exists() else []
        found = [msgspec.json.decode(line, type=Report) for line in lines if line.endswith(b"}")]
        return [one for one in found if one.job == name]

    def states(self, name: str) -> list[str]:
        """Each state once, in the order they were first told."""
        return list(dict.fromkeys(one.state for one in self.reports(name)))

    def end(self, name: str, seconds: float = 30) -> Report:
        """The report of the job's end; there is exactly one."""
        ended = ("Completed", "Failed", "Canceled")
        eventually(lambda: self.states(name)[-1:] and self.states(name)[-1] in ended, name, seconds)
        eventually(lambda: not self.folder(name).path.exists(), "the folder goes", seconds)
        last = [one for one in self.reports(name) if one.state in ended]
        assert len(last) == 1
        return last[0]

    def log(self, name: str) -> str:
        return (self.blob(f"runs/{name}/user_logs/std_log.txt") or b"").decode()

    def folder(self, name: str) -> Folder:
        return Folder(self.region / "jobs" / f"{self.guid}.{name}")

    def supervisor(self, name: str) -> int:
        eventually(lambda: self.folder(name).started() is not None, f"{name} starts")
        started = self.folder(name).started()
        assert started is not None
        return started.process.pid

    def told(self) -> str:
        """What the processes said of themselves, for a test that failed."""
        paths = [*self.path.glob("*.log"), *(self.region / "jobs").glob("*/supervisor.log")]
        return "\n".join(f"== {path.name}\n{path.read_text()}" for path in paths)

    def close(self) -> None:
        for child in self.processes:
            child.kill()
            child.wait()
        for path in (self.region / "jobs").glob("*"):
            started = Folder(path).started()
            if started is not None and start_time(started.process.pid) == started.process.start:
                family = [*descendants(started.process.pid), started.process.pid]
                for pid in family:
                    kill(pid)
                eventually(lambda: all(start_time(pid) is None for pid in family), "all end")  # noqa: B023


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def eventually(condition: Callable[[], Any], what: str, seconds: float = 20) -> None:
    """Real processes take real time; this waits for them, and not for a moment longer."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def base() -> Iterator[Path]:
    # pytest's own folders are closed to the users that jobs run under.
    path = Path(tempfile.mkdtemp(prefix="mlestate-"))
    path.chmod(0o755)
    (path / "environments").mkdir()
    yield path
    shutil.rmtree(path)


def need_bwrap() -> None:
    if shutil.which("bwrap") is None:
        pytest.skip("BUBBLEWRAP IS NOT INSTALLED: the sandbox is not tested on this machine")


@pytest.fixture
def cell(base: Path) -> Iterator[Cell]:
    """With the sandbox."""
    need_bwrap()
    yield from _cell(base, sandbox=True)


@pytest.fixture
def open_cell(base: Path) -> Iterator[Cell]:
    """On a machine without bubblewrap."""
    yield from _cell(base, sandbox=False)


def _cell(base: Path, sandbox: bool) -> Iterator[Cell]:
    path = Path(tempfile.mkdtemp(dir=base))
    path.chmod(0o755)
    found = Cell(path, base / "environments", sandbox)
    yield found
    print(found.told())  # shown by pytest when the test failed
    found.close()
