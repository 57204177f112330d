"""Estates of a hundred, a thousand and ten thousand workspaces: how the work grows with them.

    python -m benchmarks.growth [--workspaces 100 1000 10000]

Each size gets a server of its own (`mlestate up`, SQLite, default settings). The file is read,
planned and applied as `mlestate plan` and `mlestate apply` do it, over HTTPS; then planned again,
which must find nothing to do; then listed, page by page. Server and client share the machine.
Each figure is the wall clock's, and in brackets the processor's, client and server together.
Exponents are of the processor's time, and for pages of the median.
"""

from __future__ import annotations

import argparse
import http.client
import json
import math
import os
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
from benchmarks.estate import cpu
from tests.running import COMMAND, Running

from mlestate.client.client import several
from mlestate.client.session import find
from mlestate.estate.applying.apply import apply, failed
from mlestate.estate.compile import compile_estate
from mlestate.estate.load import load
from mlestate.estate.planning.plan import plan

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

    @property
    def work(self) -> float:
        return self.client + self.server


class Size(NamedTuple):
    """What was found with so many workspaces."""

    workspaces: int
    resources: int
    took: dict[str, Took]
    pages: dict[str, list[float]]  # milliseconds of each
    memory: float  # MiB of the server at its largest
    restart: float  # seconds until it answers again
    rest: float  # per cent of one core


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspaces", type=int, nargs="+", default=[100, 1000, 10_000])
    sizes = []
    for count in parser.parse_args(arguments).workspaces:
        with tempfile.TemporaryDirectory(prefix="mlestate-benchmark-") as folder:
            sizes.append(measure(count, Path(folder)))
        print(f"{count:,} workspaces are measured", file=sys.stderr)
    print(table(sizes))
    print("\n".join(f"MISSED: {each}" for each in missed(sizes)))
    return 1 if missed(sizes) else 0


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
    memory = _memory(estate)
    estate.stop()
    began = time.monotonic()
    estate.start()
    restart = time.monotonic() - began
    return Size(workspaces, len(desired), took, pages, memory, restart, _at_rest(estate))


def _command(estate: Running, *arguments: str) -> None:
    """A command that finds nothing to do."""
    subprocess.run(
        [str(COMMAND), *arguments], env=estate.environment, check=True, capture_output=True
    )


def _now(estate: Running) -> tuple[float, float, float]:
    assert estate.process is not None
    ours = os.times()
    client = ours.user + ours.system + ours.children_user + ours.children_system
    return time.monotonic(), client, cpu([estate.process.pid])


def _at_rest(estate: Running, seconds: float = 15.0) -> float:
    time.sleep(seconds)  # what the start has stirred up settles
    before = _now(estate)[2]
    time.sleep(seconds)
    return (_now(estate)[2] - before) / seconds * 100


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


def table(sizes: list[Size]) -> str:
    """A row for each thing that is done: its times at each size, and how they grow."""
    heads = [f"{size.workspaces:,}" for size in sizes]
    rows = [["workspaces", *heads, "exponent", "target"], ["---"] * (len(sizes) + 3)]
    rows += [["resources", *(f"{size.resources:,}" for size in sizes), "", ""]]
    rows += [_done(what, sizes) for what in DONE]
    rows += [_listed(what, sizes) for what in sizes[0].pages]
    rows += [["the server's memory, at most", *(f"{s.memory:.0f} MiB" for s in sizes), "", ""]]
    rows += [["start on what is there", *(f"{s.restart:.1f} s" for s in sizes), "", ""]]
    rows += [["processor at rest, of one core", *(f"{s.rest:.1f} %" for s in sizes), "", ""]]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _done(what: str, sizes: list[Size]) -> list[str]:
    cells = [f"{size.took[what].seconds:.2f} s ({size.took[what].work:.2f})" for size in sizes]
    grows = exponent([(size.workspaces, size.took[what].work) for size in sizes])
    targets = [f"{n:,} < {most:g} s" for (of, n), most in TARGETS.items() if of == what]
    return [what, *cells, grows, ", ".join(targets)]


def _listed(what: str, sizes: list[Size]) -> list[str]:
    middles = [statistics.median(size.pages[what]) for size in sizes]
    cells = [
        f"{middle:.1f}, {max(size.pages[what]):.1f} ms"
        for middle, size in zip(middles, sizes, strict=True)
    ]
    grows = exponent([(s.workspaces, m) for s, m in zip(sizes, middles, strict=True)])
    return [f"a page of {what}", *cells, grows, f"< {PAGE:g} ms"]


def missed(sizes: list[Size]) -> list[str]:
    """The targets that were not met."""
    said = []
    for size in sizes:
        for what, took in size.took.items():
            most = TARGETS.get((what, size.workspaces), math.inf)
            if took.seconds >= most:
                said.append(f"{what} of {size.workspaces:,}: {took.seconds:.1f} s, not {most:g} s")
        for what, pages in size.pages.items():
            if (middle := statistics.median(pages)) >= PAGE:
                said.append(f"a page of {what}, of {size.workspaces:,}: {middle:.0f} ms")
    return said


def exponent(points: list[tuple[int, float]]) -> str:
    """The slope of time over size, both as logarithms, by least squares: 1 is in proportion to the
    workspaces, 2 with their square."""
    if len(points) < 2:
        return ""
    xs = [math.log(size) for size, _ in points]
    ys = [math.log(max(time, 1e-3)) for _, time in points]
    return f"{statistics.linear_regression(xs, ys).slope:.2f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
