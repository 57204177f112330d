"""What a database's transactions promise, on every database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Column, Integer, MetaData, Table, func, insert, select, text, update

from mlestate.core.activity import Event
from mlestate.core.errors import Invalid, Unavailable
from mlestate.store import schema
from mlestate.store.activity import activity, chain, record
from mlestate.store.activity.shape import oddities
from mlestate.store.blobs import lock_names
from mlestate.store.database import Connection, Database
from mlestate.store.prepare import check, prepare
from mlestate.store.tracking import open_tracking
from mlestate.store.tracking.postgres import PostgresDatabase
from tests import postgres

metadata = MetaData()
counter = Table("counter", metadata, Column("value", Integer, nullable=False))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    database.create(metadata)
    with database.write() as connection:
        connection.execute(insert(counter).values(value=0))
    yield database
    database.close()


def value(connection: Connection) -> int:
    return int(connection.execute(select(counter.c.value)).scalar_one())


def test_turns_do_not_overlap(database: Database) -> None:
    together = threading.Barrier(4)

    def count() -> None:
        together.wait()
        for _ in range(20):
            with database.turn() as connection:
                connection.execute(update(counter).values(value=value(connection) + 1))

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(count) for _ in range(4)]:
            done.result()
    with database.read() as connection:
        assert value(connection) == 80


@pytest.mark.parametrize("unfit", ["half \ud800", 2**70, -(2**70)])
def test_what_it_cannot_hold_is_the_fault_of_whoever_asks(
    database: Database, unfit: object
) -> None:
    with pytest.raises(Invalid, match="cannot hold"), database.write() as connection:
        connection.execute(update(counter).values(value=unfit))
    with database.read() as connection:
        assert value(connection) == 0


def test_what_the_server_refuses_to_read_is_the_fault_of_whoever_asks(database: Database) -> None:
    asked = "SELECT json_extract('{}', 'a')" if database.is_sqlite else "SELECT '\"'::json"
    with pytest.raises(Invalid, match="cannot hold"), database.read() as connection:
        connection.exec_driver_sql(asked)


def test_a_damaged_file_is_said_to_be_so(tmp_path: Path) -> None:
    file = tmp_path / "estate.db"
    file.write_bytes(b"not a database " * 1000)
    database = Database(f"sqlite:///{file}")
    with pytest.raises(Unavailable, match=r"is damaged: .*restore a backup"):
        database.create(metadata)
    database.close()


def test_a_reader_sees_one_moment(database: Database) -> None:
    with database.read() as reader:
        before = value(reader)
        with database.write() as writer:
            writer.execute(update(counter).values(value=7))
        assert value(reader) == before
    with database.read() as reader:
        assert value(reader) == 7


def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        connection.execute(update(counter).values(value=1 / 0))
    with database.read() as connection:
        assert value(connection) == 0


def test_a_database_that_cannot_be_reached_is_one_clear_refusal(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    lost = Database(
        "sqlite:////nowhere/at/all.db"
        if database_url.startswith("sqlite")
        else "postgresql+psycopg://test@127.0.0.1:1/none"
    )
    with pytest.raises(Unavailable) as told, lost.write():
        pass
    # Anybody may ask: where it is, and what its driver says, is in the log.
    assert str(told.value) == "the database does not answer, try again"
    [line] = [each.getMessage() for each in caplog.records]
    assert "nowhere" in line or '"127.0.0.1", port 1 failed' in line
    assert "\n" not in line


def test_the_same_of_runs_and_metrics() -> None:
    with pytest.raises(Unavailable) as told:
        PostgresDatabase("postgresql://test@127.0.0.1:1/none", "cell")
    assert str(told.value) == "The tracking database does not answer; try again."


@pytest.mark.parametrize("which", [schema.ESTATE, schema.REGION], ids=lambda one: one.name)
def test_it_is_ready_with_all_of_its_tables(database_url: str, which: schema.Schema) -> None:
    database = Database(database_url)
    prepare(database, which)
    check(database, which)
    with database.write() as connection:
        connection.execute(text("drop table activity"))
    with pytest.raises(Unavailable, match="lacks tables"):
        check(database, which)
    with (
        pytest.raises(Unavailable, match="does not have what it should"),
        database.read() as reader,
    ):
        reader.execute(text("select * from activity"))
    database.close()


@pytest.mark.postgres
@pytest.mark.parametrize(
    "taken",
    ["insert on all tables in schema cell", "usage on schema cell", "delete on cell.outbox"],
)
def test_who_may_not_write_is_not_ready(postgres_server: str, taken: str) -> None:
    url = postgres.fresh_database(postgres_server)
    owner = Database(url, schema="cell")
    prepare(owner, schema.REGION)
    name = f"u{url[-12:]}"
    with owner.write() as connection:
        for said in (
            f"create role {name} login",
            f"grant usage on schema cell to {name}",
            f"grant all on all tables in schema cell to {name}",
        ):
            connection.execute(text(said))
    theirs = f"options=-crole%3D{name}%20-csearch_path%3Dcell"
    user = Database(f"{url}?{theirs}")
    check(user, schema.REGION)
    with owner.write() as connection:
        connection.execute(text(f"revoke {taken} from {name}"))
    with pytest.raises(Unavailable):
        check(user, schema.REGION)
    if "outbox" not in taken:
        with pytest.raises(Unavailable, match="does not let"), user.write() as connection:
            connection.execute(text("insert into activity_marks values ('a', 1, '', 1.0, '')"))
    for database in (owner, user):
        database.close()


# What an administrator of the server may have said for everybody who connects.
ODD = {
    "extra_float_digits": "0",
    "client_encoding": "SQL_ASCII",
    "DateStyle": "German",
    "TimeZone": "Asia/Tokyo",
    "bytea_output": "escape",
    "standard_conforming_strings": "off",
    "transform_null_equals": "on",
    "array_nulls": "off",
    "quote_all_identifiers": "on",
    "default_transaction_isolation": "serializable",
    "synchronous_commit": "off",
}


def oddly(url: str) -> None:
    """Every new session of this database has its settings from now on."""
    name = url.rpartition("/")[2]
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as other:
        for setting, word in ODD.items():
            other.execute(f"ALTER DATABASE {name} SET {setting} = '{word}'")


@pytest.mark.postgres
def test_what_is_read_is_what_was_written_whatever_the_servers_settings(
    postgres_server: str,
) -> None:
    url, at = postgres.fresh_database(postgres_server), 1780000000.1234567
    oddly(url)
    database = Database(url, schema="cell", key=b"k")
    prepare(database, schema.REGION)
    happened = Event(at=at, principal="p", name="Žofie \\ '", action="write", resource="/x/y")
    with database.write() as connection:
        record(connection, happened)
        isolation = connection.exec_driver_sql("SHOW transaction_isolation").scalar_one()
        durable = connection.exec_driver_sql("SHOW synchronous_commit").scalar_one()
    with database.read() as connection:
        assert oddities(connection) == []
        assert chain.verify(connection, "cell", [], lambda _: "", None).faults == ()
        [(found, name)] = connection.execute(select(activity.c.at, activity.c.name))
    database.close()
    assert (found, name, isolation, durable) == (at, "Žofie \\ '", "read committed", "on")


@pytest.mark.postgres
def test_the_same_of_runs_and_metrics_whatever_the_servers_settings(postgres_server: str) -> None:
    url = postgres.fresh_database(postgres_server)
    oddly(url)
    store = open_tracking(url, "cell_tracking")
    value, sought = 0.1 + 0.2, "Žofie \\"
    store.write(lambda group: group.session.run("INSERT INTO key (name) VALUES (?)", [sought]))
    found = store.read(
        lambda session: session.one("SELECT CAST(? AS DOUBLE PRECISION), name FROM key", [value])
    )
    store.close()
    assert found == (value, sought)


@pytest.mark.postgres
def test_a_server_that_came_back_is_found_again(postgres_server: str) -> None:
    url = postgres.fresh_database(postgres_server)
    database = Database(url, schema="cell")
    with database.write() as connection:
        mine = int(connection.execute(select(func.pg_backend_pid())).scalar_one())
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (mine,))
    with database.read() as connection:
        assert connection.execute(select(func.current_schema())).scalar_one() == "cell"
    database.close()


@pytest.mark.postgres
def test_cells_of_one_database_share_neither_tables_nor_locks(postgres_server: str) -> None:
    url = postgres.fresh_database(postgres_server)
    one, two = Database(url, schema="one"), Database(url, schema="two")
    for database in (one, two):
        database.create(metadata)
    with one.turn() as first, two.turn() as second:
        lock_names(first, (1, "same"))
        lock_names(second, (1, "same"))
        first.execute(insert(counter).values(value=1))
        second.execute(insert(counter).values(value=2))
    with one.read() as first, two.read() as second:
        assert (value(first), value(second)) == (1, 2)
    for database in (one, two):
        database.close()


@pytest.mark.parametrize("name", ["West Europe", 'a"b', "1st", "x" * 64])
def test_what_is_no_schema_name_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="no name for a schema"):
        Database("postgresql+psycopg://test@127.0.0.1:1/none", schema=name)
