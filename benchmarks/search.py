"""Search at the size of a whole division: one workspace, and two hundred, of 100,000 rows.

    python -m benchmarks.search [--sizes 1000,10000,100000] [--requests 40] [--runs 100000]

Rows are written by the store's own write path, a thousand to a transaction, while nothing is
served; then an estate of its own process is asked over plain HTTP, by one client with one
connection. The peer is `mlflow server` (one worker, SQLite), which has runs only: its tables are
filled directly, and both are asked for the same runs.
"""

from __future__ import annotations

import argparse
import http.client
import json
import math
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from benchmarks.tracking import Target, process, theirs
from tests.access.asking import REGION
from tests.access.two_workspaces import SCIENTIST, Place, Two
from tests.running import Running, free_port

from mlestate.core import ids
from mlestate.core.resource import Resource, Stamp
from mlestate.core.tracking import Metric, Pair
from mlestate.store.resources import Resources
from mlestate.store.tracking.group import Group
from mlestate.tracking import experiments, logging, runs

DAY = 86_400.0
NOW = 1_795_000_000.0
PEOPLE = [f"person{i:02}@contoso.com" for i in range(40)]
STAGES = ("dev", "qa", "prod")
VERSIONED = (
    ("models", {"modelUri": "azureml://x", "modelType": "mlflow_model"}),
    ("data", {"dataUri": "azureml://x", "dataType": "uri_folder"}),
    ("components", {"componentSpec": {"name": "x"}}),
    ("environments", {"image": "image:1"}),
)
WORDS = ("fraud", "churn", "triage", "claims", "motor", "house", "pension", "travel")
FIVE = "kind,createdBy,tags.stage,status,workspace"
QUESTIONS = {
    "newest 20": {"$top": "20"},
    "all, 5 facets": {"$top": "20", "facets": FIVE},
    "filter, order by name, 5 facets": {
        "$filter": "kind in ('model','run') and tags.stage = 'qa' and created > '2026-10-01'",
        "$orderBy": "name",
        "$top": "20",
        "facets": FIVE,
    },
    "broad filter, order by change, 5 facets": {
        "$filter": "created > '2026-09-01' and not createdBy = 'person07@contoso.com'",
        "$orderBy": "-modified",
        "$top": "20",
        "facets": FIVE,
    },
    "words, 5 facets": {"words": "fraud november", "$top": "20", "facets": FIVE},
    "name like, count": {"$filter": "name ilike '%CLAIMS%'", "$top": "20", "$count": "true"},
    "saved view": {"view": "bench"},
}
VIEW = {
    "filter": "tags.stage = 'prod' and status in ('Succeeded', 'Completed')",
    "orderBy": "-created",
    "facets": FIVE.split(","),
    "top": 20,
}


class Figure(NamedTuple):
    """Milliseconds from request to answer, and of the server's processor time for each."""

    median: float
    p95: float
    cpu: float


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--requests", type=int, default=40, help="of each question")
    parser.add_argument("--runs", type=int, default=100_000, help="beside MLflow; 0 for none")
    options = parser.parse_args(arguments)
    sizes = [int(size) for size in options.sizes.split(",")]
    grown = {size: scene(f"one workspace, {size:,} rows", 1, size, options) for size in sizes}
    scene(f"200 workspaces, {sizes[-1]:,} rows in all", 200, sizes[-1], options)
    growth(grown)
    if options.runs:
        beside_mlflow(options)
    return 0


def scene(title: str, workspaces: int, rows: int, options: argparse.Namespace) -> dict[str, Figure]:
    with tempfile.TemporaryDirectory(prefix="mlestate-benchmark-") as folder:
        data = Path(folder) / "data"
        began = time.monotonic()
        people = fill(data, workspaces, rows)
        print(f"\n{title}; filled in {time.monotonic() - began:.0f} s")
        print(f"  {'':55} {'median':>11} {'p95':>11} {'processor':>11}")
        with served(data) as asking:
            found = {}
            for who, token in people.items():
                asking.token = token
                asking.save_view()
                for what, question in QUESTIONS.items():
                    found[f"{what}, {who}"] = asking.pace(question, options.requests)
                found[f"20 pages on, {who}"] = asking.paging(20)
            for what, figure in found.items():
                print(f"  {what:55} {columns(figure)}", flush=True)
    return found


# Filling


