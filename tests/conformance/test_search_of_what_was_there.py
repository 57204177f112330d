"""A data folder from before there was a search index: all that is in it can be found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import insert

from mlestate.core import ids
from mlestate.core.finding.ask import Ask
from mlestate.core.finding.parse import parse
from mlestate.core.resource import Resource, Stamp
from mlestate.core.tracking import Metric, Pair
from mlestate.store import resources
from mlestate.store.database import Database
from mlestate.store.migrations import migrate
from mlestate.store.prepare import prepare
from mlestate.store.schema import REGION, version
from mlestate.store.search import reading
from mlestate.store.search.conditions import Scene
from mlestate.store.search.reading import Allowed, Search
from mlestate.store.search.session import OnConnection, Session
from mlestate.store.tracking import TrackingStore, open_tracking, schema
from mlestate.tracking import experiments, logging, runs

ML = "Microsoft.MachineLearningServices/workspaces"
WORKSPACE = f"/subscriptions/s/resourceGroups/rg/providers/{ML}/W"
NOW = 1_700_000_000_000


def found(session: Session, filter: str = "", shown: str = "active") -> list[str]:
    places = reading.places(session, "west")
    scene = Scene(session.is_sqlite, {p.number: p for p in places}, has_runs=True)
    rules = [Allowed(("any",), frozenset(scene.places))]
    ask = Ask(tree=parse(filter, 0.0), shown=shown)  # type: ignore[arg-type]
    return sorted(
        hit.tail for hit in reading.find(session, Search(ask, scene, rules, ("any",), "a")).hits
    )


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def test_the_resources_of_an_older_database_are_found(database: Database, tmp_path: Path):
    file = next(REGION.folder.glob("r0001*.py"))
    (tmp_path / file.name).write_text(file.read_text())
    with database.altering() as connection:
        version.create(connection)
        migrate(connection, replace(REGION, folder=tmp_path))
    with database.write() as connection:
        for path, properties in (
            (WORKSPACE, {"workspaceId": "guid"}),
            (f"{WORKSPACE}/models/m", {"latestVersion": "2"}),
            (f"{WORKSPACE}/models/m/versions/1", {"tags": {"stage": "qa"}}),
            (f"{WORKSPACE}/models/m/versions/2", {}),
            (f"{WORKSPACE}/jobs/j", {"jobType": "Command", "status": "Completed"}),
        ):
            stamp = Stamp("ana", "User", 1.0, "x")
            document = {"properties": properties}
            row = Resource(
                id=ids.parse(path), document=document, created=stamp, modified=stamp, etag="e"
            )
            connection.execute(insert(resources.resources).values(resources._row(row)))
    prepare(database, REGION)
    with database.read() as connection:
        session = OnConnection(connection)
        assert found(session) == ["", "/jobs/j", "/models/m/versions/1", "/models/m/versions/2"]
        assert found(session, "kind = 'model' and latest = true") == ["/models/m/versions/2"]
        assert found(session, "tags.stage = 'qa'") == ["/models/m/versions/1"]
        [place] = reading.places(session, "west")
        assert (place.id, place.guid) == (WORKSPACE, "guid")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def tracking_url(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    if request.param == "sqlite":
        return str(tmp_path / "tracking.db"), ""
    return request.getfixturevalue("postgres_server") + "postgres", f"found_{tmp_path.name[-20:]}"


def a_run(store: TrackingStore, run_id: str, **tags: str) -> None:
    pairs = [Pair(key, value) for key, value in tags.items()]
    store.write(lambda group: runs.create(group, "guid", "", run_id, "", "ana", NOW, pairs))


def test_the_runs_of_an_older_database_are_found(
    tracking_url: tuple[str, str], monkeypatch: pytest.MonkeyPatch
):
    store = open_tracking(*tracking_url)
    store.write(lambda group: experiments.open_workspace(group, "guid", NOW))
    a_run(store, "r1", stage="qa")
    store.write(logging.Batch("guid", "r1", [Metric("acc", 0.5, NOW)], [Pair("lr", "1")]))
    names = (
        "search_places",
        "search_letters",
        "search_tag_sets",
        "search_tags",
        "search",
        "itself",
    )
    for sql in (*(f"DROP TABLE {n}" for n in names), "DELETE FROM migration WHERE version >= 2"):
        store.write(lambda group, sql=sql: group.run_sql(sql))
    store.close()
    store = open_tracking(*tracking_url)
    try:
        assert schema.MIGRATIONS
        assert store.read(found) == ["/experiments/1", "/runs/r1"]
        passing = ("tags.stage = 'qa'", "metrics.acc > 0.4", "params.lr = '1'", "kind = 'run'")
        for filter in passing:
            assert store.read(lambda s, f=filter: found(s, f)) == ["/runs/r1"], filter
    finally:
        store.close()


@pytest.fixture
def store(tracking_url: tuple[str, str]) -> Iterator[TrackingStore]:
    store = open_tracking(*tracking_url)
    store.write(lambda group: experiments.open_workspace(group, "guid", NOW))
    yield store
    store.close()


def test_a_run_is_found_as_it_is_after_each_change(store: TrackingStore):
    a_run(store, "r1")
    assert store.read(lambda s: found(s, "status = 'running' and createdBy = 'ana'"))
    store.write(lambda group: runs.update(group, "guid", "r1", status="FINISHED", name="best"))
    assert store.read(lambda s: found(s, "status = 'completed' and name = 'best'")) == ["/runs/r1"]
    store.write(logging.Batch("guid", "r1", tags=[Pair("stage", "qa")]))
    assert store.read(lambda s: found(s, "tags.stage = 'qa'")) == ["/runs/r1"]
    store.write(lambda group: logging.delete_tag(group, "guid", "r1", "stage"))
    assert store.read(lambda s: found(s, "tags.stage is not null")) == []
    store.write(lambda group: runs.delete(group, "guid", "r1"))
    assert store.read(lambda s: found(s, "kind = 'run'")) == []
    assert store.read(lambda s: found(s, "kind = 'run'", "archived")) == ["/runs/r1"]


def test_an_experiment_takes_its_runs_with_it(store: TrackingStore):
    number = store.write(lambda group: experiments.create(group, "guid", "lab", (), NOW))
    store.write(lambda group: runs.create(group, "guid", str(number), "r1", "", "ana", NOW, ()))
    lab = "experiment = 'lab'"
    assert len(store.read(lambda s: found(s, lab))) == 2
    store.write(lambda group: experiments.rename(group, "guid", str(number), "shed", NOW))
    assert store.read(lambda s: found(s, lab)) == []
    assert len(store.read(lambda s: found(s, "experiment = 'shed'"))) == 2
    store.write(lambda group: experiments.delete(group, "guid", str(number), NOW))
    assert store.read(lambda s: found(s, "experiment = 'shed'")) == []
    store.write(lambda group: experiments.restore(group, "guid", str(number), NOW))
    assert len(store.read(lambda s: found(s, "experiment = 'shed'"))) == 2


def test_a_request_that_fails_leaves_the_index_as_it_was(store: TrackingStore):
    def fail(group: object) -> None:
        runs.create(group, "guid", "", "r1", "", "ana", NOW, ())  # type: ignore[arg-type]
        raise KeyError

    with pytest.raises(KeyError):
        store.write(fail)
    a_run(store, "r2")
    assert store.read(lambda s: found(s, "kind = 'run'")) == ["/runs/r2"]
