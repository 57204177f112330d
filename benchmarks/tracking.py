"""Tracking side by side with `mlflow server` (one worker, SQLite): the same requests to both.

    python -m benchmarks.tracking [--seconds 3] [--runs 2000] [--clients 16]

Rounds alternate between the two, so that a busy machine is busy for both. Both acknowledge after
the commit; both commit with SQLite's `synchronous=FULL`. The load generator shares the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.house import RED

ROOT = Path(__file__).parents[1]
SERVE = """
import sys
from pathlib import Path
import uvicorn
from mlestate.store.tracking import open_tracking
from tests.house import app
folder, port = Path(sys.argv[1]), int(sys.argv[2])
uvicorn.run(app(open_tracking(str(folder / "tracking.db")), folder), host="127.0.0.1", port=port,
            loop="uvloop", http="httptools", access_log=False, log_level="warning", lifespan="off")
"""


@dataclass
class Target:
    name: str
    port: int
    prefix: str
    headers: str = ""
    experiment: str = ""
    runs: list[str] = field(default_factory=list)
    pid: int = 0

    def cpu(self) -> float:
        """Seconds of processor that the server and its children have used."""
        parents, used = {}, {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                rest = path.read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                # It ended while we looked.
                continue
            pid = int(path.parent.name)
            parents[pid] = int(rest[1])
            used[pid] = sum(map(int, rest[11:15])) / os.sysconf("SC_CLK_TCK")
        tree, more = set(), {self.pid}
        while more:
            tree |= more
            more = {pid for pid, parent in parents.items() if parent in tree} - tree
        return sum(used.get(pid, 0) for pid in tree)


class Client:
    """One kept-alive HTTP/1.1 connection; as little work as can be, the server is measured."""

    def __init__(self, target: Target):
        self.target = target

    async def __aenter__(self) -> Client:
        opened = await asyncio.open_connection("127.0.0.1", self.target.port, limit=1 << 24)
        self.reader, self.writer = opened
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    async def post(self, path: str, body: Any) -> Any:
        data = json.dumps(body).encode()
        head = (
            f"POST {self.target.prefix}/api/2.0/mlflow/{path} HTTP/1.1\r\nhost: localhost\r\n"
            f"content-type: application/json\r\ncontent-length: {len(data)}\r\n"
            f"{self.target.headers}\r\n"
        )
        self.writer.write(head.encode() + data)
        answer = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        size = int(answer.split(b"content-length:")[1].split(b"\r\n")[0])
        text = await self.reader.readexactly(size)
        if b" 200 " not in answer.split(b"\r\n", 1)[0]:
            raise RuntimeError(f"{self.target.name} {path}: {text[:300]!r}")
        return json.loads(text)


@contextmanager
def process(command: list[str], env: dict[str, str]) -> Iterator[int]:
    started = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **env}, stdout=subprocess.DEVNULL, stderr=sys.stderr
    )
    try:
        yield started.pid
    finally:
        started.terminate()
        try:
            started.wait(20)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def ours(folder: Path) -> tuple[Target, list[str], dict[str, str]]:
    port = free_port()
    target = Target("mlestate", port, f"/mlflow/v3.0{RED.id}", "authorization: Bearer rita\r\n")
    command = [sys.executable, "-c", SERVE, str(folder), str(port)]
    return target, command, {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}


def theirs(folder: Path) -> tuple[Target, list[str], dict[str, str]]:
    port = free_port()
    store = f"sqlite:///{folder / 'mlflow.db'}"
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1", "--port", str(port)]
    command += ["--backend-store-uri", store, "--artifacts-destination", str(folder / "files")]
    return Target("mlflow", port, ""), command, {"MLFLOW_DISABLE_TELEMETRY": "true"}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def ready(target: Target) -> None:
    for _ in range(240):
        try:
            async with Client(target) as client:
                await client.post("experiments/search", {"max_results": 1})
                return
        except (OSError, asyncio.IncompleteReadError, RuntimeError):
            await asyncio.sleep(0.5)
    raise RuntimeError(f"{target.name} did not start")


Work = Callable[[Client, Target, int], Awaitable[int]]


@dataclass
class Rate:
    """Things done per second, requests refused, and processor seconds per 1,000 things."""

    per_second: float
    errors: int
    cpu: float


async def measure(target: Target, work: Work, clients: int, seconds: float) -> Rate:
    """A client's `work` says how many things it did."""
    end, done, errors = time.perf_counter() + seconds, 0, 0

    async def one(index: int) -> None:
        nonlocal done, errors
        async with Client(target) as client:
            turn = index
            while time.perf_counter() < end:
                try:
                    # Not in one line: the sum would be read before the wait, and be stale after.
                    count = await work(client, target, turn)
                    done += count
                except RuntimeError:
                    errors += 1
                turn += clients

    start, cpu = time.perf_counter(), target.cpu()
    await asyncio.gather(*[one(index) for index in range(clients)])
    spent = time.perf_counter() - start
    return Rate(done / spent, errors, (target.cpu() - cpu) / max(done, 1) * 1000)


