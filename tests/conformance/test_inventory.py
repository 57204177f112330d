"""What a list of all resources finds and leaves out, on every database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mlestate.core import ids, odata
from mlestate.core.areas import Area
from mlestate.core.errors import Invalid
from mlestate.core.resource import Resource, Stamp
from mlestate.store import inventory, resources
from mlestate.store.database import Database
from mlestate.store.inventory import Readable, Sought
from mlestate.store.resources import Resources

SUBSCRIPTION = "/subscriptions/s"
STORAGE, VAULT = "Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults"
EVERYWHERE = (Area(frozenset({""})),)
ALL = (Readable((STORAGE.lower(), VAULT.lower()), EVERYWHERE),)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    database.create(resources.metadata)
    with database.write() as connection:
        for path, location, tags in (
            (f"a/providers/{STORAGE}/st_one", "westeurope", {"Project": "Fraud", "live": "true"}),
            (f"a/providers/{VAULT}/kv-one", "northeurope", {"project": "churn"}),
            (f"ab/providers/{STORAGE}/st%two", "westeurope", {"owner": "Fraud"}),
            (f"b/providers/{VAULT}/kv-two", "westeurope", None),
        ):
            Resources(connection).save(_row(path, location, tags), "e1")
    yield database
    database.close()


def _row(path: str, location: str, tags: dict[str, str] | None) -> Resource:
    stamp = Stamp("ana", "User", 1.0)
    document = {"location": location, "properties": {}, **({"tags": tags} if tags else {})}
    id = ids.parse(f"{SUBSCRIPTION}/resourceGroups/{path}".replace("%", "-"))
    return Resource(id=id, document=document, created=stamp, modified=stamp)


def found(database: Database, filter: str = "", **asked: object) -> list[str]:
    sought = Sought(SUBSCRIPTION, **{"readable": ALL, "where": odata.parse(filter), **asked})  # type: ignore[arg-type]
    with database.read() as connection:
        return [row.name for row in inventory.find(connection, sought)]


@pytest.mark.parametrize(
    ("filter", "wanted"),
    [
        ("", "kv-one st_one st-two kv-two"),
        (f"resourceType eq '{STORAGE.upper()}'", "st_one st-two"),
        (f"resourceType ne '{STORAGE}'", "kv-one kv-two"),
        ("resourceGroup eq 'A'", "kv-one st_one"),
        ("resourceGroup ne 'a'", "st-two kv-two"),
        ("name eq 'KV-one'", "kv-one"),
        ("location eq 'West Europe'", "st_one st-two kv-two"),
        ("tagName eq 'PROJECT'", "kv-one st_one"),
        ("tagValue eq 'Fraud'", "st_one st-two"),
        ("tagValue eq 'fraud'", ""),
        # A name and a value together are one tag's, wherever they stand in the chain.
        ("tagName eq 'project' and tagValue eq 'Fraud'", "st_one"),
        ("tagName eq 'live' and location eq 'westeurope' and tagValue eq 'Fraud'", ""),
        ("startswith(tagName, 'PRO')", "kv-one st_one"),
        ("not (tagName eq 'project')", "st-two kv-two"),
        ("name eq 'kv-two' or tagName eq 'owner'", "st-two kv-two"),
        # What means something to LIKE is itself in a name.
        ("substringof('t_o', name)", "st_one"),
        ("substringof('%', name)", ""),
        ("substringof('storage', name)", ""),
        ("substringof('TWO', name)", "st-two kv-two"),
    ],
)
def test_a_filter_finds_what_it_says(database: Database, filter: str, wanted: str):
    assert found(database, filter) == wanted.split()


@pytest.mark.parametrize(
    "filter",
    ["plan/name eq 'x'", "name gt 'x'", "startswith(name, 'x')", "atScope()", "a/any(x:x eq 'y')"],
)
def test_what_is_not_kept_cannot_be_asked(database: Database, filter: str):
    with pytest.raises(Invalid, match="means nothing"):
        found(database, filter)


def test_each_type_is_read_where_it_may_be(database: Database):
    group = f"{SUBSCRIPTION}/resourcegroups/a"
    inside = (Area(frozenset({group})),)
    readable = (Readable((STORAGE.lower(),), inside), Readable((VAULT.lower(),), EVERYWHERE))
    # The group `ab` is not below `a`.
    assert found(database, readable=readable) == ["kv-one", "st_one", "kv-two"]
    assert found(database, readable=()) == []
    assert found(database, "name eq 'kv-one' or name eq 'kv-two'", readable=readable[:1]) == []


def test_what_is_taken_or_hidden_is_left_out_of_one_area_alone(database: Database):
    groups = f"{SUBSCRIPTION}/resourcegroups"
    vault = f"{groups}/a/providers/{VAULT}/kv-one".lower()
    types = (STORAGE.lower(), VAULT.lower())
    less = Area(frozenset({SUBSCRIPTION}), frozenset({f"{groups}/b"}), frozenset({vault}))
    assert found(database, readable=(Readable(types, (less,)),)) == ["st_one", "st-two"]
    other = Area(frozenset({f"{groups}/a"}), frozenset({f"{groups}/a/providers/none"}))
    both = (Readable(types, (less, other)),)
    assert found(database, readable=both) == ["kv-one", "st_one", "st-two"]


def test_pages_go_on_behind_a_key(database: Database):
    first = f"{SUBSCRIPTION}/resourcegroups/a/providers/{STORAGE}/st_one".lower()
    assert found(database, limit=2) == ["kv-one", "st_one"]
    assert found(database, limit=2, after=first) == ["st-two", "kv-two"]


def test_tags_are_counted_where_they_may_be_read(database: Database):
    with database.read() as connection:
        every = inventory.tags(connection, Sought(SUBSCRIPTION, ALL))
        some = inventory.tags(
            connection, Sought(SUBSCRIPTION, (Readable((VAULT.lower(),), EVERYWHERE),))
        )
    assert sorted(every) == [
        ("Project", "Fraud", 1),
        ("live", "true", 1),
        ("owner", "Fraud", 1),
        ("project", "churn", 1),
    ]
    assert some == [("project", "churn", 1)]
