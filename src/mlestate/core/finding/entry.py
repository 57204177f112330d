"""A thing as it is searched for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from .compare import fold

LONGEST_TEXT = 500
LONGEST_LABEL = 120
MOST_TAGS = 100


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """`place` names the workspace, `tail` the thing within it; both are in lower case.

    `head` is set for what has versions: the latest of them, behind which it is not shown itself.
    `number` is what the thing's own tables know it by.
    """

    place: str
    tail: str
    kind: str
    name: str
    version: str = ""
    head: str | None = None
    hidden: bool = False
    status: str = ""
    type: str = ""
    author: str = ""
    editor: str = ""
    experiment: str = ""
    created: float
    modified: float
    archived: bool = False
    tags: Mapping[str, str] = {}
    text: str = ""
    number: int = 0


def searched_text(name: str, description: str, tags: Mapping[str, str]) -> str:
    """What words are looked for in."""
    parts = [name, description, *(f"{key} {value}" for key, value in tags.items())]
    return clean(fold(" ".join(part for part in parts if part)))[:LONGEST_TEXT]


def labels(pairs: Iterable[tuple[str, object]]) -> dict[str, str]:
    """Tags as they are found by: their beginnings, and not without end."""
    found = {
        clean(key)[:LONGEST_LABEL]: clean(str(value))[:LONGEST_LABEL]
        for key, value in pairs
        if value is not None
    }
    return dict(sorted(found.items())[:MOST_TAGS])


def clean(text: str) -> str:
    """PostgreSQL has no text with a NUL in it."""
    return text.replace("\0", "")
