"""What the outbox promises, on every database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mlestate.store import outbox
from mlestate.store.database import Database
from mlestate.store.outbox import DELIVERED, SET_ASIDE, Letter, Outbox


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    database.create(outbox.metadata)
    yield database
    database.close()


def letter(event: str, key: str = "/k", webhook: str = "hub", at: float = 1.0) -> Letter:
    return Letter(
        event=event, webhook=webhook, key=key, type="t", body='{"ß": 1}', at=at, due_at=at
    )


def due(
    database: Database, now: float = 1.0, limit: int = 10, webhook: str = "hub"
) -> list[Letter]:
    with database.read() as connection:
        return Outbox(connection).due(webhook, now, limit)


def events(letters: list[Letter]) -> str:
    return " ".join(one.event for one in letters)


def test_of_one_webhook_and_key_only_the_oldest_is_due(database: Database):
    with database.write() as connection:
        some = [letter("a"), letter("b"), letter("c", "/other"), letter("d", webhook="hub-2")]
        Outbox(connection).put([*some, letter("e", "/later", at=5.0)])
    assert events(due(database)) == "a c"
    assert events(due(database, limit=1)) == "a"
    assert events(due(database, now=9.0)) == "a c e"
    assert events(due(database, webhook="hub-2")) == "d"
    (first, *_) = due(database)
    with database.write() as connection:
        Outbox(connection).again(first.seq, 7.0, "503")
    assert events(due(database)) == "c"  # `b` waits for `a`, however long
    assert due(database, now=7.0)[-1].tries == 1
    with database.write() as connection:
        Outbox(connection).end(first.seq, DELIVERED, 8.0, "204")
    assert events(due(database)) == "b c"
    assert due(database)[0].body == '{"ß": 1}'


def test_what_somebody_carries_is_left_out_and_what_comes_after_it_waits(database: Database):
    with database.write() as connection:
        Outbox(connection).put([letter("a"), letter("b"), letter("c", "/other")])
    (first, _) = due(database)
    with database.read() as connection:
        assert events(Outbox(connection).due("hub", 1.0, 10, [first.seq])) == "c"


def test_those_are_known_for_which_something_waits(database: Database):
    with database.write() as connection:
        box = Outbox(connection)
        assert box.webhooks() == []
        for name in ("c", "a", "b", "a"):
            box.put([letter(name, webhook=name, at=9.0)])
        assert box.webhooks() == ["a", "b", "c"]
        for one in box.due("b", 9.0, 10):
            box.end(one.seq, DELIVERED, 9.0, "204")
        assert box.webhooks() == ["a", "c"]


def test_a_list_goes_on_behind_a_letter(database: Database):
    with database.write() as connection:
        box = Outbox(connection)
        box.put([letter(event, f"/{event}") for event in "abc"])
        (newest, second) = box.list("hub", 2)
        assert events([newest, second]) == "c b"
        assert events(box.list("hub", 2, second.seq)) == "a"


def test_what_is_rolled_back_is_not_there(database: Database):
    def fail() -> None:
        with database.write() as connection:
            Outbox(connection).put([letter("a")])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert due(database) == []


def test_what_was_set_aside_is_told_again_and_forgotten(database: Database):
    with database.write() as connection:
        box = Outbox(connection)
        box.put([letter("a"), letter("b", "/b"), letter("c", "/c", "other")])
        for one in (*box.due("hub", 1.0, 10), *box.due("other", 1.0, 10)):
            box.end(one.seq, DELIVERED if one.event == "b" else SET_ASIDE, 2.0, "x")
        assert box.redeliver("hub", "", 3.0) == 1
        assert events(box.due("hub", 3.0, 10)) == "a"
        assert box.redeliver("hub", "b", 3.0) == 1
        assert box.redeliver("hub", "none", 3.0) == 0
        assert events(box.due("hub", 3.0, 10)) == "a b"
        assert [one.event for one in box.list("hub", 10)] == ["b", "a"]
        assert box.forget(9.0) == 1
        box.drop("hub")
        assert box.list("hub", 10) == []
