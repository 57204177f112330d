"""What the store promises of resources, on every database."""

from collections.abc import Iterator

import pytest

from mlestate.core import ids
from mlestate.core.errors import Stale
from mlestate.core.resource import Resource, Stamp
from mlestate.store import resources
from mlestate.store.database import Database
from mlestate.store.resources import Condition, Query, Resources

GROUP = "/subscriptions/s/resourceGroups/rg"
KIND = "Ml/workspaces"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    database.create(resources.metadata)
    yield database
    database.close()


def a_resource(path: str, at: float = 1.0, **properties: object) -> Resource:
    stamp = Stamp("ana", "User", at)
    document = {"location": "here", "properties": properties}
    return Resource(id=ids.parse(path), document=document, created=stamp, modified=stamp)


def workspace(name: str, **properties: object) -> Resource:
    return a_resource(f"{GROUP}/providers/{KIND}/{name}", **properties)


def listed(database: Database, **query: object) -> list[str]:
    """As the store lists them; what is in memory is held to the same."""
    wanted = Query(type=KIND, **query)
    with database.read() as connection:
        store = Resources(connection)
        found = store.list(wanted)
        every = store.list(Query(type=KIND, limit=10_000))
    met = {each.id.key for each in every if wanted.met(each)}
    if len(met) <= wanted.limit:
        assert met == {each.id.key for each in found}
    return [each.name for each in found]


def save(database: Database, *rows: Resource) -> None:
    with database.write() as connection:
        for row in rows:
            Resources(connection).save(row, "e1")


def test_what_is_saved_is_loaded_whatever_the_case_of_its_id(database: Database):
    row = workspace("W", nested={"a": [1, 2.5, None, "ß"]}, big=2**53 + 1)
    save(database, row)
    with database.read() as connection:
        loaded = Resources(connection).load(ids.parse(str(row.id).upper()).key)
    assert loaded is not None
    assert (loaded.document, str(loaded.id)) == (row.document, str(row.id))


def test_keys_of_a_document_keep_their_order(database: Database):
    row = workspace("w", zebra=1, apple=2, mango=3)
    save(database, row)
    with database.read() as connection:
        loaded = Resources(connection).load(row.id.key)
    assert loaded is not None
    assert list(loaded.properties) == ["zebra", "apple", "mango"]


def test_a_stale_etag_writes_nothing(database: Database):
    save(database, workspace("w", n=1))
    with database.write() as connection:
        Resources(connection).save(workspace("w", n=2), "e2", if_match="e1")
    with pytest.raises(Stale), database.write() as connection:
        Resources(connection).save(workspace("w", n=3), "e3", if_match="e1")
    with database.read() as connection:
        loaded = Resources(connection).load(workspace("w").id.key)
    assert loaded is not None
    assert (loaded.properties, loaded.etag) == ({"n": 2}, "e2")


def test_a_failed_block_is_undone_whole(database: Database):
    def fail_half_way() -> None:
        with database.write() as connection:
            Resources(connection).save(workspace("w"), "e1")
            raise KeyError("half way")

    with pytest.raises(KeyError):
        fail_half_way()
    assert listed(database) == []


def test_a_scope_is_not_a_prefix(database: Database):
    """`ws` must not take in `ws-2`, nor `ws.3`, which sort between it and its children."""
    save(database, *(workspace(n) for n in ("ws", "ws-2", "ws.3", "ws0")))
    save(database, a_resource(f"{GROUP}/providers/{KIND}/ws/jobs/j"))
    key = workspace("ws").id.key
    assert listed(database, under=key) == ["ws"]
    assert listed(database, scopes=[key]) == ["ws"]
    with database.write() as connection:
        assert Resources(connection).drop_tree(key) == 2
    assert listed(database) == ["ws-2", "ws.3", "ws0"]


