"""What the search index promises, on every database, against the same in plain Python."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy.exc import DBAPIError

from mlestate.core.errors import Unavailable
from mlestate.core.finding import token
from mlestate.core.finding.ask import Ask, Order
from mlestate.core.finding.entry import Entry, labels, searched_text
from mlestate.core.finding.fields import FIELDS
from mlestate.core.finding.parse import parse
from mlestate.core.finding.places import Place
from mlestate.core.finding.tree import ANYTHING, Every, Not, Some, Test, Tree
from mlestate.store.database import Database
from mlestate.store.search import reading, tables, writing
from mlestate.store.search.codes import Codes
from mlestate.store.search.conditions import Scene
from mlestate.store.search.reading import Allowed, Found, Hit, Search
from mlestate.store.search.session import OnConnection
from tests import finding
from tests.finding import Row

KINDS = ("model", "data", "job")
NAMES = ("fraud", "Fraud", "churn", "a%b", "a*b", "[x]", "ä_ö", "fraud-2")
VALUES = ("qa", "QA", "prod", "", "q_a")
FACETS = ("kind", "status", "type", "createdBy", "workspace", "environment", "tags.stage")
FACETS += ("name", "latest", "archived", "experiment")
PLACES = [
    Place(
        number=0,
        key=f"/subscriptions/s/resourcegroups/rg-{name}/providers/ml/workspaces/{name}",
        id=f"/subscriptions/s/resourceGroups/rg-{name}/providers/Ml/workspaces/{name}",
        guid=f"guid-{name}",
        region="west",
        tags={"environment": environment},
    )
    for name, environment in (("red", "dev"), ("red-2", "prod"), ("blue", "prod"))
]

texts = st.sampled_from(NAMES)
tag_sets = st.dictionaries(st.sampled_from(("stage", "owner")), st.sampled_from(VALUES))


@st.composite
def things(draw: st.DrawFn) -> tuple[int, Entry]:
    name, tags = draw(texts), labels(draw(tag_sets).items())
    number = draw(st.integers(0, 12))
    return draw(st.integers(0, 2)), Entry(
        place="",
        tail=f"/things/{number}",
        kind=draw(st.sampled_from(KINDS)),
        name=name,
        version=draw(st.sampled_from(("", "1", "2"))),
        status=draw(st.sampled_from(("Completed", "Failed", ""))),
        type=draw(st.sampled_from(("Command", ""))),
        author=draw(st.sampled_from(("ana", "Bo"))),
        editor=draw(st.sampled_from(("ana", "Bo"))),
        experiment=draw(st.sampled_from(("", "lab"))),
        created=float(draw(st.integers(0, 3))),
        modified=float(draw(st.integers(0, 3))),
        archived=draw(st.booleans()),
        tags=tags,
        text=searched_text(name, "of november", tags),
    )


@st.composite
def single(draw: st.DrawFn) -> Test:
    field = FIELDS[draw(st.sampled_from(sorted(FIELDS)))]
    if field.name in ("params", "metrics"):
        return Test(field.name, draw(st.sampled_from(("IS NULL", "IS NOT NULL"))), key="k")
    if field.name in ("created", "modified"):
        op = draw(st.sampled_from(("=", "!=", "<", "<=", ">", ">=")))
        return Test(field.name, op, float(draw(st.integers(0, 3))))
    if field.name in ("archived", "latest"):
        return Test(field.name, draw(st.sampled_from(("=", "!="))), draw(st.booleans()))
    key = draw(st.sampled_from(("stage", "owner", "none"))) if field.is_map else ""
    if field.name == "workspaceTags":
        key = draw(st.sampled_from(("environment", "none")))
    if key and draw(st.booleans()):
        return Test(field.name, draw(st.sampled_from(("IS NULL", "IS NOT NULL"))), key=key)
    words = (*NAMES, *VALUES, *KINDS, "red", "prod", "west", "ana", "COMPLETED", "f%", "%a_", "_")
    op = draw(st.sampled_from(("=", "!=", "<", ">=", "LIKE", "NOT LIKE", "ILIKE", "IN", "NOT IN")))
    if op.endswith("IN"):
        return Test(field.name, op, tuple(draw(st.lists(st.sampled_from(words), min_size=1))), key)
    return Test(field.name, op, draw(st.sampled_from(words)), key)


trees: st.SearchStrategy[Tree] = st.recursive(
    single(),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: Every(tuple(parts))),
        st.lists(inner, max_size=3).map(lambda parts: Some(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=5,
)
orders = st.builds(Order, st.sampled_from(("created", "modified", "name")), st.booleans())
asks = st.builds(
    Ask,
    tree=trees,
    words=st.sampled_from(((), ("fraud",), ("november", "qa"), ("%",))),
    order=orders,
    facets=st.just(FACETS),
    shown=st.sampled_from(("active", "archived", "all")),
    limit=st.integers(1, 5),
)


class Index:
    """A database with an index, written to in one transaction after the other."""

    def __init__(self, database: Database):
        self.database = database
        database.create(tables.metadata)

    @contextmanager
    def writing(self) -> Iterator[OnConnection]:
        with self.database.write() as connection:
            yield OnConnection(connection)

    def fill(self, rows: list[tuple[int, Entry]]) -> list[Row]:
        """What is there afterwards: of two in one place with one tail, the later."""
        with self.writing() as session:
            writing.drop(session, "/subscriptions/s")
            codes = Codes()
            for place in PLACES:
                writing.keep_place(session, place.key, place.id, place.guid, place.tags)
            placed = {place.key: place for place in reading.places(session, "west")}
            kept: dict[tuple[int, str], Row] = {}
            for index, entry in rows:
                place = placed[PLACES[index].key]
                writing.keep(session, codes, replace(entry, place=place.key))
                kept[place.number, entry.tail] = Row(entry, place)
        return list(kept.values())

    def find(self, ask: Ask, rules: list[Allowed] | None = None, source: str = "west/a") -> Found:
        with self.database.read() as connection:
            session = OnConnection(connection)
            places = reading.places(session, "west")
            whole = [Allowed(KINDS, frozenset(place.number for place in places))]
            scene = Scene(session.is_sqlite, {place.number: place for place in places})
            after = ask.after.place if ask.after else ""
            number = next((place.number for place in places if place.key == after), 0)
            return reading.find(session, Search(ask, scene, rules or whole, KINDS, source, number))


@pytest.fixture
def index(database_url: str) -> Iterator[Index]:
    database = Database(database_url)
    yield Index(database)
    database.close()


def named(hits: list[Hit]) -> list[tuple[int, str]]:
    return [(hit.place, hit.tail) for hit in hits]


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=st.lists(things(), max_size=25), ask=asks)
@example(rows=[], ask=Ask(facets=FACETS))
def test_what_sql_finds_and_counts_is_what_the_words_mean(
    index: Index, rows: list[tuple[int, Entry]], ask: Ask
):
    there = index.fill(rows)
    expected = finding.found(there, ask)
    got = index.find(ask)
    assert got.total == len(expected)
    first = [(row.place.number, row.entry.tail) for row in expected[: ask.limit + 1]]
    assert named(got.hits) == first
    places = {row.place.number: row.place for row in there}
    for facet in FACETS:
        counts: dict[str, int] = {}
        for value, count in got.counts[facet].items():
            said = places[value].said(facet) if isinstance(value, int) else value
            if said:
                counts[said] = counts.get(said, 0) + count
        assert counts == finding.counted(expected, facet), facet


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=st.lists(things(), max_size=25), order=orders, limit=st.integers(1, 4))
def test_pages_meet_without_gap_or_overlap(
    index: Index, rows: list[tuple[int, Entry]], order: Order, limit: int
):
    there = index.fill(rows)
    ask = Ask(order=order, limit=limit, shown="all")
    seen: list[tuple[int, str]] = []
    while True:
        hits = index.find(ask).hits
        seen += named(hits[:limit])
        if len(hits) <= limit:
            break
        last = hits[limit - 1]
        place = next(row.place.key for row in there if row.place.number == last.place)
        after = token.After(str(order), last.value, "west/a", place, last.tail)
        read = token.read(token.write(after), str(order))
        ask = Ask(order=order, limit=limit, shown="all", after=read)
    whole = finding.found(there, Ask(order=order, shown="all"))
    assert seen == [(row.place.number, row.entry.tail) for row in whole]


def a_thing(tail: str, place: Place = PLACES[0], **said: object) -> Entry:
    given: dict[str, object] = {"kind": "model", "name": "fraud", "created": 1.0, "modified": 1.0}
    return Entry(place=place.key, tail=tail, **(given | said))  # type: ignore[arg-type]


def keep(index: Index, *entries: Entry) -> None:
    with index.writing() as session:
        for place in PLACES:
            writing.keep_place(session, place.key, place.id, place.guid, place.tags)
        for entry in entries:
            writing.keep(session, Codes(), entry)


def tails(index: Index, filter: str = "", **said: object) -> list[str]:
    ask = Ask(tree=parse(filter, 0.0) if filter else ANYTHING, **said)  # type: ignore[arg-type]
    return [hit.tail for hit in index.find(ask).hits]


def test_a_source_goes_on_where_another_ended_among_equals(index: Index):
    keep(index, *(a_thing(f"/t/{n}") for n in range(3)))
    after = token.After("created desc", 1.0, "west/m", PLACES[0].key, "/t/1")
    ask = Ask(after=after)
    assert len(index.find(ask, source="west/a").hits) == 0
    assert len(index.find(ask, source="west/m").hits) == 1
    assert len(index.find(ask, source="west/z").hits) == 3


def test_a_container_is_found_only_while_it_has_no_version(index: Index):
    container = a_thing("/models/m", head="")
    keep(index, container)
    assert tails(index) == ["/models/m"]
    keep(index, a_thing("/models/m/versions/1", version="1"), a_thing("/models/m", head="1"))
    assert tails(index) == ["/models/m/versions/1"]
    assert tails(index, "latest = true") == ["/models/m/versions/1"]
    two = a_thing("/models/m/versions/b", version="B", created=2.0)
    keep(index, two, a_thing("/models/m", head="B"))
    assert tails(index, "latest = true") == ["/models/m/versions/b"]
    assert tails(index, "latest = false") == ["/models/m/versions/1"]


def drop(index: Index, tail: str) -> None:
    with index.writing() as session:
        writing.drop(session, PLACES[0].key + tail)


def test_where_the_latest_version_goes_the_newest_of_the_rest_is_it(index: Index):
    versions = [a_thing(f"/models/m/versions/{n}", version=str(n), created=n) for n in (1, 2, 3)]
    keep(index, *versions, a_thing("/models/m", head="3"))
    drop(index, "/models/m/versions/3")
    assert tails(index, "latest = true") == ["/models/m/versions/2"]
    # Its container still says what it said.
    keep(index, a_thing("/models/m", head="3"))
    assert tails(index, "latest = true") == ["/models/m/versions/2"]
    drop(index, "/models/m/versions/1")
    drop(index, "/models/m/versions/2")
    assert tails(index) == ["/models/m"]


def test_what_is_dropped_takes_what_is_below_it_and_nothing_beside_it(index: Index):
    keep(
        index,
        *(a_thing(f"/t/{name}") for name in ("a", "a-2", "a/b", "a.c")),
        a_thing("/t/a", PLACES[1]),
    )
    drop(index, "/t/a")
    assert sorted(tails(index)) == ["/t/a", "/t/a-2", "/t/a.c"]
    with index.writing() as session:
        writing.drop(session, PLACES[0].key)
        assert [place.key for place in reading.places(session, "")] == [
            PLACES[1].key,
            PLACES[2].key,
        ]
    assert tails(index) == ["/t/a"]
    with index.writing() as session:
        writing.drop(session, "/subscriptions/s/resourcegroups/rg-red-2")
    assert tails(index) == []


def test_tags_that_nobody_has_any_more_are_forgotten(index: Index):
    same = {"stage": "qa", "owner": "x"}
    keep(index, a_thing("/t/1", tags=same), a_thing("/t/2", tags=same), a_thing("/t/3"))
    assert sets(index) == (1, 2)
    keep(index, a_thing("/t/1", tags={"stage": "prod"}))
    assert sets(index) == (2, 3)
    drop(index, "/t/2")
    assert sets(index) == (1, 1)
    drop(index, "")
    assert sets(index) == (0, 0)


def sets(index: Index) -> tuple[int, int]:
    with index.writing() as session:
        return tuple(  # type: ignore[return-value]
            session.rows(f"SELECT count(*) FROM {table}")[0][0]
            for table in ("search_tag_sets", "search_tags")
        )


def test_rules_are_held_kind_by_kind_and_place_by_place(index: Index):
    keep(
        index,
        *(a_thing(f"/t/{kind}", place, kind=kind) for place in PLACES for kind in KINDS),
        a_thing("/t/model/versions/1"),
    )
    with index.writing() as session:
        numbers = reading.numbers(session)
    red, red_2, blue = (numbers[place.key] for place in PLACES)
    rules = [
        Allowed(("model",), frozenset((red_2,)), ((red, "/t/model/versions"),)),
        Allowed(("data", "job"), frozenset((blue,))),
    ]
    got = index.find(Ask(facets=("kind", "workspace"), shown="all"), rules)
    assert sorted(named(got.hits)) == sorted(
        [
            (red, "/t/model/versions/1"),
            (red_2, "/t/model"),
            (blue, "/t/data"),
            (blue, "/t/job"),
        ]
    )
    assert got.total == 4
    assert got.counts["kind"] == {"model": 2, "data": 1, "job": 1}
    assert got.counts["workspace"] == {red: 1, red_2: 1, blue: 2}


def test_one_rule_for_some_kinds_leaves_the_others_out(index: Index):
    keep(index, *(a_thing(f"/t/{kind}", kind=kind) for kind in KINDS))
    with index.writing() as session:
        red = reading.numbers(session)[PLACES[0].key]
    got = index.find(Ask(facets=("kind",)), [Allowed(("model",), frozenset((red,)))])
    assert [hit.tail for hit in got.hits] == ["/t/model"]
    assert (got.total, got.counts["kind"]) == (1, {"model": 1})


def test_a_database_that_refuses_says_so_as_it_does_to_others(index: Index):
    """Whoever asks is told `Unavailable` where it is away, because it is known by its class."""
    with (
        pytest.raises((DBAPIError, Unavailable)),
        index.database.read() as connection,
    ):
        OnConnection(connection).rows("SELECT 1 FROM nowhere")


def test_a_write_that_is_undone_leaves_no_trace(index: Index):
    codes = Codes()

    def fail() -> None:
        with index.writing() as session:
            for place in PLACES:
                writing.keep_place(session, place.key, place.id, place.guid, {})
            writing.keep(session, codes, a_thing("/t/1", status="Unheard", tags={"a": "b"}))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    codes.forget()
    keep(index, a_thing("/t/2", status="Completed"))
    assert tails(index, "status = 'unheard' or status = 'completed'") == ["/t/2"]
