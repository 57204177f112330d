"""Live data: the tags that say so, and whether a datastore opens its source for writing.

A storage account with the tag `live: true` holds production's data. A datastore on it is read-only
unless its own tag says `access: write`. Both are tags, since clients send and show no other words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

LIVE, ACCESS = "live", "access"
READ, WRITE = "read", "write"
WORDS = (READ, WRITE)

Tags = Mapping[str, str | None]
Access = Literal["read", "write"]


def is_live(tags: Tags) -> bool:
    """Whether what has these tags holds live data, or points at some."""
    return _value(tags, LIVE) == "true"


def access(tags: Tags) -> str:
    """`read`, `write`, or empty where a datastore's tags say neither."""
    return _value(tags, ACCESS)


def is_read_only(datastore: Tags, account: Tags, own: bool = False) -> bool:
    """`own`: one that its workspace was born with. That is where its jobs write, live or not."""
    if said := access(datastore):
        return said == READ
    return not own and (is_live(datastore) or is_live(account))


def with_access(tags: Tags, word: Access) -> dict[str, str | None]:
    """The tags with that word in the place of any other."""
    return {**{name: tags[name] for name in tags if name.lower() != ACCESS}, ACCESS: word}


def _value(tags: Tags, name: str) -> str:
    """Names of tags are compared without their case."""
    return next((str(tags[key]).lower() for key in tags if key.lower() == name), "")
