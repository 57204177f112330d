"""What can be asked of things that are searched for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from enum import Enum

import msgspec


class Sort(Enum):
    TEXT = "a quoted text"
    TIME = "a date such as `2026-11-01`, or a time ago such as `-7d`"
    FLAG = "`true` or `false`"
    NUMBER = "a number"


class Field(msgspec.Struct, frozen=True):
    """`of_place` is said of the workspace that a thing lies in. A map's field has keys:
    `tags.stage`. Of a `folded` one the case does not count."""

    name: str
    sort: Sort = Sort.TEXT
    of_place: bool = False
    is_map: bool = False
    folded: bool = False


def _place(name: str) -> Field:
    return Field(name, of_place=True, folded=True)


# Tags of a workspace that go by a name of their own.
PLACE_TAGS = ("environment", "project", "solution", "team", "division")
_ALL = (
    Field("kind", folded=True),
    Field("name"),
    Field("version"),
    Field("status", folded=True),
    Field("type"),
    Field("createdBy"),
    Field("modifiedBy"),
    Field("experiment"),
    Field("created", Sort.TIME),
    Field("modified", Sort.TIME),
    Field("archived", Sort.FLAG),
    Field("latest", Sort.FLAG),
    *(_place(name) for name in ("workspace", "resourceGroup", "subscription", "region")),
    *(_place(name) for name in PLACE_TAGS),
    Field("tags", is_map=True),
    Field("workspaceTags", of_place=True, is_map=True, folded=True),
    Field("params", is_map=True),
    Field("metrics", Sort.NUMBER, is_map=True),
)
FIELDS: Mapping[str, Field] = {field.name: field for field in _ALL}
ORDERED_BY = ("created", "modified", "name")
NO_FACETS = ("created", "modified", "modifiedBy", "params", "metrics")

_ALIASES = {
    "createdat": "created",
    "creationtime": "created",
    "starttime": "created",
    "modifiedat": "modified",
    "lastmodified": "modified",
    "lastmodifiedat": "modified",
    "lastmodifiedby": "modifiedBy",
    "author": "createdBy",
    "user": "createdBy",
    "state": "status",
    "location": "region",
    "env": "environment",
    "tag": "tags",
    "param": "params",
    "metric": "metrics",
}
_BY_WORD = {name.lower(): name for name in FIELDS} | _ALIASES


def find(word: str) -> Field | None:
    """By its name or another for it, whatever its case: `created_by` is `createdBy`."""
    name = _BY_WORD.get(word.replace("_", "").lower())
    return FIELDS[name] if name else None


def near(word: str, known: Iterable[str]) -> str:
    """`; did you mean …?`, or which there are."""
    names = list(known)
    by_word = {name.lower(): name for name in names}
    by_word = {a: name for a, name in _ALIASES.items() if name in names} | by_word
    found = difflib.get_close_matches(word.lower(), list(by_word), n=1)
    if found:
        return f"; did you mean `{by_word[found[0]]}`?"
    return f"; these are: {', '.join(names)}"
