"""`$filter` of Azure's lists of roles, role assignments and deny assignments."""

from __future__ import annotations

import re
from collections.abc import Collection

import msgspec

from ...core.errors import Invalid

_TERM = re.compile(
    r"(?P<call>\w+)\(\s*(?:'(?P<argument>(?:[^']|'')*)')?\s*\)"
    r"|(?P<field>\w+)\s+eq\s+'(?P<value>(?:[^']|'')*)'",
    re.I,
)
_AND = re.compile(r"\s+and\s+", re.I)


class Filter(msgspec.Struct, frozen=True):
    """The words of a filter, in lower case, each with what it is compared with; empty for
    `atScope()`."""

    said: dict[str, str]

    def get(self, word: str) -> str:
        return self.said.get(word.lower(), "")

    def has(self, word: str) -> bool:
        return word.lower() in self.said


def read(text: str, known: Collection[str]) -> Filter:
    """Raises Invalid where it is none, or has a word that is not known here."""
    said: dict[str, str] = {}
    for part in _AND.split(text.strip()) if text.strip() else ():
        found = _TERM.fullmatch(part.strip().removeprefix("(").removesuffix(")") or "?") or (
            _TERM.fullmatch(part.strip())
        )
        word = (found["call"] or found["field"]) if found else ""
        if found is None or word.lower() not in {one.lower() for one in known}:
            raise Invalid(
                f"`$filter` has `{part[:100]}`: here are {', '.join(f'`{one}`' for one in known)}, "
                "joined by `and`",
                code="InvalidFilter",
                target="$filter",
            )
        value = found["argument"] or found["value"] or ""
        said[word.lower()] = value.replace("''", "'")
    return Filter(said)
