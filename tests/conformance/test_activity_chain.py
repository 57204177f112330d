"""Whoever tampers with the activity log is found out, and where, on every database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Connection, insert, text

from mlestate.core.activity import Event, place, plain_hash
from mlestate.store.activity import activity, metadata, record
from mlestate.store.activity.chain import Verdict, forget, head, holds, verify
from mlestate.store.activity.marks import (
    BEGUN,
    FLOOR,
    Fault,
    Mark,
    keep,
    kept,
    sealing_key,
    signer,
)
from mlestate.store.database import Database

CELL, NOW = "westeurope", 1_000.0
SECRET = b"the estate's secret"
SIGN, KEY = signer(SECRET), sealing_key(SECRET, CELL)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url, key=KEY)
    database.create(metadata)
    with database.write() as connection:
        for number in range(1, 21):
            record(connection, an_event(number))
    yield database
    database.close()


def an_event(number: int) -> Event:
    resource = f"/subscriptions/s/resourcegroups/g/x/{number}"
    return Event(at=float(number), principal="p", name="ana", action="write", resource=resource)


def checked(database: Database, *anchors: Mark) -> Verdict:
    with database.read() as connection:
        return verify(connection, CELL, anchors, SIGN, None)


def anchored(database: Database) -> Mark:
    with database.read() as connection:
        found = head(connection, CELL, NOW, SIGN)
    assert found is not None
    return found


def tampered(database: Database, *statements: str) -> None:
    with database.write() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_what_nobody_touched_is_whole(database: Database) -> None:
    found = checked(database, anchored(database))
    assert (found.count, found.first, found.last, found.faults) == (20, 1, 20, ())


@pytest.mark.parametrize(
    ("statement", "seq", "what"),
    [
        ("update activity set name = 'eve' where seq = 7", 7, "it was changed, moved or"),
        ("update activity set status = 'Failed' where seq = 1", 1, "it was changed"),
        ("update activity set about = null where seq = 20", 20, "it was changed"),
        ("update activity set place = '/elsewhere' where seq = 3", 3, "the group"),
        ("update activity set place = null where seq = 4", 4, "the group"),
        ("update activity set hash = '0' where seq = 9", 9, "it was changed"),
        ("delete from activity where seq = 12", 13, "12 before it is gone"),
        ("delete from activity where seq between 4 and 6", 7, "4 to 6 before it are gone"),
        ("delete from activity where seq < 3", 3, "1 to 2 before it are gone"),
    ],
)
def test_a_changed_field_and_a_removed_row_are_found(
    database: Database, statement: str, seq: int, what: str
) -> None:
    tampered(database, statement)
    fault = checked(database).faults[0]
    assert (fault.cell, fault.seq) == (CELL, seq)
    assert fault.what.startswith(what)


def test_a_swapped_order_is_found_though_the_numbers_are_mended(database: Database) -> None:
    tampered(
        database,
        "update activity set seq = 99 where seq = 5",
        "update activity set seq = 5 where seq = 6",
        "update activity set seq = 6 where seq = 99",
    )
    assert checked(database).faults[0].seq == 5


def test_a_removed_row_is_found_though_the_numbers_are_mended(database: Database) -> None:
    tampered(database, "delete from activity where seq = 12")
    for seq in range(13, 21):
        tampered(database, f"update activity set seq = {seq - 1} where seq = {seq}")
    assert checked(database).faults[0].seq == 12


def test_a_cut_tail_is_found_by_a_head_that_was_kept(database: Database) -> None:
    before = anchored(database)
    tampered(database, "delete from activity where seq > 17")
    assert checked(database).faults == ()
    [fault] = checked(database, before).faults
    assert (fault.seq, fault.what) == (20, "the end is cut off: 18 to 20 are gone")


def test_a_cut_tail_is_found_though_the_log_went_on(database: Database) -> None:
    before = anchored(database)
    tampered(database, "delete from activity where seq > 17")
    with database.write() as connection:
        for number in range(30, 40):
            record(connection, an_event(number))
    assert "the log was written anew" in checked(database, before).faults[0].what
    with database.read() as connection:
        assert not holds(connection, before, SIGN)


def test_a_log_that_was_written_anew_from_the_start_is_found(database: Database) -> None:
    """Anybody can make hashes; the head that was kept is another."""
    before = anchored(database)
    tampered(database, "delete from activity")
    with database.write() as connection:
        for number in range(1, 21):
            record(connection, an_event(number * 2))
    assert checked(database).faults == ()
    assert checked(database, before).faults[0].seq == 20


def test_what_came_later_with_the_numbers_of_what_is_gone(database: Database) -> None:
    """As where an older database was put back, and the estate ran before anybody looked."""
    before = anchored(database)
    tampered(database, "delete from activity where seq > 14")
    with database.write() as connection:
        for at in (NOW + 1, NOW + 2, NOW + 3):
            record(connection, msgspec.structs.replace(an_event(1), at=at))
    [fault] = checked(database, before).faults
    assert fault.what == (
        "the end is cut off: 15 to 20 are gone; "
        "the events 15 to 17 that are there came later, with the same numbers"
    )
    with database.write() as connection:
        for _ in range(6):
            record(connection, msgspec.structs.replace(an_event(1), at=NOW + 4))
    [fault] = checked(database, before).faults
    assert fault.what.endswith("the log was written anew from 15 on")


@pytest.mark.parametrize("seq", [-4, 0])
def test_a_row_that_is_none_of_its_events(database: Database, seq: int) -> None:
    tampered(database, f"update activity set seq = {seq} where seq = 20")
    [fault] = checked(database).faults
    assert (fault.seq, fault.what) == (seq, "it is no event of the log")
    assert checked(database).count == 19


def test_a_field_that_is_of_another_kind(tmp_path: Path) -> None:
    """SQLite keeps anything in any column."""
    database = Database(f"sqlite:///{tmp_path}/one.db", key=KEY)
    database.create(metadata)
    with database.write() as connection:
        record(connection, an_event(1), an_event(2))
    for change in ("at = 'noon'", "resource = x'00'"):
        tampered(database, f"update activity set {change} where seq = 1")
        assert "no event" in checked(database).faults[0].what
    with database.turn() as connection:
        assert isinstance(forget(connection, CELL, 9.0, NOW, SIGN, None), Fault)
    database.close()


def test_a_head_that_was_forged_is_found(database: Database) -> None:
    forged = anchored(database)
    forged = Mark("head", CELL, 17, forged.hash, NOW, forged.signature)
    assert "not the estate's own" in checked(database, forged).faults[0].what


class TestForging:
    """Whoever writes to the database, and has not the estate's secret."""

    def test_an_event_at_the_end(self, database: Database) -> None:
        changed(database, lambda connection: forged(connection, 21))
        [fault] = checked(database).faults
        assert (fault.seq, "forged" in fault.what) == (21, True)

    def test_a_changed_event_with_all_hashes_made_anew(self, database: Database) -> None:
        def rewrite(connection: Connection) -> None:
            connection.execute(text("delete from activity where seq >= 7"))
            for seq in range(7, 21):
                forged(connection, seq)

        changed(database, rewrite)
        [fault] = checked(database).faults  # many in a row have one cause, and are told once
        assert (fault.seq, fault.what.startswith("it and all up to 20 were")) == (7, True)

    def test_an_event_that_another_cell_sealed(self, database_url: str, database: Database) -> None:
        other = Database(database_url, key=sealing_key(SECRET, "northeurope"))
        with other.write() as connection:
            record(connection, an_event(21))
        other.close()
        assert [fault.seq for fault in checked(database).faults] == [21]

    def test_the_mark_of_where_events_began_to_be_sealed(self, database: Database) -> None:
        begun = Mark(BEGUN, CELL, 20, anchored(database).hash, NOW, "0" * 64)
        with database.read() as connection:
            found = verify(connection, CELL, [], SIGN, begun)
        assert any("not the estate's own" in fault.what for fault in found.faults)


