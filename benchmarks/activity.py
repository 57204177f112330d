"""The activity log: what recording costs, and how fast a page is among a million events.

    python -m benchmarks.activity [--events 1000000] [--requests 400]

The estate is in this process, without a network, so that what is measured is its own work: of each
request the time until it is answered, and the processor's. A page is asked for as Azure's client
asks; the events are written by the store's own write path, over 400 days and 200 workspaces.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from tests.access.asking import REGION, Request
from tests.access.two_workspaces import BLOB_OWNER, SUBSCRIPTION, A, Two

VALUES = "/providers/Microsoft.Insights/eventtypes/management/values"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
DAY, DAYS, WORKSPACES, PEOPLE = 86_400.0, 400, 200, 300
TOGETHER = 5_000
ML = "Microsoft.MachineLearningServices/workspaces"
LIVE = A.account.replace(f"st{A.mark}", "stlive")


class Figure(NamedTuple):
    """Milliseconds for a request: the median, the slowest but one in twenty, the processor's."""

    median: float
    p95: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.median:8.2f} {self.p95:8.2f} {self.cpu:8.2f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=400)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mlestate-benchmark-") as folder:
        two = Two(Path(folder))
        try:
            two.build()
            print(f"{'':52} {'median':>8} {'p95':>8} {'cpu':>8}")
            costs(two, options.requests)
            if options.events:
                pages(two, options.events)
        finally:
            two.close()


def costs(two: Two, requests: int) -> None:
    show("PUT of a model's version", paced(puts(two), requests))
    show("GET of a blob of 1 KiB", paced(blobs(two, A.account, "other"), requests))
    live = {"location": REGION, "tags": {"live": "true"}}
    two.put(LIVE, live)
    show("GET of a blob of 1 KiB, live data", paced(blobs(two, LIVE, "live"), requests))
    refused = Request("GET", f"{A.workspace}/models")
    show("GET that is refused", paced(lambda _: two.ask("stranger", refused), requests))


def puts(two: Two) -> Callable[[int], object]:
    uri = "azureml://datastores/workspaceblobstore/paths/there/"
    body = {"properties": {"modelUri": uri, "modelType": "custom_model"}}
    head = f"{A.workspace}/models/bench/versions"
    return lambda n: two.made("bo", Request("PUT", f"{head}/{n + 1}", body))


def blobs(two: Two, account: str, name: str) -> Callable[[int], object]:
    two.grant(account, BLOB_OWNER, two.person(name))
    place = f"/_blob/{account.rpartition('/')[2]}/bench"
    two.made(name, Request("PUT", f"{place}?restype=container"))
    for n in range(20):
        two.blob(name, f"{place}/{n}.bin", b"x" * 1024)
    return lambda n: two.made(name, Request("GET", f"{place}/{n % 20}.bin"))


def pages(two: Two, events: int) -> None:
    readers = {7: two.person("seven"), **dict.fromkeys(range(0, WORKSPACES, 4), two.ids["eve"])}
    for number, reader in readers.items():
        two.put(group(number), {"location": REGION})
        two.grant(group(number), READER, reader)
    fill(two, events)
    month = "eventTimestamp ge '2026-10-01' and eventTimestamp le '2026-10-31'"
    rare = f"resourceUri eq '{workspace(11)}/jobs/once'"
    many = f"resourceUri eq '{workspace(3)}'"
    for what, who, said in (
        ("the newest 200", "admin", ""),
        ("a month", "admin", month),
        ("one resource", "admin", rare),
        ("one workspace", "admin", many),
        ("one workspace, a month", "admin", f"{many} and {month}"),
        ("one person, a month", "admin", f"{month} and caller eq 'person7'"),
        ("one person in one workspace", "admin", f"{many} and caller eq 'person7'"),
        ("one request", "admin", "correlationId eq 'c-4711'"),
        ("what was refused, a month", "admin", f"{month} and status eq 'Failed'"),
        ("whoever reads one resource group", "seven", ""),
        ("whoever reads 50 resource groups", "eve", ""),
        ("a workspace that ended 300 days ago", "admin", f"resourceUri eq '{workspace(199)}'"),
    ):
        target = f"{VALUES}?{urlencode({'$filter': said})}"
        show(what, paced(asked(two, who, target), 12))


def asked(two: Two, who: str, target: str) -> Callable[[int], object]:
    def ask(_: int) -> object:
        answer = two.made(who, Request("GET", target))
        assert answer.json()["value"], target
        return answer

    return ask


def fill(two: Two, events: int) -> None:
    from mlestate.store.activity import record

    database, began = two.estate.cells.named(REGION), time.monotonic()
    made = every_event(two, events)
    while batch := [one for _, one in zip(range(TOGETHER), made, strict=False)]:
        with database.write() as connection:
            record(connection, *batch)
    print(f"{events:,} events written in {time.monotonic() - began:.0f} s")


def every_event(two: Two, events: int) -> Iterator[object]:
    from mlestate.core.activity import Asked, By, event

    random.seed(7)
    now = 1_795_000_000.0
    asked = Asked("PUT", "https://localhost:8443/subscriptions/x?api-version=1", "10.0.0.1")
    for number in range(events):
        at = now - DAYS * DAY * (events - number) / events
        place = random.randrange(WORKSPACES - 1)
        if number < events // 4 and not number % 50:
            place = WORKSPACES - 1
        tail = "once" if place == 11 and not number % 1000 else f"job-{number % 5000}"
        who = f"person{random.randrange(PEOPLE)}"
        yield event(
            By(f"id-{who}", who, "User", asked=asked),
            at,
            f"{ML}/jobs/write",
            f"{workspace(place)}/jobs/{tail}",
            correlation=f"c-{number}",
            status="Failed" if not number % 40 else "Succeeded",
            role="AzureML Data Scientist",
            code=201,
        )


def group(number: int) -> str:
    return f"{SUBSCRIPTION}/resourceGroups/rg-{number:03}"


def workspace(number: int) -> str:
    return f"{group(number)}/providers/{ML}/mlw-{number:03}"


def paced(ask: Callable[[int], object], requests: int) -> Figure:
    taken, began = [], time.process_time()
    for number in range(requests):
        start = time.perf_counter()
        ask(number)
        taken.append((time.perf_counter() - start) * 1000)
    cpu = (time.process_time() - began) / requests * 1000
    return Figure(statistics.median(taken), sorted(taken)[int(requests * 0.95) - 1], cpu)


def show(what: str, figure: Figure) -> None:
    print(f"{what:52} {figure}", flush=True)


if __name__ == "__main__":
    main()
