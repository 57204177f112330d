"""The tables of the search index, as a region's metadata has them.

Those of the tracking database are made by its own script, and must be alike.
"""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, MetaData, Table, Text, UniqueConstraint

from ..columns import Id, Key

# Resources too are defined on it: what is searched is written wherever they are.
metadata = MetaData()

# Top-level resources that something can be searched in, such as workspaces.
places = Table(
    "search_places",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("key", Key, nullable=False),
    Column("spelled", Text, nullable=False),  # the id as it was written
    Column("guid", Text, nullable=False),
    Column("tags", Text, nullable=False),  # JSON, keys in lower case
    UniqueConstraint("key", name="search_places_by_key"),
)
# Each word of a facet has a number, and by it a letter in a row's mark.
letters = Table(
    "search_letters",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("facet", Key, nullable=False),
    Column("text", Key, nullable=False),
    UniqueConstraint("facet", "text", name="search_letters_by_text"),
)
# Things that are tagged alike share one set of tags; it goes with the last of them.
tag_sets = Table(
    "search_tag_sets",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("digest", Key, nullable=False),
    Column("uses", Integer, nullable=False),
    UniqueConstraint("digest", name="search_tag_sets_by_digest"),
)
tags = Table(
    "search_tags",
    metadata,
    Column("tag_set", Id, primary_key=True, autoincrement=False),
    Column("key", Key, primary_key=True),
    Column("value", Key, nullable=False),
    Index("search_tags_by_value", "key", "value", "tag_set"),
    sqlite_with_rowid=False,
)
# Clustered by place: a search in one workspace reads that one's rows and no others.
search = Table(
    "search",
    metadata,
    Column("place", Id, primary_key=True, autoincrement=False),
    Column("tail", Key, primary_key=True),
    Column("number", Id, nullable=False),
    Column("kind", Id, nullable=False),
    Column("status", Id, nullable=False),
    Column("type", Id, nullable=False),
    Column("author", Id, nullable=False),
    Column("editor", Id, nullable=False),
    # 0 or 1; and 2 more for what is hidden, or shown by its versions.
    Column("archived", Integer, nullable=False),
    Column("latest", Integer, nullable=False),
    Column("created", Float, nullable=False),
    Column("modified", Float, nullable=False),
    Column("tag_set", Id, nullable=False),
    Column("mark", Text, nullable=False),
    Column("name", Key, nullable=False),
    Column("version", Key, nullable=False),
    Column("experiment", Key, nullable=False),
    Column("text", Text, nullable=False),
    sqlite_with_rowid=False,
)