def fill(data: Path, workspaces: int, rows: int) -> dict[str, str]:
    """The tokens of those who ask: one who may read all, and where there are many workspaces one
    who may read half of them."""
    house = Bench(data)
    try:
        places = house.places(workspaces)
        people = {"reader of all": house.tokens["admin"]}
        if workspaces > 1:
            half = house.person("half")
            for place in places[::2]:
                house.grant(place.workspace, SCIENTIST, half)
            people["reader of half"] = house.tokens["half"]
        random.seed(7)
        house.add_resources(places, rows * 6 // 10)
        house.add_runs(places, rows - rows * 6 // 10)
        return people
    finally:
        house.close()


class Bench(Two):
    def places(self, count: int) -> list[Place]:
        from tests.access.two_workspaces import SUBSCRIPTION

        self.put(SUBSCRIPTION, {"properties": {"displayName": "shared"}})
        found = [Place(f"place{i:03}") for i in range(count)]
        for place in found:
            self.stand(place)
        return found

    def add_resources(self, places: list[Place], count: int) -> None:
        database = self.estate.cells.named(REGION)
        made = every_resource(places, count)
        while batch := [one for _, one in zip(range(1000), made, strict=False)]:
            with database.write() as connection:
                store = Resources(connection)
                for resource in batch:
                    store.save(resource, "e")

    def add_runs(self, places: list[Place], count: int) -> None:
        store = self.estate.regions[REGION].tracking
        guids = []
        for place in places:
            found = self.estate.plane.load(ids.parse(place.workspace))
            assert found is not None
            guids.append(str(found.properties["workspaceId"]))
        for guid in guids:
            store.write(lambda group, guid=guid: experiments.open_workspace(group, guid, 1))
        for start in range(0, count, 500):
            store.write(lambda group, s=start: add_runs(group, guids, s, min(s + 500, count)))


def every_resource(places: list[Place], count: int) -> Iterator[Resource]:
    """Assets of five versions each, and a job for every five of them."""
    made, asset = 0, 0
    while made < count:
        workspace = places[asset % len(places)].workspace
        collection, said = VERSIONED[asset % len(VERSIONED)]
        name = f"{word_of(asset)}-{asset:06}"
        versions = min(5, count - made)
        for version in range(1, versions + 1):
            yield resource(
                f"{workspace}/{collection}/{name}/versions/{version}",
                **said,
                tags=tags(asset + version),
                description=f"trained in november on {name}",
            )
        yield resource(f"{workspace}/{collection}/{name}", latestVersion=str(versions))
        made += versions
        if made < count:
            yield resource(
                f"{workspace}/jobs/job-{asset:06}",
                jobType="Command",
                status=random.choice(("Completed", "Failed", "Canceled")),
                displayName=f"{name} train",
                experimentName=word_of(asset),
                tags=tags(asset),
            )
            made += 1
        asset += 1


def word_of(number: int) -> str:
    """Every word in every workspace."""
    return WORDS[number // 7 % len(WORDS)]


def tags(number: int) -> dict[str, str]:
    return {"stage": STAGES[number % 3], "owner": f"team-{number % 20}"}


def resource(id: str, **properties: Any) -> Resource:
    at = NOW - random.random() * 90 * DAY
    stamp = Stamp(random.choice(PEOPLE), "User", at, "x")
    document = {"properties": {"isArchived": random.random() < 0.05, **properties}}
    return Resource(id=ids.parse(id), document=document, created=stamp, modified=stamp)


def add_runs(group: Group, guids: list[str], start: int, end: int) -> None:
    for number in range(start, end):
        guid = guids[number % len(guids)]
        run = f"{number:032x}"
        at = int((NOW - random.random() * 90 * DAY) * 1000)
        own = [Pair(key, value) for key, value in tags(number).items()]
        name = f"{word_of(number)}-{number:06}"
        person = PEOPLE[number % len(PEOPLE)]
        runs.create(group, guid, "", run, name, person, at, own, "FINISHED")
        points = [Metric("acc", number * 7919 % 1000 / 1000, at)]
        logging.Batch(guid, run, points, [Pair("kind", "ab"[number % 2])])(group)


# Asking


class Asking:
    def __init__(self, port: int, pid: int):
        self.token = ""
        self.server = Target("mlestate", port, "", pid=pid)
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, path: str, method: str = "GET", body: Any = None) -> Any:
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        sent = None if body is None else json.dumps(body)
        self._connection.request(method, path, sent, headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {text[:500]!r}")
        return json.loads(text)

    def save_view(self) -> None:
        me = self.ask("/estate/v1/me")["id"]
        path = f"/providers/Mlestate.Organization/people/{me}/savedViews/bench"
        self.ask(path, "PUT", {"properties": VIEW})

    def pace(self, question: dict[str, str], requests: int) -> Figure:
        path = f"/estate/v1/search?{urlencode(question, quote_via=quote)}"
        if not self.ask(path)["value"]:
            raise SystemExit(f"nothing was found: {path}")
        return paced(lambda: self.ask(path), requests, self.server)

    def paging(self, pages: int) -> Figure:
        """Each page of a filtered search, one after the other."""
        first = {"$filter": "tags.stage = 'dev'", "$top": "20"}
        path = f"/estate/v1/search?{urlencode(first, quote_via=quote)}"
        took, before = [], self.server.cpu()
        for _ in range(pages):
            began = time.perf_counter()
            link = self.ask(path).get("nextLink")
            took.append((time.perf_counter() - began) * 1000)
            if not link:
                break
            path = "/" + link.split("/", 3)[3]
        return figure(took, self.server.cpu() - before)


def paced(work: Callable[[], Any], requests: int, server: Target) -> Figure:
    for _ in range(3):
        work()
    took, before = [], server.cpu()
    for _ in range(requests):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return figure(took, server.cpu() - before)


def figure(took: list[float], cpu: float) -> Figure:
    ranked = sorted(took)
    high = ranked[min(len(ranked) - 1, len(ranked) * 95 // 100)]
    return Figure(statistics.median(ranked), high, cpu * 1000 / len(ranked))


def columns(figure: Figure) -> str:
    return f"{figure.median:8.1f} ms {figure.p95:8.1f} ms {figure.cpu:8.1f} ms"


class served:
    """An estate of its own process over the data; asked over its plain listener."""

    def __init__(self, data: Path):
        self._estate = Running(data, None)

    def __enter__(self) -> Asking:
        port = free_port()
        self._estate.environment["MLESTATE_PLAIN_PORT"] = str(port)
        self._estate.begin()
        self._estate.await_words("ready; ")
        assert self._estate.process is not None
        return Asking(port, self._estate.process.pid)

    def __exit__(self, *_: object) -> None:
        self._estate.stop()
        self._estate.end()


def growth(grown: dict[int, dict[str, Figure]]) -> None:
    """By which power of the number of rows the time grows."""
    small, large = min(grown), max(grown)
    if small == large:
        return
    print(f"\ngrowth of the median from {small:,} to {large:,} rows, as an exponent")
    for what, figure in grown[large].items():
        ratio = figure.median / grown[small][what].median
        print(f"  {what:55} {math.log(ratio) / math.log(large / small):8.2f}")


# Beside MLflow

SEARCH = {
    "filter": "tags.stage = 'qa' and params.kind = 'a'",
    "order_by": ["start_time DESC"],
    "max_results": 20,
}


def beside_mlflow(options: argparse.Namespace) -> None:
    print(f"\nthe same 20 of {options.runs:,} runs, by a tag and a param")
    with tempfile.TemporaryDirectory(prefix="mlestate-benchmark-") as folder:
        (ours, counted), peer = ours_of(Path(folder), options), mlflow_of(Path(folder), options)
    print(f"  {'mlestate, /estate/v1/search':55} {columns(ours)}")
    print(f"  {'mlestate, with the count of all and 5 facets':55} {columns(counted)}")
    print(f"  {'mlflow, runs/search':55} {columns(peer)}")
    print(
        f"  {peer.median / ours.median:.0f} times as fast, {peer.cpu / ours.cpu:.0f} by processor"
    )


def ours_of(folder: Path, options: argparse.Namespace) -> tuple[Figure, Figure]:
    data = folder / "data"
    house = Bench(data)
    places = house.places(1)
    house.add_runs(places, options.runs)
    token = house.tokens["admin"]
    house.close()
    with served(data) as asking:
        asking.token = token
        words = {
            "$filter": "kind = 'run' and tags.stage = 'qa' and params.kind = 'a'",
            "$top": "20",
        }
        counted = {**words, "facets": FIVE}
        return asking.pace(words, options.requests), asking.pace(counted, options.requests)


def mlflow_of(folder: Path, options: argparse.Namespace) -> Figure:
    target, command, env = theirs(folder)
    with process(command, env) as target.pid:
        wait_for(target.port)
        fill_mlflow(folder / "mlflow.db", options.runs)
        connection = wait_for(target.port)  # it closes those that idle

        def ask() -> None:
            body = json.dumps({**SEARCH, "experiment_ids": ["0"]})
            headers = {"content-type": "application/json"}
            connection.request("POST", "/api/2.0/mlflow/runs/search", body, headers)
            found = json.loads(connection.getresponse().read())
            if len(found.get("runs", ())) != 20:
                raise SystemExit(f"mlflow: {str(found)[:300]}")

        return paced(ask, min(options.requests, 20), target)


def wait_for(port: int) -> http.client.HTTPConnection:
    for _ in range(240):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().read():
                return connection
        except OSError:
            time.sleep(0.5)
    raise SystemExit("mlflow did not start")


def fill_mlflow(file: Path, count: int) -> None:
    """The rows that its own store writes for such runs."""
    connection = sqlite3.connect(file)
    for number in range(count):
        run, name = f"{number:032x}", f"{word_of(number)}-{number:06}"
        at = int((NOW - number % 7_776_000) * 1000)
        connection.execute(
            "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, "
            "user_id, status, start_time, end_time, source_version, lifecycle_stage, "
            "artifact_uri, experiment_id) "
            "VALUES (?, ?, 'UNKNOWN', '', '', ?, 'FINISHED', ?, ?, '', 'active', ?, 0)",
            (run, name, PEOPLE[number % len(PEOPLE)], at, at, f"mlflow-artifacts:/0/{run}"),
        )
        pairs = {**tags(number), "mlflow.runName": name}
        connection.executemany(
            "INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)",
            [(key, value, run) for key, value in pairs.items()],
        )
        connection.execute(
            "INSERT INTO params (key, value, run_uuid) VALUES ('kind', ?, ?)",
            ("ab"[number % 2], run),
        )
        for table in ("metrics", "latest_metrics"):
            connection.execute(
                f"INSERT INTO {table} (key, value, timestamp, run_uuid, step, is_nan) "
                "VALUES ('acc', ?, ?, ?, 0, 0)",
                (number * 7919 % 1000 / 1000, at, run),
            )
    connection.commit()
    connection.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
