"""A database is made, kept, migrated or refused by its version, on every engine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from msgspec.structs import replace
from sqlalchemy import inspect, select, text, update

from mlestate.core.errors import Unavailable
from mlestate.core.guests import Guest
from mlestate.core.principals import Principal
from mlestate.store import guests, principals
from mlestate.store.blobs import add_container
from mlestate.store.database import Database
from mlestate.store.migrations import migrate, place, scripts
from mlestate.store.prepare import prepare
from mlestate.store.schema import ESTATE, REGION, Schema, version

BOTH = pytest.mark.parametrize("schema", [ESTATE, REGION], ids=lambda schema: schema.name)
# Names its table anew, as SQLite's changes of columns do, and so would lose what refers to it.
AFTER = f"{int(REGION.head) + 1:04}"
NEXT = f"""
from alembic import op
import sqlalchemy as sa

revision, down_revision = "{AFTER}", "{REGION.head}"


def upgrade():
    how = "always" if op.get_bind().dialect.name == "sqlite" else "auto"
    with op.batch_alter_table("blob_containers", recreate=how) as table:
        table.add_column(sa.Column("owner", sa.Text))
"""
FAULTY = NEXT + '    raise InterruptedError("half way")\n'


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@BOTH
def test_what_the_revisions_make_is_what_the_tables_say(database: Database, schema: Schema) -> None:
    """It fails where a table was changed and no revision written: see `store.migrations`."""
    with database.write() as connection:
        version.create(connection)
        migrate(connection, schema)
    with database.read() as connection:
        here = place(connection, schema)
        assert compare_metadata(here, list(schema.parts)) == []  # type: ignore[arg-type]
    assert scripts(schema).get_current_head() == schema.head == seen(database)


@BOTH
def test_a_new_database_gets_all_tables_and_is_left_alone_then(
    database: Database, schema: Schema
) -> None:
    prepare(database, schema)
    with database.read() as connection:
        there = set(inspect(connection).get_table_names())
    assert there == {name for part in schema.parts for name in part.tables} | {version.name}
    prepare(database, replace(schema, folder=Path("/nowhere"), parts=()))
    assert seen(database) == schema.head


def test_a_database_of_a_newer_program_is_refused_and_not_touched(database: Database) -> None:
    prepare(database, REGION)
    with database.write() as connection:
        connection.execute(update(version).values(version_num="0999"))
    with pytest.raises(
        Unavailable, match=rf"schema 0999.* knows {REGION.head}.*newer version"
    ) as refusal:
        prepare(database, REGION)
    assert "\n" not in str(refusal.value)
    assert seen(database) == "0999"


def test_an_older_database_is_migrated_and_keeps_what_it_has(
    database: Database, tmp_path: Path
) -> None:
    prepare(database, REGION)
    fill(database)
    prepare(database, later(tmp_path, NEXT))
    assert seen(database) == AFTER
    with database.read() as connection:
        found = connection.execute(
            text("select c.name, c.owner, s.name from blob_containers c join blob_staged s on true")
        )
        assert found.all() == [("box", None, "half an upload")]


def test_an_estate_of_the_first_version_keeps_its_people_and_can_have_guests(
    database: Database, tmp_path: Path
) -> None:
    first = "r0001_the_first_tables.py"
    (tmp_path / first).write_text((ESTATE.folder / first).read_text())
    with database.write() as connection:
        version.create(connection)
        migrate(connection, replace(ESTATE, folder=tmp_path))
        principals.found(connection, "t")
        principals.add(connection, Principal("1", "User", "ana", "1", "Ana", True, 1.0))
    assert seen(database) == "0001"
    prepare(database, ESTATE)
    assert seen(database) == ESTATE.head
    with database.write() as connection:
        stay = Guest("ana", date(2999, 1, 1), ("/subscriptions/s/resourceGroups/g",))
        guests.put(connection, "1", stay, "1")
        assert [known.guest for known in guests.among(connection, {"1"})] == [stay]


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    database: Database, tmp_path: Path
) -> None:
    prepare(database, REGION)
    with pytest.raises(InterruptedError):
        prepare(database, later(tmp_path, FAULTY))
    assert seen(database) == REGION.head
    with database.read() as connection:
        names = [column["name"] for column in inspect(connection).get_columns("blob_containers")]
    assert "owner" not in names


def test_alembic_is_not_imported_where_nothing_is_to_be_migrated(tmp_path: Path) -> None:
    """In a process of its own: this one has imported it."""
    script = """
import sys
from mlestate.store.database import Database
from mlestate.store.prepare import prepare
from mlestate.store.schema import REGION
for _ in range(2):
    prepare(Database(sys.argv[1]), REGION)
print("alembic" in sys.modules)
"""
    command = [sys.executable, "-c", script, f"sqlite:///{tmp_path}/cell.db"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"


def later(folder: Path, revision: str) -> Schema:
    """A program that knows one revision more."""
    for file in REGION.folder.glob("*.py"):
        (folder / file.name).write_text(file.read_text())
    (folder / f"r{AFTER}.py").write_text(revision)
    return replace(REGION, head=AFTER, folder=folder)


def fill(database: Database) -> None:
    with database.write() as connection:
        box = add_container(connection, "acc", "box", "e", 1.0, {})
        stage = "insert into blob_staged values (:box, 'half an upload', 'b', 1, :digest, 1.0)"
        connection.execute(text(stage), {"box": box.id, "digest": b"x" * 32})


def seen(database: Database) -> str:
    with database.read() as connection:
        return str(connection.execute(select(version.c.version_num)).scalar_one())
