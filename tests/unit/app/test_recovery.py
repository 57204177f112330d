"""What a start, and `mlestate audit accept`, make of a data folder in which something is gone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from mlestate.app import at_rest
from mlestate.app.build import Estate
from mlestate.app.settings import Region, Settings, regions
from mlestate.app.up import only_one
from mlestate.core.activity import Event
from mlestate.core.errors import Conflict, Invalid
from mlestate.store.activity import record
from mlestate.store.activity.ledger import NAME
from mlestate.store.database import Database
from tests import postgres

WEST = "regions/westeurope"
HAPPENED = Event(at=1.0, principal="p", name="ana", action="write", resource="/x/y")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Of an estate that was started and stopped."""
    data = tmp_path / "data"
    data.mkdir()
    start(data)
    return data


def start(data: Path, settings: Settings | None = None) -> None:
    """And something happens in each region."""
    settings = settings or Settings()
    estate = Estate(data, settings, regions(data, settings, ()))
    try:
        estate.found()
        for database in estate.cells.regions.values():
            with database.write() as connection:
                record(connection, HAPPENED)
        estate.safekeeping.anchor(estate.clock())
    finally:
        estate.threads.shutdown()
        estate.searching.close()
        estate.leave()


def accept(data: Path) -> list[tuple[str, str]]:
    return [(each.cell, each.what) for each in at_rest.accept(data, 2e9)]


def faults(data: Path) -> list[tuple[str, str]]:
    found = at_rest.verify(data, [])["value"]
    return [(fault["cell"], fault["what"]) for each in found for fault in each["faults"]]


def files(data: Path) -> set[str]:
    return {str(each.relative_to(data)) for each in data.rglob("*")}


def lose(data: Path, what: str) -> None:
    gone = data / what
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()


def test_a_start_of_what_is_all_there_says_nothing(data: Path) -> None:
    start(data)
    assert faults(data) == []


class TestBeside:
    """Runs and objects, which are kept beside a region's own database."""

    @pytest.mark.parametrize(
        ("file", "called"),
        [("tracking.db", "the database of its runs"), ("objects", "the folder of its objects")],
    )
    def test_what_is_lost_is_missed_until_the_loss_is_accepted(
        self, data: Path, file: str, called: str
    ) -> None:
        kept = (data / WEST / file).rename(data / "kept")
        with pytest.raises(Conflict, match=f"in westeurope, {called} is not the one") as refused:
            start(data)
        assert refused.value.code == "DatabaseReplaced"
        lose(data, f"{WEST}/{file}")
        kept.rename(data / WEST / file)
        start(data)
        lose(data, f"{WEST}/{file}")
        assert accept(data) == [("westeurope", f"{called} is not the one that was used")]
        start(data)
        assert faults(data) == []

    def test_that_of_another_region_is_refused(self, data: Path) -> None:
        (data / "regions" / "northeurope").mkdir()
        start(data)
        shutil.copy(data / "regions/northeurope/tracking.db", data / WEST / "tracking.db")
        with pytest.raises(Conflict, match="is empty, or another's"):
            start(data)

    def test_a_refused_start_leaves_nothing_that_spoils_the_right_one(self, data: Path) -> None:
        lose(data, f"{WEST}/tracking.db")
        with pytest.raises(Conflict):
            start(data)
        assert not [each for each in files(data) if each.endswith(("-wal", "-shm"))]


class TestSecret:
    def test_no_other_one_is_made_beside_an_estate(self, data: Path) -> None:
        kept = (data / "server.secret").rename(data / "kept")
        with pytest.raises(Conflict, match=r"`server.secret` is gone, and `activity-heads.json`"):
            start(data)
        with pytest.raises(Invalid, match="nothing can be checked without it"):
            at_rest.verify(data, [])
        assert not (data / "server.secret").exists()
        kept.rename(data / "server.secret")
        start(data)
        assert faults(data) == []

    @pytest.mark.parametrize("left", [NAME, "estate.db", f"{WEST}/metadata.db"])
    def test_whatever_is_left_of_the_estate(self, data: Path, left: str) -> None:
        for each in {NAME, "estate.db", f"{WEST}/metadata.db", "server.secret"} - {left}:
            lose(data, each)
        with pytest.raises(Conflict, match="is gone"):
            start(data)

    def test_one_that_is_lost_for_good_is_made_anew_by_accept_alone(self, data: Path) -> None:
        lose(data, "server.secret")
        said = accept(data)
        assert said[0] == ("", "`server.secret` was gone: another one was made")
        start(data)
        assert all("changed, moved or forged" in what for _, what in faults(data))

    @pytest.mark.postgres
    def test_an_estate_on_a_server_is_seen_too(self, tmp_path: Path, postgres_server: str) -> None:
        url = postgres.fresh_database(postgres_server)
        settings = Settings(database=url, regions={"westeurope": Region(database=url)})
        start(tmp_path, settings)
        shutil.rmtree(tmp_path)
        tmp_path.mkdir()
        with pytest.raises(Conflict, match="is gone, and the database of estate"):
            start(tmp_path, settings)


class TestDatabase:
    @pytest.mark.parametrize("file", ["estate.db", f"{WEST}/metadata.db"])
    def test_accept_goes_on_without_a_start_that_was_refused_before(
        self, data: Path, file: str
    ) -> None:
        lose(data, file)
        assert any("the end is cut off" in what for _, what in accept(data))
        start(data)
        assert faults(data) == []

    @pytest.mark.parametrize(
        ("gone", "cell"), [("estate.db", ""), (f"{WEST}/metadata.db", "westeurope"), (WEST, "")]
    )
    def test_one_that_is_gone_has_a_verdict_and_is_not_made_by_asking(
        self, data: Path, gone: str, cell: str
    ) -> None:
        lose(data, gone)
        before = files(data)
        found = {each["cell"]: each for each in at_rest.verify(data, [])["value"]}
        assert set(found) == {"", "westeurope"}
        if gone != WEST:
            assert [f["what"] for f in found[cell]["faults"]] == ["its database is not there"]
        assert files(data) == before

    def test_a_region_whose_folder_is_gone_is_missed(self, data: Path) -> None:
        (data / "regions" / "northeurope").mkdir()
        start(data)
        lose(data, "regions/northeurope")
        assert ("northeurope", "its database is not there") in faults(data)
        with pytest.raises(Conflict, match="the database of northeurope is not the one"):
            start(data)
        accept(data)
        start(data)

    @pytest.mark.postgres
    def test_an_empty_one_on_a_server_is_accepted(
        self, tmp_path: Path, postgres_server: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "mlestate.toml"

        def named() -> Settings:
            url = postgres.fresh_database(postgres_server)
            file.write_text(f'database = "{url}"\n')
            return Settings(database=url)

        start(tmp_path, named())
        settings = named()
        assert ("", "the table of the log is not there") in faults(tmp_path)
        assert not has_schema(settings.database)
        assert any("the end is cut off" in what for _, what in accept(tmp_path))
        start(tmp_path, settings)
        assert faults(tmp_path) == []


def has_schema(url: str) -> bool:
    database = Database(url)
    with database.read() as connection:
        asked = "SELECT count(*) FROM pg_namespace WHERE nspname = 'estate'"
        found = connection.exec_driver_sql(asked).scalar_one()
    database.close()
    return bool(found)


def test_an_accept_while_the_estate_runs_is_refused_and_changes_nothing(data: Path) -> None:
    lock = only_one(data)
    before = files(data)
    with pytest.raises(Conflict, match="runs on"):
        at_rest.accept(data, 2e9)
    os.close(lock)
    assert files(data) == before
