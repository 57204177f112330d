"""What was acknowledged survives SIGKILL. Real processes and a real file: nothing else would do."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mlestate.store.tracking import open_tracking
from mlestate.tracking import runs
from tests.house import RED

ROOT = Path(__file__).parents[2]
SERVER = """
import sys
from pathlib import Path
from mlestate.store.tracking import open_tracking
from tests.house import app, served
folder = Path(sys.argv[1])
with served(app(open_tracking(str(folder / "tracking.db")), folder)) as address:
    print(address, flush=True)
    sys.stdin.read()
"""
PREFIX = f"/mlflow/v3.0{RED.id}/api/2.0/mlflow"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


class Writer(threading.Thread):
    """Logs to a run of its own, as fast as it is answered, and remembers what was acknowledged."""

    def __init__(self, address: str):
        super().__init__()
        self.host = address.removeprefix("http://")
        self.enough = threading.Event()
        self.run_id = ""
        self.acknowledged: list[int] = []

    def run(self) -> None:
        with closing(http.client.HTTPConnection(self.host, timeout=10)) as connection:
            self.log(connection)

    def log(self, connection: http.client.HTTPConnection) -> None:
        made = self.post(connection, "runs/create", {})
        self.run_id = made["run"]["info"]["run_id"]
        for step in range(1_000_000):
            point = {"key": "m", "value": step, "timestamp": step, "step": step}
            params = [{"key": f"p{step}", "value": "x"}]
            try:
                self.post(
                    connection,
                    "runs/log-batch",
                    {"run_id": self.run_id, "metrics": [point], "params": params},
                )
            except (http.client.HTTPException, OSError):
                return
            self.acknowledged.append(step)
            if step == 40:
                self.enough.set()

    def post(self, connection: http.client.HTTPConnection, path: str, body: object) -> dict:
        headers = {"Authorization": "Bearer rita", "Content-Type": "application/json"}
        connection.request("POST", f"{PREFIX}/{path}", json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 200, text
        return json.loads(text)


def test_what_was_acknowledged_survives_sigkill(
    server: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert server.stdout is not None
    address = server.stdout.readline().strip()
    writers = [Writer(address) for _ in range(6)]
    for writer in writers:
        writer.start()
    # All are in full flow when the server is shot, so that some request is always half done.
    assert all(writer.enough.wait(60) for writer in writers)
    server.send_signal(signal.SIGKILL)
    for writer in writers:
        writer.join(30)
    assert server.wait(10) == -signal.SIGKILL
    store = open_tracking(str(tmp_path / "tracking.db"))
    try:
        for writer in writers:
            assert survived(store, writer.run_id) >= set(writer.acknowledged)
        assert store.read(lambda s: s.one("PRAGMA integrity_check")) == ("ok",)
    finally:
        store.close()


def survived(store: object, run_id: str) -> set[int]:
    """The steps whose metric *and* param are there; a request is never half there."""
    points = store.read(lambda s: runs.history(s, RED.guid, run_id, "m"))  # type: ignore[attr-defined]
    (body,) = store.read_runs(lambda s: [runs.number(s, RED.guid, run_id)])  # type: ignore[attr-defined]
    params = {int(pair["key"][1:]) for pair in parsed(body)["data"]["params"]}
    steps = {step for step, _, _ in points}
    assert steps == params
    return steps


def parsed(fragment: bytes) -> dict:
    return json.loads(runs.rows.ARTIFACT_URI.sub(b"", fragment))
