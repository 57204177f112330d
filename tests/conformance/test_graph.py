"""What the store finds for the resource graph, on every database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from mlestate.core import ids
from mlestate.core.resource import Resource, Stamp
from mlestate.store import resources
from mlestate.store.database import Database
from mlestate.store.graph import Sought, found
from mlestate.store.resources import Resources

KIND, OTHER = "ml/workspaces", "ml/workspaces/jobs"
STAMP = Stamp("ana", "User", 1.0)
IDS = [
    "/subscriptions/s1/resourceGroups/g_1/providers/Ml/workspaces/w",
    "/subscriptions/s1/resourceGroups/g_1/providers/Ml/workspaces/w-2",
    "/subscriptions/s1/resourceGroups/g_1/providers/Ml/workspaces/w/jobs/j",
    "/subscriptions/s1/resourceGroups/gx1/providers/Ml/workspaces/x",
    "/subscriptions/s10/resourceGroups/g/providers/Ml/workspaces/y",
    "/providers/Ml/workspaces/z",
]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    database.create(resources.metadata)
    with database.write() as connection:
        for number, id in enumerate(IDS):
            document = {"properties": {"n": number, "ß": None}}
            made = Resource(id=ids.parse(id), document=document, created=STAMP, modified=STAMP)
            Resources(connection).save(made, "e")
    yield database
    database.close()


@pytest.mark.parametrize(
    ("sought", "wanted"),
    [
        ({}, "w w-2 x y z"),
        ({"types": [KIND, OTHER]}, "j w w-2 x y z"),
        ({"types": []}, ""),
        ({"scopes": []}, ""),
        ({"scopes": ["/subscriptions/s1"]}, "w w-2 x"),
        ({"scopes": [IDS[0].lower()]}, "w"),
        ({"scopes": [IDS[0].lower()], "types": [KIND, OTHER]}, "j w"),
        ({"scopes": [IDS[3].lower(), IDS[4].lower(), "/subscriptions/none"]}, "x y"),
        ({"groups": ["g_1"]}, "w w-2"),
        ({"groups": ["g_1", "g"]}, "w w-2 y"),
        ({"groups": []}, ""),
        ({"subscriptions": ["s1"]}, "w w-2 x"),
        ({"within": ["s1"]}, "w w-2 x z"),
        ({"within": ["s10"], "scopes": ["/subscriptions/s1"]}, ""),
        ({"ids": [IDS[1].lower(), "/none"]}, "w-2"),
    ],
)
def test_what_is_found(database: Database, sought: dict[str, Any], wanted: str):
    asked = Sought(**{"types": [KIND], "scopes": None, **sought})
    with database.read() as connection:
        rows = list(found(connection, asked))
        bare = list(found(connection, msgspec.structs.replace(asked, documents=False)))
    assert sorted(row.key.rpartition("/")[2] for row in rows) == sorted(wanted.split())
    keys = [row.key for row in rows]
    assert keys == sorted(keys) == [row.key for row in bare]
    for row in rows:
        said = msgspec.json.decode(row.document)
        assert said == {"properties": {"n": IDS.index(row.id), "ß": None}}
