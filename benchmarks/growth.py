"""Estates of a hundred, a thousand and ten thousand workspaces: how the work grows with them.

    python -m benchmarks.growth [--workspaces 100 1000 10000]

Each size gets a server of its own (`mlestate up`, SQLite, default settings). The file is read,
planned and applied as `mlestate plan` and `mlestate apply` do it, over HTTPS; then planned again,
which must find nothing to do; then listed. Server and client share the machine's processors.
"""

from __future__ import annotations

import argparse
import http.client
import json
import math
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from benchmarks.big_estate import guid, text
from benchmarks.estate import Row, cpu, show
from tests.running import COMMAND, Running

from mlestate.client.client import several
from mlestate.client.session import find
from mlestate.estate.apply import apply, failed
from mlestate.estate.compile import compile_estate
from mlestate.estate.load import load
from mlestate.estate.plan import plan

T = TypeVar("T")
WORKSPACES = "Microsoft.MachineLearningServices/workspaces"
# What we set out to hold: seconds by what is done and for how many workspaces.
TARGETS = {("apply", 1000): 60.0, ("plan", 1000): 5.0, ("plan", 10_000): 60.0}
PAGE = 50.0  # milliseconds
DONE = ("read and compile", "first plan", "apply", "plan", "`mlestate plan`")


class Took(NamedTuple):
    seconds: float
    client: float  # seconds of processor
    server: float


class Size(NamedTuple):
    """What was found with so many workspaces."""

    workspaces: int
    resources: int
    took: dict[str, Took]
    pages: dict[str, list[float]]  # milliseconds of each
    memory: float  # MiB of the server at its largest


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspaces", type=int, nargs="+", default=[100, 1000, 10_000])
    sizes = []
    for count in parser.parse_args(arguments).workspaces:
        with tempfile.TemporaryDirectory(prefix="mlestate-benchmark-") as folder:
            sizes.append(measure(count, Path(folder)))
        show(list(_rows(sizes[-1])))
    print(f"\n{exponents(sizes)}")
    verdicts = [row.cells()[-1] for size in sizes for row in _rows(size)]
    return 1 if "MISSED" in verdicts else 0


def measure(workspaces: int, folder: Path) -> Size:
    file = folder / "estate.yaml"
    file.write_text(text(workspaces))
    estate = Running(folder / "data", file=None)
    estate.start()
    try:
        return _measured(estate, file, workspaces)
    finally:
        estate.end()


def _measured(estate: Running, file: Path, workspaces: int) -> Size:
    took: dict[str, Took] = {}

    def timed(what: str, work: Callable[[], T]) -> T:
        before = _now(estate)
        done = work()
        took[what] = Took(*(b - a for a, b in zip(before, _now(estate), strict=True)))
        return done

    desired = timed(DONE[0], lambda: compile_estate(load(file.read_text())))
    with find(estate.data, {}, estate.origin).open() as client, several() as pool:
        todo = timed(DONE[1], lambda: plan(desired, client, pool))
        outcomes = timed(DONE[2], lambda: apply(todo, client, pool))
        assert not failed(outcomes), failed(outcomes)[:3]
        again = timed(DONE[3], lambda: plan(desired, client, pool))
        assert not again.changes, again.changes[:3]
        timed(DONE[4], lambda: _command(estate, "plan", str(file)))
        pages = _pages(estate, client.token())
    return Size(workspaces, len(desired), took, pages, _memory(estate))


def _command(estate: Running, *arguments: str) -> None:
    """A command that finds nothing to do."""
    subprocess.run(
        [str(COMMAND), *arguments], env=estate.environment, check=True, capture_output=True
    )


def _now(estate: Running) -> tuple[float, float, float]:
    assert estate.process is not None
    return time.monotonic(), time.process_time(), cpu([estate.process.pid])


def _memory(estate: Running) -> float:
    assert estate.process is not None
    lines = Path(f"/proc/{estate.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


# Lists


def _pages(estate: Running, token: str) -> dict[str, list[float]]:
    trust = ssl.create_default_context(cafile=str(estate.data / "tls" / "ca.pem"))
    wire = http.client.HTTPSConnection("localhost", estate.port, timeout=60, context=trust)
    headers = {"Authorization": f"Bearer {token}"}

    def walk(path: str) -> list[float]:
        return [milliseconds for _, milliseconds in _walk(wire, path, headers)]

    everywhere = "/estate/v1/resources?types="
    found = {
        "100 workspaces of a subscription": [
            took
            for each in ("dev0", "prod0")
            for took in walk(f"/subscriptions/{guid(each)}/providers/{WORKSPACES}")
        ],
        "100 workspaces of the estate": walk(f"{everywhere}{WORKSPACES}&$top=100"),
        "100 clusters of the estate": walk(f"{everywhere}{WORKSPACES}/computes&$top=100"),
        "100 role assignments": walk(
            f"{everywhere}Microsoft.Authorization/roleAssignments&$top=100"
        ),
        "100 groups": walk("/estate/v1/groups?$top=100"),
    }
    wire.close()
    return found


def _walk(
    wire: http.client.HTTPSConnection, path: str, headers: dict[str, str]
) -> Iterator[tuple[Any, float]]:
    """Every page of a list."""
    while path:
        began = time.perf_counter()
        wire.request("GET", path, headers=headers)
        answer = wire.getresponse()
        raw = answer.read()
        took = (time.perf_counter() - began) * 1000
        page = json.loads(raw)
        assert answer.status == 200, page
        yield page["value"], took
        path = page.get("nextLink", "").partition("//")[2]
        path = f"/{path.partition('/')[2]}" if path else ""


# What comes of it


def _rows(size: Size) -> Iterator[Row]:
    n = size.workspaces
    for what, took in size.took.items():
        most = TARGETS.get((what, n))
        yield Row(
            f"{n:,} workspaces, {size.resources:,} resources: {what}", took.seconds, "s", most
        )
        yield Row("… of processor: client, server", took.client, f"s, {took.server:.2f} s")
    for what, pages in size.pages.items():
        yield Row(f"a page of {what}: median", statistics.median(pages), "ms", PAGE)
        yield Row("… and the slowest", max(pages), f"ms of {len(pages)}")
    yield Row("the server's memory at its largest", size.memory, "MiB")


def exponents(sizes: list[Size]) -> str:
    """How time grows: 1 is in proportion to the workspaces, 2 with their square."""
    if len(sizes) < 2:
        return "exponents take two sizes or more"
    lines = ["| what | wall clock | processor |", "| --- | --- | --- |"]
    for what in DONE:
        wall = [(size.workspaces, size.took[what].seconds) for size in sizes]
        work = [(n.workspaces, n.took[what].client + n.took[what].server) for n in sizes]
        lines.append(f"| {what} | {exponent(wall):.2f} | {exponent(work):.2f} |")
    for what in sizes[0].pages:
        wall = [(size.workspaces, statistics.median(size.pages[what])) for size in sizes]
        lines.append(f"| a page of {what} | {exponent(wall):.2f} | |")
    return "\n".join(lines)


def exponent(points: list[tuple[int, float]]) -> float:
    """The slope of time over size, both as logarithms, by least squares."""
    xs = [math.log(size) for size, _ in points]
    ys = [math.log(max(seconds, 1e-3)) for _, seconds in points]
    return statistics.linear_regression(xs, ys).slope


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
