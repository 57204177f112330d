"""Who can write to the databases alone can take nothing out of the activity log unseen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import delete, insert, select, text
from sqlalchemy.event import listen

from mlestate.control import log_words as words
from mlestate.control.safekeeping import Safekeeping
from mlestate.core.activity import Event, place, plain_hash
from mlestate.core.errors import Conflict, Unavailable
from mlestate.store.activity import activity, events, record
from mlestate.store.activity.ledger import NAME, LedgerFile
from mlestate.store.activity.marks import BEGUN, HEAD, Mark, Sign, sealing_key, signer
from mlestate.store.activity.tables import marks
from mlestate.store.cells import ESTATE, Cells
from mlestate.store.database import Database
from tests import postgres

REGION, OTHER = "westeurope", "northeurope"
SECRET = b"the estate's secret"
SIGN = signer(SECRET)
TABLES = (activity, marks)


class House:
    """An estate of one region; `url` is that of an empty database."""

    def __init__(self, url: str, folder: Path):
        self.url, self.folder = url, folder
        self.cells = Cells(*self.databases(SECRET))
        self.cells.create()
        self.now = 1_000.0
        self.start()

    def databases(self, secret: bytes) -> tuple[Database, dict[str, Database]]:
        return self.database(ESTATE, secret), {REGION: self.database(REGION, secret)}

    def database(self, cell: str, secret: bytes = SECRET) -> Database:
        name = cell or "estate"
        key = sealing_key(secret, cell)
        return Database(self.url.replace("test.db", f"{name}.db"), schema=name, key=key)

    def start(self, sign: Sign = SIGN) -> None:
        self.keeping = Safekeeping(self.cells, sign, LedgerFile(self.folder / NAME, sign))
        self.keeping.open(self.now)

    def happen(self, cell: str, *numbers: float) -> None:
        with self.cells.named(cell).write() as connection:
            for number in numbers:
                record(connection, an_event(number))

    def tamper(self, cell: str, statement: str) -> None:
        with self.cells.named(cell).write() as connection:
            connection.execute(text(statement))

    def wait(self) -> None:
        """A minute later."""
        self.now += 60.0
        self.keeping.anchor(self.now)

    def faults(self, *heads: Mark) -> list[tuple[str, str]]:
        found = self.keeping.verify(heads)
        return [(fault.cell, fault.what) for one in found for fault in one.faults]

    def copy(self) -> dict[str, list[list[dict[str, object]]]]:
        """All that the databases hold of the log."""
        found = {}
        for cell in (ESTATE, REGION):
            with self.cells.named(cell).read() as connection:
                found[cell] = [
                    [dict(row) for row in connection.execute(select(table)).mappings()]
                    for table in TABLES
                ]
        return found

    def put_back(self, copy: dict[str, list[list[dict[str, object]]]]) -> None:
        for cell, tables in copy.items():
            with self.cells.named(cell).write() as connection:
                for table, rows in zip(TABLES, tables, strict=True):
                    connection.execute(delete(table))
                    if rows:
                        connection.execute(insert(table), rows)


def an_event(number: float) -> Event:
    resource = f"/subscriptions/s/resourcegroups/g/x/{number}"
    return Event(at=float(number), principal="p", name="ana", action="write", resource=resource)


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    house = House(database_url, tmp_path)
    for cell in (ESTATE, REGION):
        house.happen(cell, *range(1, 81))
    house.wait()
    yield house
    house.cells.close()


def test_what_nobody_touched_is_whole_also_after_a_start_and_a_kill(house: House) -> None:
    assert house.faults() == []
    house.happen(REGION, 81, 82)  # and no head is kept before the kill
    house.start()
    assert house.faults() == []
    house.wait()
    assert house.faults(*house.keeping.heads(house.now)) == []


def test_a_cut_off_end_without_its_head(house: House) -> None:
    house.tamper(REGION, "delete from activity where seq > 70")
    house.tamper(ESTATE, f"delete from activity_marks where name = 'head:{REGION}'")
    house.start()
    house.happen(REGION, 90)
    with structlog.testing.capture_logs() as said:
        house.wait()
    assert [line["cell"] for line in said if line["log_level"] == "error"] == [REGION]
    found = house.faults()
    assert (REGION, "the end is cut off: 72 to 80 are gone") in found
    assert (REGION, "the head of it that the estate kept is gone") in found
    house.happen(REGION, *range(100, 120))
    house.wait()
    assert any("the log was written anew" in what for _, what in house.faults())
    assert (REGION, "the head of it that the estate kept is gone") in house.faults()


def test_the_estates_own_chain_and_the_head_in_a_region(house: House) -> None:
    house.tamper(ESTATE, "delete from activity where seq > 70")
    house.tamper(REGION, "delete from activity_marks where name = 'head:'")
    house.start()
    house.wait()
    found = house.faults()
    assert (ESTATE, "the end is cut off: 71 to 80 are gone") in found
    assert (ESTATE, f"the head of it that {REGION} kept is gone") in found


def test_a_head_alone_that_is_gone_is_not_signed_anew(house: House) -> None:
    house.tamper(ESTATE, f"delete from activity_marks where name = 'head:{REGION}'")
    house.start()
    house.happen(REGION, 81)
    house.wait()
    assert house.faults() == [(REGION, "the head of it that the estate kept is gone")]


def test_all_events_and_all_marks_gone(house: House) -> None:
    for cell in (ESTATE, REGION):
        house.tamper(cell, "delete from activity")
        house.tamper(cell, "delete from activity_marks")
    with pytest.raises(Conflict, match="the database of the estate is not the one that was used"):
        house.start()
    found = house.faults()
    for cell in (ESTATE, REGION):
        assert (cell, "the end is cut off: 1 to 80 are gone") in found


class TestAnotherDatabase:
    """Of what is not in it, nothing is taken to be gone."""

    @pytest.mark.parametrize("cell", [ESTATE, REGION])
    def test_an_empty_one_is_refused_until_it_is_accepted(self, house: House, cell: str) -> None:
        there = house.copy()
        house.put_back({cell: [[], []]})
        with pytest.raises(Conflict, match="is empty, or another's") as refused:
            house.start()
        assert refused.value.code == "DatabaseReplaced"
        house.put_back(there)
        house.start()
        assert (house.faults(), house.keeping.followed()) == ([], {ESTATE, REGION})
        house.put_back({cell: [[], []]})
        house.keeping.accept(house.now)
        house.start()
        assert house.keeping.followed() == {ESTATE, REGION}

    def test_that_of_another_cell_is_refused(self, house: House) -> None:
        house.put_back({REGION: house.copy()[ESTATE]})
        with pytest.raises(Conflict, match=f"the database of {REGION} is not the one"):
            house.start()

    def test_an_older_one_is_served_and_nothing_is_concluded_from_it(self, house: House) -> None:
        before = house.copy()[REGION]
        house.happen(REGION, 81, 82)
        house.wait()
        house.put_back({REGION: before})
        house.start()
        assert house.keeping.followed() == {ESTATE}


class TestAnotherSecret:
    def test_it_is_told_once_for_each_log_and_no_start_goes_on_with_it(self, house: House) -> None:
        with pytest.raises(Conflict, match="not the one that this estate was used with") as refused:
            house.start(signer(b"another one"))
        assert refused.value.code == "SecretReplaced"
        assert house.faults() == [(cell, words.OTHER_SECRET) for cell in (ESTATE, REGION)]
        house.start()
        assert house.faults() == []

    def test_where_it_is_accepted_what_comes_after_is_sealed_with_it(self, house: House) -> None:
        sign = signer(b"another one")
        house.cells.close()
        house.cells = Cells(*house.databases(b"another one"))
        with pytest.raises(Conflict):
            house.start(sign)
        house.keeping.accept(house.now)
        house.start(sign)
        house.happen(REGION, 81)
        house.wait()
        found = house.faults()
        assert [cell for cell, _ in found] == [ESTATE, REGION]
        for _, what in found:
            assert what.startswith("it and all up to 80 were")


class TestAcceptThatFails:
    def test_nothing_is_told_of_it(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        before, file = house.copy(), (house.folder / NAME).read_bytes()

        def gone(*_: object) -> None:
            raise Unavailable("the database does not answer")

        with monkeypatch.context() as patch:
            patch.setattr(house.cells.named(REGION), "read", gone)
            with pytest.raises(Unavailable):
                house.keeping.accept(house.now)
        assert (house.copy(), (house.folder / NAME).read_bytes()) == (before, file)

    def test_a_kill_after_it_was_told_is_made_good_by_a_start(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def killed(*_: object) -> None:
            raise InterruptedError

        house.put_back({REGION: [[], []]})
        with monkeypatch.context() as patch:
            patch.setattr(Safekeeping, "_settle", killed)
            with pytest.raises(InterruptedError):
                house.keeping.accept(house.now)
        house.start()
        assert house.faults() == []


def test_one_event_changed_and_all_hashes_made_anew(house: House) -> None:
    with house.cells.named(REGION).write() as connection:
        connection.execute(text("delete from activity"))
        before = ""
        for seq in range(1, 81):
            event = an_event(seq if seq != 40 else 99)
            before = plain_hash(before, event)
            row = {name: getattr(event, name) for name in Event.__struct_fields__}
            row |= {"seq": seq, "hash": before, "place": place(event.resource)}
            connection.execute(insert(activity), row)
    house.tamper(ESTATE, f"delete from activity_marks where name = 'head:{REGION}'")
    house.start()
    house.wait()
    assert any("it and all up to 80 were changed" in what for _, what in house.faults())


def test_older_databases_put_back_with_their_genuine_heads(house: House) -> None:
    before = house.copy()
    for cell in (ESTATE, REGION):
        house.happen(cell, *range(81, 91))
    house.wait()
    house.put_back(before)
    house.start()
    house.wait()
    found = house.faults()
    for cell in (ESTATE, REGION):
        assert (cell, "the end is cut off: 81 to 90 are gone") in found


def test_the_same_with_the_file_is_found_by_a_head_that_was_kept_elsewhere(house: House) -> None:
    before, ledger = house.copy(), (house.folder / NAME).read_bytes()
    house.happen(REGION, *range(81, 91))
    house.wait()
    heads = house.keeping.heads(house.now)
    house.put_back(before)
    (house.folder / NAME).write_bytes(ledger)
    house.start()
    assert house.faults() == []
    assert house.faults(*heads) == [(REGION, "the end is cut off: 81 to 90 are gone")]


def test_the_mark_of_where_a_log_began_is_gone(house: House) -> None:
    house.tamper(REGION, f"delete from activity_marks where name = '{BEGUN}:{REGION}'")
    house.start()
    [(cell, what)] = house.faults()
    assert (cell, "the mark of where its events began" in what) == (REGION, True)


@pytest.mark.parametrize(
    ("statements", "what"),
    [
        (["drop table activity"], "the table of the log is not there"),
        (["alter table activity rename to old"], "the table of the log is not there"),
        (
            ["alter table activity rename to old", "create view activity as select 1 as seq"],
            "the table of the log is not there",
        ),
        (
            ["alter table activity rename column name to who"],
            "the table of the log has not the columns that it was made with",
        ),
    ],
    ids=["dropped", "moved", "a-view", "a-column"],
)
def test_a_log_that_cannot_be_read_is_tampered_with(
    house: House, statements: list[str], what: str
) -> None:
    for statement in statements:
        house.tamper(REGION, statement)
    assert house.faults() == [(REGION, what)]
    house.wait()
    assert house.faults() == [(REGION, what)]
    [estate, region] = house.keeping.verify()
    assert (estate.count, region.count) == (80, 0)


def test_marks_that_cannot_be_read(house: House) -> None:
    house.tamper(ESTATE, "drop table activity_marks")
    found = house.faults()
    assert (REGION, "the head of it that the estate kept is gone") in found
    assert (ESTATE, "the table of the log's marks is not there") in found


@pytest.mark.postgres
def test_a_log_that_the_server_may_not_read(postgres_server: str, tmp_path: Path) -> None:
    house = House(postgres.fresh_database(postgres_server), tmp_path)
    role = f"u{house.url[-12:]}"
    for said in (
        f"create role {role}",
        f"grant usage on schema {REGION} to {role}",
        f"grant select on all tables in schema {REGION} to {role}",
        f"revoke select on {REGION}.activity from {role}",
    ):
        house.tamper(REGION, said)
    engine = house.cells.regions[REGION].engine
    listen(engine, "begin", lambda one: one.exec_driver_sql(f"SET LOCAL ROLE {role}"))
    assert house.faults() == [(REGION, "the table of the log may not be read")]
    house.cells.close()


class TestAccepting:
    def test_databases_of_a_backup_go_on_and_the_log_says_so(self, house: House) -> None:
        before = house.copy()
        house.happen(REGION, 81, 82)
        house.wait()
        heads = house.keeping.heads(house.now)
        house.put_back(before)
        lost = (REGION, "the end is cut off: 81 to 82 are gone")
        assert [(each.cell, each.what) for each in house.keeping.accept(house.now)] == [lost]
        assert house.faults() == []
        assert house.faults(*heads) == [lost]
        house.start()
        house.happen(REGION, 90)
        house.wait()
        house.tamper(REGION, "delete from activity where seq = 81")
        assert house.faults() == [(REGION, "the end is cut off: 81 is gone")]
        with house.cells.estate.read() as connection:
            told = events(connection, limit=1)[0]
        assert told.action == "Mlestate.Organization/activityLogs/accept/action"
        assert told.known.message == f"{REGION}, event 82: {lost[1]}"
        assert len(list(house.folder.glob("activity-heads.*.json"))) == 1

    def test_what_was_changed_stays_a_fault(self, house: House) -> None:
        house.tamper(REGION, "update activity set name = 'eve' where seq = 7")
        (house.folder / NAME).unlink()
        house.keeping.accept(house.now)
        assert [cell for cell, _ in house.faults()] == [REGION]
        assert [fault.seq for one in house.keeping.verify() for fault in one.faults] == [7]


class TestTheFile:
    def test_gone(self, house: House) -> None:
        (house.folder / NAME).unlink()
        house.start()
        house.wait()
        assert not (house.folder / NAME).exists()
        assert house.faults() == [
            (ESTATE, f"the file `{NAME}`, which says how far the log reached, is gone")
        ]

    def test_a_folder_in_its_place(self, house: House) -> None:
        (house.folder / NAME).unlink()
        (house.folder / NAME).mkdir()
        house.wait()
        what = f"the file `{NAME}` cannot be read: Is a directory"
        assert house.faults() == [(ESTATE, what)]

    @pytest.mark.parametrize("change", [(b'"seq":80', b'"seq":70'), (b"{", b"")])
    def test_written_by_somebody_else(self, house: House, change: tuple[bytes, bytes]) -> None:
        file = house.folder / NAME
        forged = file.read_bytes().replace(*change)
        file.write_bytes(forged)
        house.start()
        house.wait()
        assert house.faults() == [(ESTATE, f"the file `{NAME}` is not the estate's own")]
        assert file.read_bytes() == forged

    def test_a_log_that_it_does_not_know_is_not_taken_over(self, house: House) -> None:
        """Such as a region that somebody made in the databases, with a past of its own."""
        database = house.database(OTHER)
        house.cells.open(OTHER, database)
        house.happen(OTHER, 1)
        house.start()
        house.wait()
        assert (OTHER, f"it has events that `{NAME}` does not know of") in house.faults()

    def test_a_new_region(self, house: House) -> None:
        database = house.database(OTHER)
        house.cells.open(OTHER, database)
        house.keeping.begin(OTHER, database, house.now)
        house.happen(OTHER, 1)
        assert house.faults() == []
        house.wait()
        house.start()
        assert house.faults() == []
        house.tamper(OTHER, "delete from activity")
        assert house.faults() == [(OTHER, "the end is cut off: 1 is gone")]

    def test_a_kill_while_a_region_begins(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def killed(*_: object) -> None:
            raise InterruptedError

        database = house.database(OTHER)
        house.cells.open(OTHER, database)
        with monkeypatch.context() as patch:
            patch.setattr(Safekeeping, "_settle", killed)
            with pytest.raises(InterruptedError):
                house.keeping.begin(OTHER, database, house.now)
        house.start()
        assert house.faults() == []
        house.tamper(OTHER, "delete from activity_marks")
        assert len(house.faults()) == 2


def test_a_head_of_a_cell_that_there_is_not(house: House) -> None:
    what = "there is a head of it, and no log: the estate has no such cell"
    head = Mark(HEAD, "southpole", 7, "0" * 64, 1.0).signed(SIGN)
    assert house.faults(head) == [("southpole", what)]


def test_a_log_of_a_version_that_had_no_such_file_is_taken_over(
    database_url: str, tmp_path: Path
) -> None:
    house = House(database_url, tmp_path)
    (tmp_path / NAME).unlink()
    with house.cells.named(REGION).write() as connection:
        connection.execute(delete(marks))
        event = an_event(1)
        row = {name: getattr(event, name) for name in Event.__struct_fields__}
        row |= {"seq": 1, "hash": plain_hash("", event), "place": place(event.resource)}
        connection.execute(insert(activity), row)
    with house.cells.estate.write() as connection:
        connection.execute(delete(marks))
    house.start()
    house.happen(REGION, 2)
    house.wait()
    assert house.faults() == []
    house.tamper(REGION, "update activity set name = 'eve' where seq = 1")
    assert len(house.faults()) == 1
    house.cells.close()


def test_a_region_that_is_away_does_not_keep_the_others_from_being_kept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = house.cells.named(REGION)

    def gone() -> None:
        raise Unavailable("the database does not answer")

    house.happen(ESTATE, 81)
    with monkeypatch.context() as patch:
        patch.setattr(away, "read", gone)
        patch.setattr(away, "write", gone)
        house.wait()
    house.tamper(ESTATE, "delete from activity where seq = 81")
    assert house.faults() == [(ESTATE, "the end is cut off: 81 is gone")]