def test_what_an_earlier_version_wrote_holds_by_its_plain_hashes(database_url: str) -> None:
    database = Database(database_url, key=KEY)
    database.create(metadata)
    with database.write() as connection:
        for seq in (1, 2, 3):
            forged(connection, seq)
    begun = msgspec.structs.replace(anchored(database), kind=BEGUN).signed(SIGN)
    with database.write() as connection:
        record(connection, an_event(4))

    def found() -> Verdict:
        with database.read() as connection:
            return verify(connection, CELL, [], SIGN, begun)

    assert (found().count, found().faults) == (4, ())
    tampered(database, "update activity set name = 'eve' where seq = 2")
    assert [fault.seq for fault in found().faults] == [2]
    tampered(database, "delete from activity where seq >= 2")
    changed(database, lambda connection: forged(connection, 2))
    changed(database, lambda connection: forged(connection, 3, "bob"))
    assert "the log was written anew" in found().faults[0].what
    database.close()


class TestForgetting:
    def test_what_somebody_made_old_is_not_dropped(self, database: Database) -> None:
        """Or who writes to the database could have the server itself forget it, and sign that."""
        tampered(database, "update activity set at = 0 where seq <= 15")
        with database.turn() as connection:
            found = forget(connection, CELL, 0.5, NOW, SIGN, None)
        assert isinstance(found, Fault)
        assert found.seq == 1
        assert checked(database).count == 20

    def test_an_index_does_not_say_what_is_old(self, database: Database) -> None:
        tampered(
            database,
            "drop index activity_by_time",
            "create index activity_by_time on activity (at) where at < 0",
        )
        assert forgotten(database, 11.0) == 10

    def test_what_is_old_goes_and_the_rest_is_whole(self, database: Database) -> None:
        before = anchored(database)
        assert forgotten(database, 11.0) == 10
        found = checked(database, before)
        assert (found.count, found.first, found.faults) == (10, 11, ())
        assert forgotten(database, 11.0) == 0
        assert forgotten(database, 15.0) == 4
        assert checked(database, before).faults == ()

    def test_the_newest_stays_so_that_the_chain_goes_on(self, database: Database) -> None:
        assert forgotten(database, 999.0) == 19
        with database.write() as connection:
            record(connection, an_event(21))
        found = checked(database)
        assert (found.count, found.last, found.faults) == (2, 21, ())

    def test_more_that_was_dropped_by_hand_is_found(self, database: Database) -> None:
        forgotten(database, 11.0)
        tampered(database, "delete from activity where seq < 14")
        assert checked(database).faults[0].what == "11 to 13 before it are gone"

    def test_the_mark_of_what_was_dropped_cannot_be_forged(self, database: Database) -> None:
        def forge(connection: Connection) -> None:
            row = connection.execute(text("select hash from activity where seq = 13")).one()
            connection.execute(text("delete from activity where seq < 14"))
            keep(connection, Mark(FLOOR, CELL, 13, row.hash, NOW, "0" * 64))

        changed(database, forge)
        assert "not the estate's own" in checked(database).faults[0].what

    def test_a_head_that_was_dropped_in_time_is_still_held(self, database: Database) -> None:
        with database.read() as connection:
            assert kept(connection, FLOOR, CELL) is None
        before = anchored(database)
        with database.write() as connection:
            record(connection, an_event(30), an_event(31))
        forgotten(database, 31.0)
        with database.read() as connection:
            assert holds(connection, before, SIGN)


def forged(connection: Connection, seq: int, name: str = "ana") -> None:
    """Append an event with a hash that anybody can make."""
    last = text("select hash from activity order by seq desc limit 1")
    before = connection.execute(last).scalar() or ""
    event = msgspec.structs.replace(an_event(seq), name=name)
    row = msgspec.structs.asdict(event) | {"seq": seq, "place": place(event.resource)}
    connection.execute(insert(activity), row | {"hash": plain_hash(before, event)})


def forgotten(database: Database, before: float) -> int:
    with database.turn() as connection:
        found = forget(connection, CELL, before, NOW, SIGN, None)
    assert isinstance(found, int), found
    return found


def changed(database: Database, work: Callable[[Connection], None]) -> None:
    with database.write() as connection:
        work(connection)
