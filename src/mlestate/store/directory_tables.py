"""The tables of the directory: which region holds a resource, and which names are taken."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, MetaData, Table, Text

from .columns import Key

metadata = MetaData()
directory = Table(
    "directory",
    metadata,
    Column("key", Key, primary_key=True),  # a top-level resource's id in lower case
    Column("region", Text, nullable=False),
    Column("reserved_at", Float, nullable=False),
)
names = Table(
    "names",
    metadata,
    Column("word", Key, primary_key=True),  # `storage`, `vault`: what the name is unique in
    Column("name", Key, primary_key=True),
    Column("key", Key, nullable=False),
    Index("names_by_key", "key"),
)
