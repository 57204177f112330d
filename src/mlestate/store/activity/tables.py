"""The tables of the activity log; each cell has its own."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, MetaData, Table, Text

from ..columns import Id, Key

metadata = MetaData()
# Numbered without gaps. `place` follows from `resource`, and is there to be looked up by.
activity = Table(
    "activity",
    metadata,
    Column("seq", Id, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("principal", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("resource", Key, nullable=False),
    Column("correlation", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("status", Text),
    Column("operation", Text),
    Column("about", Text),
    Column("place", Key),
    Index("activity_by_time", "at"),
    Index("activity_by_place", "place", "at"),
    Index("activity_by_resource", "resource", "at"),
    Index("activity_by_principal", "principal", "at"),
    Index("activity_by_name", "name", "at"),
    Index("activity_by_correlation", "correlation"),
)
# Points of a chain that are known elsewhere too, signed with the estate's secret: `head:REGION`,
# which another cell keeps; `floor`, behind the rows that were dropped; `journal`, the last file
# that was taken in.
marks = Table(
    "activity_marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("seq", Id, nullable=False),
    Column("hash", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("signature", Text, nullable=False),
)
