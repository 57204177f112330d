"""Names: patterns of the Cloud Adoption Framework, filled in and held to Azure's rules.

The rules per kind (abbreviation, length, characters) are data: `data/naming.json`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache, lru_cache

import msgspec

from .data import regions, text

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
# How often the same thing stands there: `1`, `01`, `001`.
_INSTANCE = ("n", "nn", "nnn")
# What a pattern may say. `reg` is the region's short code; `hash5` is of the whole place, so that a
# global name is not taken.
PLACEHOLDERS = frozenset(
    {"id", "env", "project", "division", "team", "estate", "purpose", "role", "region", "reg"}
    | {"hash5", "abbr", *_INSTANCE}
)
# Parts that are what they are: shortening one of these would make another thing of the name.
_FIXED = frozenset({"abbr", "hash5", "env", "region", "reg", *_INSTANCE})
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_SHORTEST = 2


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


class Proposal(msgspec.Struct, frozen=True):
    """Which parts to write shorter, and the name that comes of it."""

    shorter: dict[str, str]
    name: str


class _Table(msgspec.Struct, frozen=True):
    kinds: tuple[Kind, ...]
    environments: dict[str, str]


@cache
def kinds() -> dict[str, Kind]:
    return {kind.key: kind for kind in _table().kinds}


def kind(key: str) -> Kind:
    return kinds()[key]


def short_environment(name: str) -> str:
    """`prod` for `production`: the words of the framework's examples, which names are made with."""
    return _table().environments.get(name.lower(), name)


def short_region(region: str) -> str:
    """`weu` for `westeurope`; a region without a short code in common use keeps its own name."""
    found = regions().get(region.replace(" ", "").lower())
    return found.code if found else region


def placeholders(pattern: str) -> list[str]:
    return PLACEHOLDER.findall(pattern)


def fill(kind: Kind, pattern: str, parts: Mapping[str, str]) -> str:
    """The name; letters that the kind cannot carry anywhere (a hyphen, say) are left out, and so is
    the sign beside a part that is empty (a project without a team)."""
    values = [_value(kind, name, parts) for name in placeholders(pattern)]
    rest = iter(values)
    name = PLACEHOLDER.sub(lambda found: next(rest), pattern)
    if "" in values:
        name = re.sub(r"([-_.])[-_.]+", r"\1", name).strip("-_.")
    return name if kind.takes_hyphens else re.sub(r"[^a-z0-9]", "", name.lower())


def propose(
    kind: Kind, pattern: str, parts: Mapping[str, str], taken: Collection[str] = ()
) -> Proposal | None:
    """The smallest change that makes the name good; None where none does.

    A part that when cut would be one of the words that are `taken` ends in a hash of itself.
    """
    for shorter in _shorter(pattern, parts):
        hashed = {part: _hashed(parts[part], word) for part, word in shorter.items()}
        words = hashed if set(shorter.values()) & set(taken) else shorter
        name = fill(kind, pattern, shortened(parts, words))
        if kind.fault(name) is None and not set(words.values()) & set(taken):
            return Proposal(words, name)
    return None


def shortened(parts: Mapping[str, str], shorter: Mapping[str, str]) -> dict[str, str]:
    """The parts with these words for those of theirs; what is the same thing changes with it."""
    words = {parts[part]: word for part, word in shorter.items() if part not in _FIXED}
    free = {part: words.get(value, value) for part, value in parts.items() if part not in _FIXED}
    return {**parts, **free, **shorter}


def hash5(*parts: str) -> str:
    """Five letters or digits that stay the same for the same parts: 60 million values."""
    digest = hashlib.sha256("\0".join(parts).lower().encode()).digest()
    number = int.from_bytes(digest[:8], "big")
    letters = []
    for _ in range(5):
        number, rest = divmod(number, 36)
        letters.append(_DIGITS[rest])
    return "".join(letters)


def _value(kind: Kind, name: str, parts: Mapping[str, str]) -> str:
    if name in _INSTANCE:
        return parts.get("n", "1").zfill(len(name))
    if name == "reg":
        return parts.get("reg") or short_region(parts.get("region", ""))
    return kind.abbreviation if name == "abbr" else parts.get(name, "")


def _shorter(pattern: str, parts: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The known short word of an environment; one part cut, the longest first; then several."""
    used = set(placeholders(pattern)) & parts.keys()
    env = parts.get("env", "")
    if "env" in used and short_environment(env) != env:
        yield {"env": short_environment(env)}
    free = sorted(used - _FIXED, key=lambda part: (-len(parts[part]), part))
    for part in free:
        for length in range(len(parts[part]) - 1, _SHORTEST - 1, -1):
            yield {part: _cut(parts[part], length)}
    words = {part: parts[part] for part in free}
    while longest := [p for p in free if len(words[p]) > _SHORTEST]:
        part = max(longest, key=lambda p: (len(words[p]), p))
        words[part] = _cut(words[part], len(words[part]) - 1)
        yield {p: word for p, word in words.items() if word != parts[p]}


def _cut(word: str, length: int) -> str:
    return word[:length].rstrip("-_.") or word[:1]


def _hashed(whole: str, cut: str) -> str:
    """As long as the cut word, and another one for another whole word."""
    if whole == cut or len(cut) < 5:
        return cut
    return cut[:-3].rstrip("-_.") + hash5(whole)[:3]


@cache
def _table() -> _Table:
    return msgspec.json.decode(text("naming.json"), type=_Table)


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
