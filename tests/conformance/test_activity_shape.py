"""A log's tables that somebody altered are found out, on every database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from mlestate.core.activity import Event
from mlestate.store import schema
from mlestate.store.activity import metadata, record
from mlestate.store.activity.reading import Sought, find
from mlestate.store.activity.shape import oddities
from mlestate.store.database import Database
from mlestate.store.migrations import migrate
from tests import postgres


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    database.create(metadata)
    with database.write() as connection:
        for who in ("ana", "eva"):
            record(connection, Event(at=1.0, principal="p", name=who, action="a", resource="/x"))
    yield database
    database.close()


def altered(database: Database, *statements: str) -> list[str]:
    with database.altering() as connection:
        for statement in statements:
            connection.execute(text(statement))
    with database.read() as connection:
        return oddities(connection)


def test_what_was_just_made_is_as_it_should_be(database: Database) -> None:
    assert altered(database) == []


@pytest.mark.parametrize("which", [schema.ESTATE, schema.REGION], ids=lambda one: one.name)
def test_so_is_what_the_migrations_made(database_url: str, which: schema.Schema) -> None:
    database = Database(database_url)
    with database.altering() as connection:
        migrate(connection, which)
    assert altered(database) == []
    database.close()


@pytest.mark.parametrize(
    ("statements", "what"),
    [
        (["drop index activity_by_name"], "`activity_by_name`"),
        (
            [
                "drop index activity_by_name",
                "create index activity_by_name on activity (name, at) where name <> 'eva'",
            ],
            "`activity_by_name`",
        ),
        (
            [
                "drop index activity_by_name",
                "create index activity_by_name on activity (principal, at)",
            ],
            "`activity_by_name`",
        ),
        (["create index more on activity (name)"], "`more`"),
        (["alter table activity rename to log", "create view activity as select * from log"], ""),
    ],
    ids=["dropped", "partial", "of-other-columns", "one-more", "a-view"],
)
def test_an_index_that_could_hide_something(
    database: Database, statements: list[str], what: str
) -> None:
    assert any(what in each for each in altered(database, *statements))


def test_a_trigger_that_drops_what_it_does_not_like(database: Database) -> None:
    if database.is_sqlite:
        made = [
            "create trigger quiet after insert on activity when new.name = 'eva'"
            " begin delete from activity where seq = new.seq; end"
        ]
    else:
        made = [
            "create function quiet() returns trigger language plpgsql as"
            " 'begin if new.name = ''eva'' then return null; end if; return new; end'",
            "create trigger quiet before insert on activity for each row execute function quiet()",
        ]
    found = altered(database, *made)
    assert "there is a trigger, `quiet`, which mlestate did not make" in found


@pytest.mark.postgres
def test_a_rule_a_policy_and_a_table_below(postgres_server: str) -> None:
    database = Database(postgres.fresh_database(postgres_server))
    database.create(metadata)
    found = altered(
        database,
        "create rule quiet as on insert to activity where new.name = 'eva' do instead nothing",
        "create policy shy on activity using (name <> 'eva')",
        "alter table activity enable row level security",
        "create table more () inherits (activity)",
    )
    database.close()
    for what in ("rule, `quiet`", "policy, `shy`", "table below it, `more`", "plain tables"):
        assert any(what in each for each in found), what


# What a name in a question is compared by.
HIDING = (
    "create function hid(text, varchar) returns boolean language sql as"
    " $$ select $1 operator(pg_catalog.=) $2::text and $1 <> 'eva' $$",
    "create operator = (leftarg = text, rightarg = varchar, function = hid)",
)
GENERATED = (
    "drop index activity_by_place",
    "alter table activity drop column place",
    'alter table activity add column place text collate "C" generated always as (resource) stored',
    "create index activity_by_place on activity (place, at)",
)


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("statements", "what"),
    [
        (list(HIDING), ["function, `hid`", "operator, `=`"]),
        (["create type mood as enum ('sad')"], ["type, `mood`"]),
        (["create domain number as bigint"], ["type, `number`"]),
        (["create view more as select 1"], ["view, `more`"]),
        (['create collation odd from "C"'], ["collation, `odd`"]),
        (["alter table activity add column more text"], ["column `more`"]),
        (["alter table activity alter column name set default 'ana'"], ["column `name`"]),
        (['alter table activity alter column name type text collate "C"'], ["column `name`"]),
        (["alter table activity_marks alter column name type varchar(9)"], ["the columns"]),
        (["alter table activity alter column seq drop default"], ["column `seq`"]),
        (["alter table activity alter column hash drop not null"], ["column `hash`"]),
        (["alter table activity alter column place set not null"], ["column `place`"]),
        (list(GENERATED), ["column `place`"]),
    ],
)
def test_what_stands_beside_the_tables_and_how_columns_are_made(
    postgres_server: str, statements: list[str], what: list[str]
) -> None:
    database = Database(postgres.fresh_database(postgres_server), schema="cell")
    database.create(metadata)
    found = altered(database, *statements)
    database.close()
    assert len(found) == len(what)
    assert all(each in said for each, said in zip(what, found, strict=True)), found


@pytest.mark.postgres
def test_an_operator_of_the_schema_hides_nothing_from_who_asks(postgres_server: str) -> None:
    database = Database(postgres.fresh_database(postgres_server), schema="cell")
    database.create(metadata)
    with database.write() as connection:
        for who in ("ana", "eva"):
            record(connection, Event(at=1.0, principal="p", name=who, action="a", resource="/x/y"))
    altered(database, *HIDING)
    asked = Sought(callers=["eva"], scopes=["/x"], since=0.0)
    with database.read() as connection:
        assert [one.event.name for one in find(connection, "", asked)] == ["eva"]
        # What follows finds its tables as before.
        assert connection.execute(text("select count(*) from activity")).scalar_one() == 2
    database.close()


def test_an_index_whose_definition_was_mended_by_hand(tmp_path: Path) -> None:
    """It says that it has all rows, and lacks those of one person."""
    database = Database(f"sqlite:///{tmp_path}/one.db")
    database.create(metadata)
    with database.write() as connection:
        for who in ("ana", "eva"):
            record(connection, Event(at=1.0, principal="p", name=who, action="a", resource="/x"))
    whole = "select sql from sqlite_master where name = 'activity_by_name'"
    with database.read() as connection:
        said = connection.exec_driver_sql(whole).scalar_one()
    altered(
        database,
        "drop index activity_by_name",
        "create index activity_by_name on activity (name, at) where name <> 'eva'",
        "pragma writable_schema = on",
        f"update sqlite_master set sql = '{said}' where name = 'activity_by_name'",
    )
    database.close()
    database = Database(f"sqlite:///{tmp_path}/one.db")
    with database.read() as connection:
        assert any("not of one mind" in each for each in oddities(connection))
    database.close()
