"""What a journal took is in the log once, whenever the process is killed, on every database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from mlestate.core import activity
from mlestate.core.activity import By, Event
from mlestate.core.errors import Unavailable
from mlestate.store.activity import events, metadata
from mlestate.store.activity.journal import Journal
from mlestate.store.activity.marks import JOURNAL, Mark, keep
from mlestate.store.database import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    database.create(metadata)
    yield database
    database.close()


def a_read(who: str = "kim", at: float = 1.0, size: int = 10) -> Event:
    return activity.event(By(who, who), at, "x/read", "/a/b", requests=1, size=size)


def logged(database: Database) -> list[tuple[str, int, int]]:
    with database.read() as connection:
        found = [(each.name, each.known) for each in events(connection)]
    return [(name, known.requests, known.size) for name, known in reversed(found)]


def test_of_many_alike_there_is_one_event(database: Database, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", database)
    for _ in range(3):
        journal.add(a_read())
    journal.add(a_read("lee"), sync=True)
    assert logged(database) == []
    journal.flush()
    assert logged(database) == [("kim", 3, 30), ("lee", 1, 10)]
    assert list((tmp_path / "j").iterdir()) == []


def test_what_a_killed_process_left_is_moved_by_the_next(
    database: Database, tmp_path: Path
) -> None:
    Journal(tmp_path, database).add(a_read())
    [file] = tmp_path.glob("*.jsonl")
    file.write_bytes(file.read_bytes() + b'{"at": 1.0, "princ')
    following = Journal(tmp_path, database)
    following.add(a_read("lee"))
    following.flush()
    assert [name for name, *_ in logged(database)] == ["kim", "lee"]


def test_what_is_not_its_own_is_left_where_it_is(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "j"
    Journal(folder, database).add(a_read())
    for name in ("x.jsonl", "7.jsonl", "notes.txt"):
        (folder / name).write_text("not an event\n")
    (folder / "000000000009.jsonl").mkdir()
    with structlog.testing.capture_logs() as said:
        Journal(folder, database).flush()
    assert [name for name, *_ in logged(database)] == ["kim"]
    assert len(said) == len(list(folder.iterdir())) == 4


def test_a_file_with_a_line_that_is_no_text_is_taken_in_without_it(
    database: Database, tmp_path: Path
) -> None:
    Journal(tmp_path, database).add(a_read())
    [file] = tmp_path.glob("*.jsonl")
    file.write_bytes(b'{"at": 1.0, "principal": "\xff"}\n' + file.read_bytes())
    Journal(tmp_path, database).flush()
    assert [name for name, *_ in logged(database)] == ["kim"]


def test_a_database_that_says_it_has_taken_it_in_is_not_believed(
    database: Database, tmp_path: Path
) -> None:
    Journal(tmp_path, database).add(a_read())
    with database.write() as connection:
        keep(connection, Mark(JOURNAL, "", 10**6, "", 1.0, "0" * 64))
    Journal(tmp_path, database).flush()
    assert [name for name, *_ in logged(database)] == ["kim"]


def test_a_kill_between_the_log_and_the_file_tells_nothing_twice(
    database: Database, tmp_path: Path
) -> None:
    journal = Journal(tmp_path, database)
    journal.add(a_read())
    [file] = tmp_path.glob("*.jsonl")
    line = file.read_bytes()
    journal.flush()
    file.write_bytes(line)
    following = Journal(tmp_path, database)
    following.flush()
    following.add(a_read("lee"))
    following.flush()
    assert [name for name, *_ in logged(database)] == ["kim", "lee"]


def test_it_stays_while_the_database_is_away(tmp_path: Path) -> None:
    file = tmp_path / "gone.db"
    database = Database(f"sqlite:///{file}")
    database.create(metadata)
    journal = Journal(tmp_path / "j", database)
    journal.add(a_read())
    with database.write() as connection:
        connection.exec_driver_sql("alter table activity rename to away")
    with pytest.raises(Unavailable):
        journal.flush()
    journal.add(a_read("lee"))
    with database.write() as connection:
        connection.exec_driver_sql("alter table away rename to activity")
    journal.flush()
    assert [name for name, *_ in logged(database)] == ["kim", "lee"]
    database.close()


def test_what_cannot_be_written_down_is_refused(database: Database, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", database)
    (tmp_path / "j").rmdir()
    with pytest.raises(Unavailable, match="the activity log cannot be written"):
        journal.add(a_read())