async def log_metric(client: Client, target: Target, turn: int) -> int:
    run = target.runs[turn % 16]
    point = {"run_id": run, "key": "loss", "value": turn, "timestamp": turn, "step": turn}
    await client.post("runs/log-metric", point)
    return 1


async def log_batch(client: Client, target: Target, turn: int) -> int:
    points = [
        {"key": f"k{i % 10}", "value": turn + i, "timestamp": turn, "step": turn * 10 + i // 10}
        for i in range(100)
    ]
    await client.post("runs/log-batch", {"run_id": target.runs[turn % 16], "metrics": points})
    return 100


async def create_run(client: Client, target: Target, turn: int) -> int:
    await client.post("runs/create", {"experiment_id": "0", "start_time": turn + 1})
    return 1


async def search(client: Client, target: Target, turn: int) -> int:
    body = {
        "experiment_ids": [target.experiment],
        "filter": "metrics.acc > 0.5 and params.kind = 'a'",
        "order_by": ["metrics.acc DESC"],
        "max_results": 100,
    }
    found = (await client.post("runs/search", body))["runs"]
    if len(found) != 100:
        raise SystemExit(f"{target.name}: {len(found)} runs were found, not 100")
    return 1


async def seed(target: Target, runs: int) -> None:
    async with Client(target) as client:
        made = await client.post("experiments/create", {"name": "bench"})
    target.experiment = made["experiment_id"]
    turns = iter(range(runs))

    async def one() -> None:
        async with Client(target) as client:
            for turn in turns:
                target.runs.append(await furnished(client, target, turn))

    await asyncio.gather(*[one() for _ in range(4)])


async def furnished(client: Client, target: Target, turn: int) -> str:
    body = {"experiment_id": target.experiment, "start_time": turn + 1}
    run: str = (await client.post("runs/create", body))["run"]["info"]["run_id"]
    metrics = [{"key": "acc", "value": turn * 7919 % 1000 / 1000, "timestamp": 1, "step": 0}]
    metrics += [{"key": f"m{i}", "value": turn + i, "timestamp": 1, "step": 0} for i in range(9)]
    params = [{"key": "kind", "value": "ab"[turn % 2]}, {"key": "lr", "value": str(turn)}]
    await client.post("runs/log-batch", {"run_id": run, "metrics": metrics, "params": params})
    return run


SCENES: dict[str, tuple[Work, str]] = {
    "log-metric": (log_metric, "requests/s"),
    "log-batch of 100": (log_batch, "metrics/s"),
    "create run": (create_run, "requests/s"),
    "search, 100 of {runs} runs": (search, "requests/s"),
}


async def compare(targets: list[Target], options: argparse.Namespace) -> None:
    for target in targets:
        await ready(target)
        start = time.perf_counter()
        await seed(target, options.runs)
        print(f"{target.name}: {options.runs} runs made in {time.perf_counter() - start:.1f} s")
    print(f"{'':36}" + "".join(f"{t.name:>12}{'CPU s/1,000':>13}{'errors':>8}" for t in targets))
    for name, (work, unit) in SCENES.items():
        rates: dict[str, list[Rate]] = {target.name: [] for target in targets}
        for _ in range(options.rounds):
            for target in targets:
                rates[target.name].append(
                    await measure(target, work, options.clients, options.seconds)
                )
        show(f"{name.format(runs=options.runs)}, {unit}", list(rates.values()))


def show(label: str, rates: list[list[Rate]]) -> None:
    medians = [statistics.median(rate.per_second for rate in rounds) for rounds in rates]
    text = f"{label:36}"
    for rounds, median in zip(rates, medians, strict=True):
        cpu = statistics.median(rate.cpu for rate in rounds)
        text += f"{median:12,.0f}{cpu:13.3f}{sum(rate.errors for rate in rounds):8}"
    print(f"{text}   {medians[0] / max(medians[1], 0.01):.1f}x", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--clients", type=int, default=16)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        targets = []
        for make in (ours, theirs):
            place = Path(folder) / make.__name__
            place.mkdir()
            target, command, env = make(place)
            target.pid = stack.enter_context(process(command, env))
            targets.append(target)
        asyncio.run(compare(targets, options))


if __name__ == "__main__":
    main()