def test_a_list_shows_what_lies_under_the_scopes(database: Database):
    save(database, *(workspace(f"w{i}") for i in range(6)))
    allowed = [workspace("w1").id.key, workspace("w4").id.key]
    assert listed(database, scopes=allowed) == ["w1", "w4"]
    assert listed(database, scopes=[]) == []
    assert listed(database, scopes=[GROUP.lower()]) == [f"w{i}" for i in range(6)]


def test_a_thousand_scopes_are_one_query(database: Database):
    save(database, *(workspace(f"w{i:04}") for i in range(50)))
    scopes = [workspace(f"w{i:04}").id.key for i in range(0, 2000, 2)]
    assert listed(database, scopes=scopes, limit=1000) == [f"w{i:04}" for i in range(0, 50, 2)]


@pytest.mark.parametrize("newest_first", [False, True])
def test_pages_meet_without_gap_or_overlap(database: Database, newest_first: bool):
    rows = [a_resource(f"{GROUP}/providers/{KIND}/w{i:02}", at=i // 3) for i in range(20)]
    save(database, *rows)
    seen: list[str] = []
    after: tuple[float, str] | None = None
    while True:
        with database.read() as connection:
            page = Resources(connection).list(
                Query(type=KIND, newest_first=newest_first, after=after, limit=7)
            )
        seen += [r.name for r in page]
        if len(page) < 7:
            break
        after = (page[-1].created.at, page[-1].id.key)
    assert seen == [r.name for r in (reversed(rows) if newest_first else rows)]


def test_a_property_filters(database: Database):
    save(
        database,
        workspace("a", archived=True, tag={"x": "1"}),
        workspace("b", archived=False, tag={"x": "2"}),
        workspace("c"),
    )
    archived, x = ("properties", "archived"), ("properties", "tag", "x")
    assert listed(database, where=(Condition(archived, (True,)),)) == ["a"]
    assert listed(database, where=(Condition(archived, (False,)),)) == ["b"]
    assert listed(database, where=(Condition(archived),)) == ["a", "b"]
    assert listed(database, where=(Condition(x, ("2", "3")),)) == ["b"]
    assert listed(database, where=(Condition((), ("C",)),)) == ["c"]
    assert listed(database, where=(Condition(("location",), ("HERE",)),)) == ["a", "b", "c"]


def test_who_is_named_in_a_row_is_listed_it_wherever_it_is(database: Database):
    save(
        database,
        workspace("a", parties=["ana", "leads"]),
        workspace("b", parties=["ben"]),
        workspace("c"),
        workspace("d", parties=[]),
    )
    mine = frozenset({"ana", "nobody"})
    assert listed(database, scopes=[], concerning=mine) == ["a"]
    inside = [f"{GROUP}/providers/{KIND}/c".lower()]
    assert listed(database, scopes=inside, concerning=frozenset({"ben"})) == ["b", "c"]
    assert listed(database, scopes=[], concerning=frozenset({"an", "lead"})) == []
    assert listed(database, scopes=None, concerning=mine) == ["a", "b", "c", "d"]


def test_secrets_go_with_their_resource(database: Database):
    row = workspace("w")
    save(database, row)
    with database.write() as connection:
        Resources(connection).save_secret(row.id.key, {"key": "k"})
    with database.read() as connection:
        assert Resources(connection).secret(row.id.key) == {"key": "k"}
    with database.write() as connection:
        Resources(connection).drop_tree(row.id.key)
        assert Resources(connection).secret(row.id.key) is None


ODD_KEYS = ('a"b', "a,b", "{a}", "a\\b", "a'b", "a b", " a ", "$", "é", "%", "0", "a.b[0]")


def test_a_word_of_a_map_may_have_anything_in_it(database: Database):
    save(database, workspace("w", tags=dict.fromkeys(ODD_KEYS, "Yes")), workspace("none", tags={}))
    for key in ODD_KEYS:
        path = ("properties", "tags", key)
        assert listed(database, where=(Condition(path, ("yes",)),)) == ["w"], key
        assert listed(database, where=(Condition(path),)) == ["w"], key
        assert listed(database, where=(Condition(path, ("no",)),)) == [], key
