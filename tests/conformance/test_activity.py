"""What the activity log promises, on every database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from mlestate.store.activity import Event, activity, events, metadata, record, seal
from mlestate.store.database import Database

WRITERS, EACH = 4, 25


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    database.create(metadata)
    yield database
    database.close()


def an_event(number: int = 0, resource: str = "/a") -> Event:
    return Event(at=1.5 + number, principal="p", name="ana", action="write", resource=resource)


def test_writers_at_the_same_time_do_not_fork_the_chain(database: Database) -> None:
    together = threading.Barrier(WRITERS)

    def write(writer: int) -> None:
        together.wait()
        for number in range(EACH):
            with database.write() as connection:
                record(connection, an_event(number, f"/{writer}"))

    with ThreadPoolExecutor(WRITERS) as threads:
        list(threads.map(write, range(WRITERS)))
    assert chain_length(database) == WRITERS * EACH


def test_what_is_undone_leaves_no_gap_in_the_chain(database: Database) -> None:
    with database.write() as connection:
        record(connection, an_event())
    with pytest.raises(InterruptedError):
        interrupted(database)
    with database.write() as connection:
        record(connection, an_event(2))
    assert chain_length(database) == 2


def test_the_newest_come_first_and_one_resource_can_be_asked_for(database: Database) -> None:
    with database.write() as connection:
        for number in range(3):
            record(connection, an_event(number, f"/{number % 2}"))
    with database.read() as connection:
        assert [event.at for event in events(connection)] == [3.5, 2.5, 1.5]
        assert [event.at for event in events(connection, "/0")] == [3.5, 1.5]


def interrupted(database: Database) -> None:
    with database.write() as connection:
        record(connection, an_event(1))
        raise InterruptedError


def chain_length(database: Database) -> int:
    """How many events there are; each must be sealed over the one before it."""
    before, count = "", 0
    with database.read() as connection:
        for row in connection.execute(select(activity).order_by(activity.c.seq)):
            event = Event(**{name: getattr(row, name) for name in Event.__struct_fields__})
            assert row.hash == seal(b"", before, row.seq, event)
            before, count = row.hash, count + 1
    return count
