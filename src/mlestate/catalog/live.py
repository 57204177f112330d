"""Live data: the tags that say so, and whether a datastore opens its source for writing.

A storage account with the tag `live: true` holds production's data. A datastore on it is read-only
unless its own tag says `access: write`. Both are tags, since clients send and show no other words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

LIVE, ACCESS = "live", "access"
READ, WRITE = "read", "write"
DATA_CLASS = "dataclass"
_CONFIDENTIAL = ("confidential", "secret")
WORDS = (READ, WRITE)

Tags = Mapping[str, str | None]
Access = Literal["read", "write"]


def is_live(tags: Tags) -> bool:
    """Whether what has these tags holds live data, or points at some."""
    return "true" in _values(tags, LIVE)


def says(tags: Tags) -> bool:
    """Whether they say one or the other."""
    return bool(_values(tags, LIVE))


def is_guarded(tags: Tags) -> bool:
    """Whether it is recorded who reads and writes what has these tags: live data does, and what
    a class of data says is confidential, or more."""
    return is_live(tags) or any(word in _CONFIDENTIAL for word in _values(tags, DATA_CLASS))


def access(tags: Tags) -> str:
    """What a datastore's tags say, empty where they do not. Of two words `read` is the one."""
    said = _values(tags, ACCESS)
    return READ if READ in said else next(iter(said), "")


def is_read_only(datastore: Tags, account: Tags, own: bool = False) -> bool:
    """`own`: one that its workspace was born with. That is where its jobs write, live or not."""
    if said := access(datastore):
        return said == READ
    return not own and (is_live(datastore) or is_live(account))


def with_access(tags: Tags, word: Access) -> dict[str, str | None]:
    """The tags with that word in the place of any other."""
    return {**{name: tags[name] for name in tags if name.lower() != ACCESS}, ACCESS: word}


def _values(tags: Tags, name: str) -> list[str]:
    """Names of tags are compared without their case, so that there may be twins."""
    return [str(tags[key]).lower() for key in tags if key.lower() == name]
