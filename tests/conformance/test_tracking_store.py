"""What every tracking database does, SQLite and PostgreSQL alike."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from mlestate.core.errors import Conflict, Invalid, NotFound, Unavailable
from mlestate.core.tracking import Dataset, DatasetInput, Metric, ModelLink, Pair
from mlestate.store.tracking import TrackingStore, open_tracking
from mlestate.store.tracking import metrics as metric_rows
from mlestate.store.tracking.forgetting import forget_workspace
from mlestate.store.tracking.group import Group
from mlestate.tracking import experiments, logged_models, logging, runs
from mlestate.tracking.logged_models import ModelOrder
from tests import postgres

WS = "guid-1"
NOW = 1_700_000_000_000


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    if request.param == "sqlite":
        return str(tmp_path / "regions" / "west" / "tracking.db"), ""
    name = "cell_" + "".join(c for c in request.node.name.lower() if c.isalnum())
    return request.getfixturevalue("postgres_server") + "postgres", name[:60]


@pytest.fixture
def store(url: tuple[str, str]) -> Iterator[TrackingStore]:
    store = open_tracking(*url)
    store.write(lambda group: experiments.open_workspace(group, WS, NOW))
    yield store
    store.close()


def add_run(store: TrackingStore, run_id: str, workspace: str = WS, **more: object) -> str:
    start = int(str(more.pop("start", NOW)))
    tags = [Pair(key, str(value)) for key, value in more.items()]
    store.write(lambda group: runs.create(group, workspace, "", run_id, "", "u", start, tags))
    return run_id


def log(store: TrackingStore, run_id: str, **values: float) -> None:
    points = [Metric(key, value, NOW) for key, value in values.items()]
    store.write(logging.Batch(WS, run_id, points))


def find(store: TrackingStore, filter: str = "", *orders: str, limit: int = 100) -> list[str]:
    exp = store.read(lambda s: experiments.get(s, WS, "0"))
    numbers = store.read(lambda s: runs.search(s, WS, [str(exp.id)], filter, orders, "", limit, 0))
    return [info.run_id for info in store.read(lambda s: runs.rows.infos(s, numbers))]


def history(store: TrackingStore, run_id: str, key: str) -> list[tuple[int, int, float]]:
    return store.read(lambda session: runs.history(session, WS, run_id, key))


def test_a_workspace_is_forgotten_with_all_that_was_tracked_in_it(store: TrackingStore):
    other = "guid-2"
    store.write(lambda group: experiments.open_workspace(group, other, NOW))
    for workspace in (WS, other):
        add_run(store, "r1", workspace, colour="red")
        store.write(logging.Batch(workspace, "r1", [Metric("m", 1.0, NOW)], [Pair("p", "1")]))
    for _ in range(2):
        store.write(lambda group: forget_workspace(group, WS))
    with pytest.raises(NotFound):
        store.write(logging.Batch(WS, "r1", [Metric("m", 2.0, NOW)]))
    assert store.read(lambda s: runs.info(s, other, "r1")).run_id == "r1"
    tables = ("experiment", "run", "latest", "param", "tag", "loose")
    left = {t: store.read(lambda s, t=t: s.one(f"SELECT count(*) FROM {t}")) for t in tables}
    assert {t: row[0] for t, row in left.items() if row} == {
        **dict.fromkeys(tables, 1),
        "tag": 2,
    }


def test_a_run_is_read_back_as_it_was_made(store: TrackingStore) -> None:
    add_run(store, "r1", team="a")
    info = store.read(lambda s: runs.info(s, WS, "r1"))
    assert (info.status, info.start_time, info.end_time, info.user) == ("RUNNING", NOW, None, "u")
    store.write(lambda g: runs.update(g, WS, "r1", "FINISHED", NOW + 5, "named"))
    info = store.read(lambda s: runs.info(s, WS, "r1"))
    assert (info.status, info.end_time, info.name) == ("FINISHED", NOW + 5, "named")


def test_another_workspace_does_not_see_a_run(store: TrackingStore) -> None:
    add_run(store, "r1")
    with pytest.raises(NotFound, match="r1"):
        store.read(lambda s: runs.info(s, "guid-2", "r1"))
    with pytest.raises(NotFound, match="r1"):
        store.write(logging.Batch("guid-2", "r1", [Metric("m", 1, NOW)]))
    assert history(store, "r1", "m") == []


def test_a_run_id_is_taken_once_in_each_workspace(store: TrackingStore) -> None:
    add_run(store, "r1")
    store.write(lambda group: experiments.open_workspace(group, "guid-2", NOW))
    add_run(store, "r1", workspace="guid-2")
    log(store, "r1", loss=0.5)
    for workspace in (WS, "guid-2"):
        with pytest.raises(Conflict):
            add_run(store, "r1", workspace=workspace)
    assert find(store, "metrics.loss = 0.5") == ["r1"]
    other = logging.Batch("guid-2", "r1", params=[Pair("loss", "other")])
    store.write(other)
    assert find(store, "params.loss = 'other'") == []


def test_every_filter_finds_what_it_says(store: TrackingStore) -> None:
    for index in range(6):
        add_run(store, f"r{index}", start=NOW + index, team="ab"[index % 2], Name=f"N{index}")
        log(store, f"r{index}", loss=index / 10, **({"acc": 1.0} if index > 3 else {}))
        store.write(
            logging.Batch(WS, f"r{index}", params=[Pair("lr", f"0.{index}"), Pair("Kind", "Big")])
        )
    assert find(store) == ["r5", "r4", "r3", "r2", "r1", "r0"]
    assert find(store, "metrics.loss >= 0.3 AND tags.team = 'b'") == ["r5", "r3"]
    assert find(store, "metrics.acc = 1", "metrics.loss ASC") == ["r4", "r5"]
    assert find(store, "params.lr != '0.2' and params.lr LIKE '0.%'") == [
        "r5", "r4", "r3", "r1", "r0",
    ]  # fmt: skip
    assert find(store, "params.Kind LIKE 'big'") == []
    assert len(find(store, "params.Kind ILIKE 'bIg'")) == 6
    assert find(store, "attributes.run_id IN ('r1', 'r3', 'nobody')") == ["r3", "r1"]
    assert len(find(store, "run_id NOT IN ('r1')")) == 5
    assert find(store, f"start_time > {NOW + 3}", "start_time ASC") == ["r4", "r5"]
    assert find(store, "tags.missing IS NULL AND metrics.loss < 0.1") == ["r0"]
    assert find(store, "params.lr IS NOT NULL and status = 'RUNNING'", limit=2) == ["r5", "r4"]
    assert find(store, "metrics.loss != 0.1", "tags.team DESC", "metrics.loss DESC") == [
        "r5", "r3", "r4", "r2", "r0",
    ]  # fmt: skip
    assert find(store, "", "metrics.acc DESC") == ["r5", "r4", "r3", "r2", "r1", "r0"]
    assert find(store, "tags.team = 'x''; drop table run; --'") == []
    assert find(store, r"params.lr LIKE '\'") == []


def test_what_has_no_value_comes_last_and_nan_just_before(store: TrackingStore) -> None:
    for run_id, value in (("a", 1.0), ("b", math.nan), ("c", None), ("d", 2.0), ("e", math.inf)):
        add_run(store, run_id)
        if value is not None:
            log(store, run_id, m=value)
    assert find(store, "", "metrics.m ASC") == ["a", "d", "e", "b", "c"]
    assert find(store, "", "metrics.m DESC") == ["e", "d", "a", "b", "c"]
    assert find(store, "", "metrics.m DESC", limit=2) == ["e", "d"]
    assert find(store, "metrics.m > 1.5", "metrics.m ASC") == ["d", "e"]
    assert sorted(find(store, "metrics.m != 1")) == ["b", "d", "e"]


def test_pages_of_equal_metrics_neither_repeat_nor_miss(store: TrackingStore) -> None:
    for index in range(30):
        add_run(store, f"r{index}")
        if index % 3:
            log(store, f"r{index}", m=index % 2)
    exp = store.read(lambda s: experiments.get(s, WS, "0"))
    seen: list[int] = []
    for offset in range(0, 40, 7):
        seen += store.read(
            lambda s, at=offset: runs.search(
                s, WS, [str(exp.id)], "", ["metrics.m DESC"], "", 7, at
            )
        )
    assert len(seen) == len(set(seen)) == 30


def test_a_param_never_changes_and_may_be_said_again(store: TrackingStore) -> None:
    add_run(store, "r1")
    store.write(logging.Batch(WS, "r1", params=[Pair("a", "1")]))
    store.write(logging.Batch(WS, "r1", params=[Pair("a", "1"), Pair("b", "2")]))
    with pytest.raises(Invalid, match="already logged with value='1'"):
        store.write(
            logging.Batch(WS, "r1", [Metric("m", 1, NOW)], [Pair("c", "3"), Pair("a", "2")])
        )
    assert history(store, "r1", "m") == []
    assert find(store, "params.c IS NOT NULL") == []


def test_the_latest_is_by_step_then_time_then_value(store: TrackingStore) -> None:
    add_run(store, "r1")
    for step, ts, value in ((3, 10, 1.0), (1, 99, 7.0), (3, 11, 0.5), (3, 11, 0.4)):
        store.write(logging.Batch(WS, "r1", [Metric("m", value, ts, step)]))
    assert find(store, "metrics.m = 0.5") == ["r1"]
    assert history(store, "r1", "m") == [(3, 10, 1.0), (3, 11, 0.4), (3, 11, 0.5), (1, 99, 7.0)]


def test_a_history_survives_compaction_and_a_new_start(
    store: TrackingStore, url: tuple[str, str]
) -> None:
    add_run(store, "r1")
    wanted = []
    for step in range(metric_rows.LOOSE_CHUNKS + 30):
        store.write(
            logging.Batch(WS, "r1", [Metric("a", step, NOW + step, step), Metric("b", 1, NOW, 0)])
        )
        wanted.append((step, NOW + step, float(step)))
    # One more commit, after the one that tidied up.
    store.write(lambda group: None)
    assert history(store, "r1", "a") == wanted
    assert history(store, "r1", "b") == [(0, NOW, 1.0)]
    loose = store.read(lambda s: s.one("SELECT count(*) FROM loose"))
    assert loose is not None
    assert loose[0] < metric_rows.LOOSE_CHUNKS
    store.close()
    again = open_tracking(*url)
    number = again.read(lambda s: runs.number(s, WS, "r1"))
    while again.write(lambda group: metric_rows.compact(group, number)):
        pass
    assert history(again, "r1", "a") == wanted
    assert again.read(lambda s: s.one("SELECT count(*) FROM loose")) == (0,)
    again.close()


def test_only_the_faulty_request_of_a_group_fails(store: TrackingStore) -> None:
    add_run(store, "r1")
    gate = threading.Event()
    # While the writer waits here, all the others become one group behind it.
    threads = [threading.Thread(target=store.write, args=(lambda group: gate.wait(10),))]
    outcomes: dict[int, str] = {}

    def faulty(group: Group) -> None:
        logging.Batch(WS, "r1", [Metric("bad", 1, NOW)])(group)
        group.run_sql("INSERT INTO no_such_table VALUES (1)")

    def request(index: int) -> None:
        work = faulty if index % 5 == 0 else logging.Batch(WS, "r1", [Metric("m", index, NOW)])
        try:
            store.write(work)
        except Exception as error:  # noqa: BLE001 - whichever the database's own is
            outcomes[index] = type(error).__name__
        else:
            outcomes[index] = "done"

    threads += [threading.Thread(target=request, args=(index,)) for index in range(20)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert sorted(i for i, outcome in outcomes.items() if outcome != "done") == [0, 5, 10, 15]
    assert sorted(v for _, _, v in history(store, "r1", "m")) == [
        float(i) for i in range(20) if i % 5
    ]
    assert history(store, "r1", "bad") == []
    # What the undone request had learnt (the number of a new key) is forgotten with it.
    log(store, "r1", bad=3)
    assert history(store, "r1", "bad") == [(0, NOW, 3.0)]


def test_a_late_refusal_leaves_nothing_of_its_request(store: TrackingStore) -> None:
    add_run(store, "r1")

    def half(group: Group) -> None:
        logging.Batch(WS, "r1", [Metric("m", 1, NOW)], tags=[Pair("t", "x")])(group)
        raise Invalid("no")

    with pytest.raises(Invalid, match="no"):
        store.write(half)
    assert history(store, "r1", "m") == []
    assert find(store, "tags.t = 'x'") == []


def test_a_fragment_is_never_older_than_the_answer_to_a_write(store: TrackingStore) -> None:
    add_run(store, "r1")
    for step in range(50):
        log(store, "r1", m=float(step))
        store.write(logging.Batch(WS, "r1", [Metric("m", step, NOW, step)]))
        (body,) = store.read_runs(lambda s: [runs.number(s, WS, "r1")])
        assert f'"value":{float(step)}'.encode() in body


def test_deleted_experiments_hide_their_runs_until_restored(store: TrackingStore) -> None:
    exp = store.write(lambda g: experiments.create(g, WS, "e", (), NOW))
    store.write(lambda g: runs.create(g, WS, str(exp), "r1", "", "", NOW, ()))
    store.write(lambda g: experiments.delete(g, WS, str(exp), NOW))
    with pytest.raises(Invalid, match="deleted"):
        log(store, "r1", m=1)
    store.write(lambda g: experiments.restore(g, WS, str(exp), NOW))
    log(store, "r1", m=1)
    assert history(store, "r1", "m") == [(0, NOW, 1.0)]


def test_datasets_and_models_of_a_run(store: TrackingStore) -> None:
    add_run(store, "r1")
    made = store.write(
        lambda g: logged_models.create(
            g, WS, "m-1", "0", "mine", "sk", "r1", [Pair("p", "1")], [Pair("t", "x")], NOW
        )
    )
    assert (made.status, made.params, made.tags) == ("PENDING", (("p", "1"),), (("t", "x"),))
    given = DatasetInput(Dataset("d", "abc"), [Pair("mlflow.data.context", "train")])
    for _ in range(2):
        store.write(lambda g: logging.log_inputs(g, WS, "r1", [given], [ModelLink("m-1")]))
    store.write(lambda g: logging.log_outputs(g, WS, "r1", [ModelLink("m-1", 3)]))
    assert find(store, "dataset.context = 'train' AND dataset.name LIKE 'd%'") == ["r1"]
    (body,) = store.read_runs(lambda s: [runs.number(s, WS, "r1")])
    assert body.count(b'"digest":"abc"') == 1
    assert b'"model_outputs":[{"model_id":"m-1","step":3}]' in body
    assert store.read(lambda s: runs.datasets(s, WS, ["0"]))[0][1:] == ("d", "abc", "train")
    with pytest.raises(NotFound):
        store.write(lambda g: logging.log_outputs(g, WS, "r1", [ModelLink("m-2")]))


def test_logged_models_are_searched_by_metrics_on_datasets(store: TrackingStore) -> None:
    add_run(store, "r1")
    for name, value in (("a", 0.5), ("b", 0.9)):
        store.write(
            lambda g, n=name: logged_models.create(g, WS, f"m-{n}", "0", n, None, "r1", [], [], NOW)
        )
        point = Metric("auc", value, NOW, 0, f"m-{name}", "test", "d1")
        store.write(logging.Batch(WS, "r1", [point]))

    def names(filter: str, datasets: list[tuple[str, str | None]]) -> list[str]:
        order = [ModelOrder("metrics.auc", False)]
        found, _ = store.read(
            lambda s: logged_models.search(s, WS, ["0"], filter, order, datasets, 10, None)
        )
        return [model.name for model in found]

    assert names("", []) == ["b", "a"]
    assert names("metrics.auc > 0.6", [("test", "d1")]) == ["b"]
    assert names("metrics.auc > 0.6", [("test", "d2")]) == []
    assert names("name ILIKE 'A'", [("test", None)]) == ["a"]
    store.write(lambda g: logged_models.delete(g, WS, "m-a", NOW))
    assert names("", []) == ["b"]
    with pytest.raises(NotFound):
        store.read(lambda s: logged_models.get(s, WS, "m-a"))


def test_a_closed_store_takes_nothing_more(url: tuple[str, str]) -> None:
    store = open_tracking(*url)
    store.close()
    with pytest.raises(Unavailable):
        store.write(lambda group: None)


def test_a_database_of_a_newer_program_is_not_touched(url: tuple[str, str]) -> None:
    store = open_tracking(*url)
    store.write(lambda group: group.run_sql("INSERT INTO migration VALUES (999)"))
    store.close()
    with pytest.raises(Unavailable, match="newer version"):
        open_tracking(*url)


def test_sqlite_keeps_what_it_acknowledged_on_disk(tmp_path: Path) -> None:
    store = open_tracking(str(tmp_path / "tracking.db"))

    def settings(group: Group) -> list[object]:
        names = ("journal_mode", "synchronous", "wal_autocheckpoint", "busy_timeout")
        return [group.session.rows(f"PRAGMA {name}")[0][0] for name in names]

    assert store.write(settings) == ["wal", 2, 4000, 15000]
    store.close()


@pytest.mark.postgres
def test_a_lost_connection_is_one_refusal_and_then_a_new_connection(postgres_server: str) -> None:
    url = postgres.fresh_database(postgres_server)
    store = open_tracking(url, "cell_lost")
    store.write(lambda group: experiments.open_workspace(group, WS, NOW))
    add_run(store, "r1")
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as other:
        others = "pid <> pg_backend_pid() AND datname = current_database()"
        other.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
    with pytest.raises(Unavailable, match="try again"):
        log(store, "r1", m=1)
    log(store, "r1", m=2)
    with pytest.raises(Unavailable, match="try again"):
        history(store, "r1", "m")
    assert history(store, "r1", "m") == [(0, NOW, 2.0)]
    store.close()


def test_what_it_cannot_hold_is_the_fault_of_whoever_asks(store: TrackingStore):
    unfit = "half \ud800"
    with pytest.raises(Invalid, match="cannot hold"):
        store.read(
            lambda session: session.rows("SELECT id FROM experiment WHERE name = ?", [unfit])
        )
    assert store.read(lambda session: session.one("SELECT 1")) == (1,)


def test_what_is_too_much_for_it_is_the_fault_of_whoever_asks(store: TrackingStore):
    pattern = "tags.a LIKE '" + "%_" * 60_000 + "'"
    add_run(store, "a" * 32, a="b")
    if store.read(lambda session: session.is_sqlite):
        with pytest.raises(Invalid, match="too much"):
            store.read(lambda s: runs.search(s, WS, ["0"], pattern, [], "", 1, 0))
    else:
        assert store.read(lambda s: runs.search(s, WS, ["0"], pattern, [], "", 1, 0)) == []


def test_what_somebody_wrote_into_a_tag_of_ours_breaks_nothing():
    assert logged_models.noted_versions({logged_models.VERSIONS_TAG: "{"}) == []
    assert logged_models.noted_versions({logged_models.VERSIONS_TAG: '{"a": 1}'}) == []


def test_a_server_that_is_away_is_said_when_the_store_is_opened():
    with pytest.raises(Unavailable, match="does not answer"):
        open_tracking("postgresql://estate@127.0.0.1:9/estate", "westeurope_tracking")
