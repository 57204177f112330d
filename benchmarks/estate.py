"""Contoso, measured: how soon it is up, how fast it answers, and what it takes when it idles.

    python -m benchmarks.estate [--requests 2000] [--idle 20]

Nothing else should run meanwhile. The requests are made over one kept-alive connection by a client
that does next to nothing, on the same machine; what they take is the server's time and the
loopback's.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from tests.running import COMMAND, CONTOSO, Running, free_port

SUBSCRIPTION = "/subscriptions/6b1f6d1e-52a4-4a0e-9f0c-2a4c7c1d0001"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-fraud-dev"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/mlw-fraud-dev"
ENVIRONMENTS = f"{WORKSPACE}/environments/many/versions"
RUNS = f"/mlflow/v3.0{WORKSPACE}/api/2.0/mlflow/experiments/search?max_results=10"


class Row(NamedTuple):
    """A figure with its unit; `most` is what it may be, None where we set no target."""

    what: str
    figure: float
    unit: str
    most: float | None = None

    def cells(self) -> tuple[str, str, str, str]:
        target = f"< {self.most:g} {self.unit}" if self.most is not None else "–"
        met = "–" if self.most is None else "met" if self.figure < self.most else "MISSED"
        return self.what, f"{self.figure:.4g} {self.unit}", target, met


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=2000, help="of each kind")
    parser.add_argument(
        "--idle", type=float, default=20.0, help="seconds to look at an idle estate"
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="mlestate-benchmark-") as folder:
        estate = Running(Path(folder) / "data")
        try:
            rows = list(measure(estate, options.requests, options.idle))
        finally:
            estate.end()
    show(rows)
    return 1 if any(row.most is not None and row.figure >= row.most for row in rows) else 0


def measure(estate: Running, requests: int, idle: float) -> Iterator[Row]:
    estate.environment["MLESTATE_PLAIN_PORT"] = str(free_port())
    answers, ready, applied = start(estate)
    yield Row("first start: until `/readyz` is 200", answers, "s")
    yield Row("first start: until Contoso is applied", ready, "s")
    yield Row("apply of Contoso to an empty estate", applied, "s", 5)
    yield Row("plan that changes nothing, as a command", plan(estate), "s", 1)
    yield Row("`mlestate up --help`", timed(lambda: run("up", "--help")), "s", 0.3)
    estate.stop()
    starts = [again(estate) for _ in range(3)]
    yield Row("start on what is there: until `/readyz` is 200", middle(starts, 0), "s", 3)
    yield Row("start on what is there: until Contoso is compared", middle(starts, 1), "s", 3)
    yield from at_rest(estate, idle)
    yield from answering(estate, requests)
    began = time.monotonic()
    estate.stop()
    yield Row("stop", time.monotonic() - began, "s")


def start(estate: Running) -> tuple[float, float, float]:
    """Seconds from the command to the first good `/readyz`, to the end, and of the apply alone."""
    began = time.monotonic()
    estate.begin()
    while not answers(estate):
        time.sleep(0.005)
    up = time.monotonic() - began
    estate.await_words("ready; ")
    ready = time.monotonic() - began
    said = estate.said().decode().rpartition("estate applied in ")[2]
    return up, ready, float(said.partition(" s")[0])


def again(estate: Running) -> tuple[float, float]:
    if estate.process is not None and estate.process.poll() is None:
        estate.stop()
    up, ready, _ = start(estate)
    return up, ready


def middle(rows: list[tuple[float, float]], column: int) -> float:
    return statistics.median(row[column] for row in rows)


def answers(estate: Running) -> bool:
    """Over the plain listener, so that no certificate has to be there yet."""
    asking = http.client.HTTPConnection("127.0.0.1", plain_port(estate), timeout=5)
    try:
        asking.request("GET", "/readyz")
        return asking.getresponse().status == 200
    except OSError:
        return False
    finally:
        asking.close()


def plan(estate: Running) -> float:
    def once() -> None:
        done = subprocess.run(
            [str(COMMAND), "plan", str(CONTOSO)], env=estate.environment, capture_output=True
        )
        assert done.returncode == 0, done

    return timed(once)


def run(*arguments: str) -> None:
    subprocess.run([str(COMMAND), *arguments], check=True, capture_output=True)


def timed(work: Callable[[], None], times: int = 5) -> float:
    """The median of a few."""
    found = []
    for _ in range(times):
        began = time.monotonic()
        work()
        found.append(time.monotonic() - began)
    return statistics.median(found)


# What it takes


def at_rest(estate: Running, seconds: float) -> Iterator[Row]:
    time.sleep(seconds)  # what the start has stirred up settles
    pids = [os.getpgid(estate.process.pid) if estate.process else 0, *estate.agents()]
    before = cpu(pids)
    began = time.monotonic()
    time.sleep(seconds)
    share = (cpu(pids) - before) / (time.monotonic() - began) * 100
    parts = [pss(pid) for pid in pids]
    yield Row("memory of all processes, Contoso at rest (PSS)", sum(parts), "MiB", 200)
    yield Row("… of that, server", parts[0], "MiB")
    yield Row("… of that, agent", sum(parts[1:]), "MiB")
    yield Row("processor at rest, of one core", share, "%")


def pss(pid: int) -> float:
    """MiB; shared pages count in part."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def cpu(pids: list[int]) -> float:
    """Seconds of processor used so far."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


# How it answers


def answering(estate: Running, requests: int) -> Iterator[Row]:
    plain = http.client.HTTPConnection("127.0.0.1", plain_port(estate), timeout=30)
    trust = ssl.create_default_context(cafile=str(estate.data / "tls" / "ca.pem"))
    sealed = http.client.HTTPSConnection("localhost", estate.port, timeout=30, context=trust)
    headers = {"Authorization": f"Bearer {token(estate, plain)}"}
    for number in range(100):
        body = json.dumps({"properties": {"image": f"image:{number}"}})
        put = {**headers, "Content-Type": "application/json"}
        assert asked(plain, f"{ENVIRONMENTS}/{number}", put, "PUT", body) in (200, 201)
    yield from paces("GET of a workspace, http", plain, WORKSPACE, headers, requests, 2)
    yield from paces("GET of a workspace, https", sealed, WORKSPACE, headers, requests)
    yield from paces("list of 100 versions, http", plain, ENVIRONMENTS, headers, requests // 4)
    yield from paces("search of experiments, http", plain, RUNS, headers, requests)
    for connection in (plain, sealed):
        connection.close()


def paces(
    what: str,
    connection: http.client.HTTPConnection,
    path: str,
    headers: dict[str, str],
    requests: int,
    most: float | None = None,
) -> Iterator[Row]:
    for _ in range(50):
        assert asked(connection, path, headers) == 200
    took = []
    for _ in range(requests):
        began = time.perf_counter()
        asked(connection, path, headers)
        took.append((time.perf_counter() - began) * 1000)
    ranks = statistics.quantiles(took, n=100)
    yield Row(f"{what}: p50", ranks[49], "ms", most)
    yield Row(f"{what}: p99", ranks[98], "ms")


def asked(
    connection: http.client.HTTPConnection,
    path: str,
    headers: dict[str, str],
    method: str = "GET",
    body: str | None = None,
) -> int:
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def token(estate: Running, connection: http.client.HTTPConnection) -> str:
    file = json.loads((estate.data / "admin.token").read_text())
    form = urlencode(
        {
            "grant_type": "client_credentials",
            "client_id": file["client_id"],
            "client_secret": file["client_secret"],
            "scope": "https://management.azure.com/.default",
        }
    )
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", f"/{file['tenant']}/oauth2/v2.0/token", form, headers)
    found: str = json.loads(connection.getresponse().read())["access_token"]
    return found


def plain_port(estate: Running) -> int:
    return int(estate.environment["MLESTATE_PLAIN_PORT"])


def show(rows: list[Row]) -> None:
    cells = [("what", "figure", "target", "verdict"), *(row.cells() for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(4)]
    lines = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) + " |" for r in cells
    ]
    print("\n".join([lines[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *lines[1:]]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
