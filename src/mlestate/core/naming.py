"""Names: patterns of the Cloud Adoption Framework, filled in and held to Azure's rules.

The rules per kind (abbreviation, length, characters) are data: `data/naming.json`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache, lru_cache

import msgspec

from .data import text

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
# What a pattern may say. `hash5` is of the whole place, so that a global name is not taken.
PLACEHOLDERS = frozenset(
    {"id", "env", "project", "division", "estate", "region", "role", "hash5", "abbr"}
)
# Parts that are what they are: shortening one of these would make another thing of the name.
_FIXED = frozenset({"abbr", "hash5", "env", "region"})
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Kind(msgspec.Struct, frozen=True, rename="camel"):
    """The rules for one kind of name."""

    key: str
    what: str
    type: str
    abbreviation: str
    unique_in: str
    min: int
    max: int
    pattern: str

    @property
    def takes_hyphens(self) -> bool:
        return self.fault("abc-def") is None

    def fault(self, name: str) -> str | None:
        """What Azure would say against this name, or None."""
        if len(name) > self.max:
            return f"is {len(name)} characters long and may be {self.max}"
        if len(name) < self.min:
            return f"is {len(name)} characters long and must be at least {self.min}"
        if not _compiled(self.pattern).fullmatch(name):
            return "has characters, or an order of them, that Azure refuses"
        return None


class _Table(msgspec.Struct, frozen=True):
    kinds: tuple[Kind, ...]


@cache
def kinds() -> dict[str, Kind]:
    return {kind.key: kind for kind in msgspec.json.decode(text("naming.json"), type=_Table).kinds}


def kind(key: str) -> Kind:
    return kinds()[key]


def placeholders(pattern: str) -> list[str]:
    return PLACEHOLDER.findall(pattern)


def fill(kind: Kind, pattern: str, parts: Mapping[str, str]) -> str:
    """The name; letters that the kind cannot carry anywhere (a hyphen, say) are left out."""
    values = {**parts, "abbr": kind.abbreviation}
    name = PLACEHOLDER.sub(lambda found: values[found[1]], pattern)
    return name if kind.takes_hyphens else re.sub(r"[^a-z0-9]", "", name.lower())


def propose(kind: Kind, pattern: str, parts: Mapping[str, str]) -> tuple[str, str, str] | None:
    """Which part to shorten, to what, and the name that comes of it; None where none helps."""
    used = set(placeholders(pattern))
    free = sorted(used & parts.keys() - _FIXED, key=lambda part: (-len(parts[part]), part))
    for part in free:
        for length in range(len(parts[part]) - 1, 1, -1):
            short = parts[part][:length].rstrip("-_.")
            name = fill(kind, pattern, {**parts, part: short})
            if kind.fault(name) is None:
                return part, short, name
    return None


def hash5(*parts: str) -> str:
    """Five letters or digits that stay the same for the same parts: 60 million values."""
    digest = hashlib.sha256("\0".join(parts).lower().encode()).digest()
    number = int.from_bytes(digest[:8], "big")
    letters = []
    for _ in range(5):
        number, rest = divmod(number, 36)
        letters.append(_DIGITS[rest])
    return "".join(letters)


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
