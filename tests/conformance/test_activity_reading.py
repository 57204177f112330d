"""Events are found as a slow and obvious search would find them, on every database."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from mlestate.core.activity import Event
from mlestate.store.activity import metadata, reading, record
from mlestate.store.activity.reading import Sought, find
from mlestate.store.database import Database

GROUPS = [f"/subscriptions/s{i}/resourcegroups/g{j}" for i in range(2) for j in range(3)]
PLACES = [
    *GROUPS,
    *(f"{group}/providers/m/w/w{n}" for group in GROUPS for n in range(2)),
    *(f"{GROUPS[0]}/providers/m/w/w0/jobs/j{n}" for n in range(4)),
    f"{GROUPS[0]}-beside/providers/m/w/w0",
    "/estate/v1/users/kim",
    "/subscriptions/s0",
]
NAMES = ("kim", "lee")
IDS = tuple(f"{digit * 8}-1111-1111-1111-111111111111" for digit in "123")
PEOPLE = ("lee", IDS[0])


@pytest.fixture
def database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    # So that of a few hundred events, too, some scopes have many.
    monkeypatch.setattr(reading, "_FEW", 20)
    monkeypatch.setattr(reading, "_MOST_SCOPES", 4)
    database = Database(database_url)
    database.create(metadata)
    yield database
    database.close()


def events(chance: random.Random) -> list[Event]:
    return [
        Event(
            at=float(chance.randrange(100)),
            principal=chance.choice(IDS),
            name=chance.choice(NAMES),
            action=chance.choice(("M.N/a/write", "m.o/b/read")),
            resource=chance.choice(PLACES),
            correlation=chance.choice(("c1", "c2")),
            status=chance.choice(("Succeeded", "Failed")),
            about=chance.choice(('{"code":403}', '{"code":409,"message":"\\"code\\":403"}')),
        )
        for _ in range(300)
    ]


def soughts(chance: random.Random) -> Iterator[Sought]:
    for _ in range(60):
        yield Sought(
            since=chance.choice((None, 20.0, 90.0)),
            until=chance.choice((None, 80.0)),
            scopes=chance.choice((None, [], *(chance.sample(PLACES, k) for k in (1, 1, 2, 7)))),
            correlation=chance.choice(("", "", "c1")),
            callers=chance.choice(((), (), *((who,) for who in PEOPLE), PEOPLE)),
            status=chance.choice(("", "", "Failed", "Denied")),
            provider=chance.choice(("", "", "m.n")),
            limit=chance.choice((1, 7, 1000)),
        )


def fits(event: Event, sought: Sought) -> bool:
    inside = sought.scopes is None or any(
        event.resource == scope or event.resource.startswith(f"{scope}/") for scope in sought.scopes
    )
    callers, denied = sought.callers, event.status == "Failed" and event.known.code == 403
    return (
        inside
        and (sought.since is None or event.at >= sought.since)
        and (sought.until is None or event.at <= sought.until)
        and sought.correlation in ("", event.correlation)
        and (not callers or bool({event.principal, event.name} & set(callers)))
        and (denied if sought.status == "Denied" else sought.status in ("", event.status))
        and event.action.lower().startswith(sought.provider)
    )


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_asked_page_after_page(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    there = events(chance)
    with database.write() as connection:
        record(connection, *there)
    numbered = sorted(enumerate(there, 1), key=lambda one: (-one[1].at, -one[0]))
    for sought in soughts(chance):
        expected = [seq for seq, event in numbered if fits(event, sought)]
        assert paged(database, sought) == expected, sought


def paged(database: Database, sought: Sought) -> list[int]:
    found: list[int] = []
    while True:
        with database.read() as connection:
            page = find(connection, "here", sought)
        found += [one.seq for one in page]
        if len(page) < sought.limit:
            return found
        after = (page[-1].event.at, "here", page[-1].seq)
        sought = Sought(
            **{n: getattr(sought, n) for n in sought.__struct_fields__} | {"after": after}
        )
