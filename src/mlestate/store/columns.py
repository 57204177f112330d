"""Kinds of columns that both databases must treat alike."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, Text

# Compared and sorted by code point: a range of keys is then a subtree.
Key = Text().with_variant(Text(collation="C"), "postgresql")
# Numbered by the database; 64 bits wide in both.
Id = BigInteger().with_variant(Integer(), "sqlite")
