"""Whatever the world is like and whatever is asked, a query finds what somebody would who went over
all that the caller may read, one by one; and the same where all else is not there at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlestate.catalog import CATALOG
from mlestate.control.graph import Answer, Ask, FacetAsked, Graph
from mlestate.control.plane import Plane
from mlestate.core import ids
from mlestate.core.access import Caller, Grant, Permission, Rights, Role
from mlestate.core.kql.budget import Budget
from mlestate.core.kql.fault import BadQuery, TooMuch
from mlestate.core.kql.parse import parse
from mlestate.core.kql.rows import plain
from mlestate.core.kql.run import run
from mlestate.core.kql.wanted import Wanted
from mlestate.core.resource import Resource, Stamp, View
from mlestate.core.rights import Denial
from mlestate.store.cells import ESTATE, Cells
from mlestate.store.database import Database
from mlestate.store.resources import Resources

ML = "Microsoft.MachineLearningServices"
STORAGE = "Microsoft.Storage/storageAccounts"
STAMP = Stamp("ana", "User", 1_795_000_000.0, "x")
GROUPS = [f"/subscriptions/s{s}/resourceGroups/{g}" for s in "12" for g in ("g1", "g1-b")]
KINDS = {
    f"{ML}/workspaces": "{group}/providers/" + ML + "/workspaces/{name}",
    STORAGE: "{group}/providers/" + STORAGE + "/{name}",
    f"{ML}/workspaces/jobs": "{group}/providers/" + ML + "/workspaces/w1/jobs/{name}",
    "Microsoft.Resources/subscriptions/resourceGroups": "{group}",
}
REGIONS = ("north", "west")
READ_ALL = Role("1", "Reader", (Permission(actions=("*/read",)),))
READ_ML = Role("2", "Ml", (Permission(actions=(f"{ML}/workspaces/*/read",)),))
READ_JOBS = Role("3", "Jobs", (Permission(actions=(f"{ML}/workspaces/jobs/read",)),))
TABLES = {
    "Resources": (f"{ML}/workspaces", STORAGE),
    "MachineLearningResources": (f"{ML}/workspaces/jobs",),
    "ResourceContainers": ("Microsoft.Resources/subscriptions/resourceGroups",),
}

words = st.sampled_from(["a", "B", "b", "w1", "w1-b"])
resources = st.builds(
    lambda kind, group, name, stage, size, region: (kind, group, name, stage, size, region),
    st.sampled_from(sorted(KINDS)),
    st.sampled_from(GROUPS),
    words,
    st.sampled_from(["qa", "prod", None]),
    st.one_of(st.none(), st.integers(0, 3)),
    st.sampled_from(REGIONS),
)
worlds = st.lists(resources, max_size=14)
scopes = st.sampled_from(
    [
        "",
        "/subscriptions/s1",
        *GROUPS,
        f"{GROUPS[0]}/providers/{ML}/workspaces/w1",
        GROUPS[1].upper(),
    ]
)
grants = st.lists(
    st.builds(Grant, scopes, st.sampled_from([READ_ALL, READ_ML, READ_JOBS])), max_size=3
)
denials = st.lists(
    st.builds(
        lambda scope, role, inherited: Denial("/d", "d", scope, role.permissions, inherited),
        scopes.filter(bool),
        st.sampled_from([READ_ALL, READ_JOBS]),
        st.booleans(),
    ),
    max_size=2,
)
Row = dict[str, Any]
Test = tuple[str, Callable[[Row], bool]]


def stage(row: Row) -> Any:
    return (row["tags"] or {}).get("stage")


def size(row: Row) -> Any:
    return row["properties"].get("size")


# A condition, and what it means.
TESTS: list[Test] = [
    (f"type =~ '{ML}/workspaces'", lambda row: row["type"] == f"{ML}/workspaces".lower()),
    (f"type == '{ML}/workspaces'", lambda row: False),
    ("resourceGroup == 'g1'", lambda row: row["resourceGroup"] == "g1"),
    ("resourceGroup in~ ('G1-B', 'x')", lambda row: row["resourceGroup"] == "g1-b"),
    ("subscriptionId =~ 'S2'", lambda row: row["subscriptionId"] == "s2"),
    ("location == 'west'", lambda row: row["location"] == "west"),
    ("name == 'b'", lambda row: row["name"] == "b"),
    ("name =~ 'b'", lambda row: row["name"].lower() == "b"),
    ("name startswith 'w'", lambda row: row["name"].startswith("w")),
    ("tags.stage == 'qa'", lambda row: stage(row) == "qa"),
    ("tags.stage != 'qa'", lambda row: stage(row) != "qa"),
    ("isempty(tags.stage)", lambda row: stage(row) is None),
    ("properties.size > 1", lambda row: size(row) is not None and size(row) > 1),
    ("not(properties.size > 1)", lambda row: size(row) is not None and size(row) <= 1),
]
conditions: st.SearchStrategy[Test] = st.recursive(
    st.sampled_from(TESTS),
    lambda inner: st.one_of(
        st.builds(
            lambda a, b: (f"({a[0]} and {b[0]})", lambda row: a[1](row) and b[1](row)), inner, inner
        ),
        st.builds(
            lambda a, b: (f"({a[0]} or {b[0]})", lambda row: a[1](row) or b[1](row)), inner, inner
        ),
    ),
    max_leaves=4,
)


class World:
    def __init__(self, folder: Path):
        regions = {name: Database(f"sqlite:///{folder}/{name}.db") for name in REGIONS}
        self.cells = Cells(Database(f"sqlite:///{folder}/estate.db"), regions)
        self.cells.create()
        plane = Plane(CATALOG, self.cells, lambda: 0.0, lambda: "x")
        self.graph = Graph(plane, lambda: 0.0, "tenant", {})

    def fill(self, world: list[Any]) -> dict[str, Row]:
        """By id in lower case, what there is, as a row of the graph."""
        for region in (ESTATE, *REGIONS):
            with self.cells.named(region).write() as connection:
                Resources(connection).drop_tree("")
        rows: dict[str, Row] = {}
        for kind, group, name, stage, size, region in world:
            id = ids.parse(KINDS[kind].format(group=group, name=name))
            if id.key in rows:
                continue
            tags = {"stage": stage} if stage else None
            properties = {} if size is None else {"size": size}
            location = {} if kind.endswith("jobs") else {"location": region}
            document = {"properties": properties, "tags": tags, **location}
            found = Resource(id=id, document=document, created=STAMP, modified=STAMP)
            cell = ESTATE if kind.endswith("resourceGroups") else region
            with self.cells.named(cell).write() as connection:
                Resources(connection).save(found, "e")
            rows[id.key] = {
                "id": str(id),
                "name": id.name,
                "type": kind.lower(),
                "resourceGroup": id.group.lower(),
                "subscriptionId": id.subscription,
                "location": region,
                "tags": tags,
                "properties": properties,
                "action": f"{kind}/read",
            }
        return rows

    def ask(self, caller: Caller, query: str) -> Answer:
        facets = (FacetAsked(expression="type", top=1000), FacetAsked(expression="name", top=1000))
        return self.graph.query(caller, Ask(query=query, facets=facets), View())


@contextmanager
def a_world() -> Iterator[World]:
    with TemporaryDirectory() as folder:
        world = World(Path(folder))
        yield world
        world.cells.close()


def test_a_query_finds_what_going_over_all_would_find():
    with a_world() as world:
        held = HealthCheck.too_slow

        @settings(max_examples=120, deadline=None, suppress_health_check=[held])
        @given(worlds, grants, denials, st.sampled_from(sorted(TABLES)), conditions)
        def hold(
            filled: list[Any],
            given: list[Grant],
            denied: list[Denial],
            table: str,
            condition: Test,
        ) -> None:
            rows = world.fill(filled)
            caller = Caller("1", "ana", "User", Rights(given, denials=denied))
            types = [kind.lower() for kind in TABLES[table]]
            mine = [
                row
                for row in rows.values()
                if row["type"] in types and caller.rights.allows(row["action"], row["id"])
            ]
            text, passes = condition
            wanted = [row for row in mine if passes(row)]
            _same(world, caller, f"{table} | where {text}", wanted)
            # Of what may not be read, not even that it is there.
            before = world.ask(caller, f"{table} | where {text}")
            unread = {row["id"] for row in rows.values()} - {row["id"] for row in mine}
            world.fill([one for one in filled if _id(one) not in unread])
            assert world.ask(caller, f"{table} | where {text}") == before

        hold()


WORDS = """
| where extend project summarize by order sort asc count() ( ) [ ] . , == =~ != < in has and or
not( 'a' "b" 1 2.5 7d true name tags properties Resources union join on kind = $left $right
mv-expand top take distinct datetime( dynamic( null [1] .. between matches regex '(' bin( arg_max(
* make_set( - / % ago( strcat( case( iff( // @'x' \\ ; ! ~ limit to typeof
"""
TOKENS = WORDS.split()


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=14), st.text(max_size=12))
def test_whatever_is_written_is_answered_or_refused(tokens: list[str], odd: str):
    columns = ("name", "tags", "properties")

    class Tables:
        def columns(self, table: str) -> tuple[str, ...]:
            return columns

        def rows(self, table: str, wanted: Wanted) -> list[Any]:
            return [plain({"name": "a", "tags": {"b": [1, None]}, "properties": None})]

    for query in (" ".join(tokens), f"Resources | where {' '.join(tokens)}{odd}"):
        with suppress(BadQuery, TooMuch):
            tree = parse(query, ("Resources",), "Resources")
            found = run(tree, query, Tables(), datetime.now(UTC), Budget(lambda: 0.0))
            for row in found.each:
                assert all(name in row for name in found.columns)


def _id(one: Any) -> str:
    kind, group, name, *_ = one
    return str(ids.parse(KINDS[kind].format(group=group, name=name)))


def _same(world: World, caller: Caller, query: str, wanted: list[Row]) -> None:
    found = world.ask(caller, f"{query} | project id, name, location, tags")
    said = [(row["id"], row["name"], row["location"], row["tags"]) for row in wanted]
    assert sorted(map(tuple, found.rows), key=str) == sorted(said, key=str)
    assert found.total == len(wanted)
    by_type = world.ask(caller, f"{query} | summarize count(), max(properties.size) by type")
    counted: dict[str, list[Any]] = {}
    for row in wanted:
        counted.setdefault(row["type"], []).append(size(row))
    assert {row[0]: (row[1], row[2]) for row in by_type.rows} == {
        kind: (len(some), max((one for one in some if one is not None), default=None))
        for kind, some in counted.items()
    }
    ordered = world.ask(caller, f"{query} | top 3 by id asc | project id").rows
    assert [row[0] for row in ordered] == sorted(row["id"] for row in wanted)[:3]
    distinct = world.ask(caller, f"{query} | distinct name | count").rows
    assert distinct == [[len({row["name"] for row in wanted})]]
    facets = world.ask(caller, query).facets
    assert {row[0]: row[1] for row in facets[0].rows} == {k: len(v) for k, v in counted.items()}
