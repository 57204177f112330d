"""A mark: the facets of one row as a word of fixed length, a letter each.

The marks of all that is found are joined by the database in one pass, and counting letters costs
next to nothing: so all facets together take about as long as one would.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

# By position. The last two letters are a set of tags, of which there may be very many.
FACETS = ("place", "kind", "status", "type", "createdBy")
WIDTH = len(FACETS) + 2
_MANY = 50_000
# Control characters and surrogates are no letters.
_FIRST, _SURROGATES, _GAP, _LAST = 0x21, 0xD800, 0x800, 0x10FFFF


def letter(number: int) -> str:
    """Numbers beyond a million share the last letter."""
    code = number + _FIRST
    return chr(min(code if code < _SURROGATES else code + _GAP, _LAST))


def number(letter: str) -> int:
    code = ord(letter)
    return (code if code < _SURROGATES else code - _GAP) - _FIRST


@lru_cache(16384)
def mark(numbers: tuple[int, ...], tag_set: int) -> str:
    """`numbers` are those of `FACETS`."""
    return "".join(map(letter, (*numbers, tag_set // _MANY, tag_set % _MANY)))


def total(marks: str) -> int:
    return len(marks) // WIDTH


def counted(marks: str, facet: str) -> dict[int, int]:
    """How many rows have each number of a facet."""
    column = marks[FACETS.index(facet) :: WIDTH]
    return {number(one): count for one, count in _count(column).items()}


def counted_tag_sets(marks: str) -> dict[int, int]:
    high, low = marks[WIDTH - 2 :: WIDTH], marks[WIDTH - 1 :: WIDTH]
    if len(many := set(high)) < 2:
        start = sum(map(number, many)) * _MANY
        return {start + number(one): count for one, count in _count(low).items()}
    pairs = Counter(zip(high, low, strict=True))
    return {number(h) * _MANY + number(w): count for (h, w), count in pairs.items()}


def _count(column: str) -> dict[str, int]:
    """Few letters are quicker looked for one by one."""
    found = set(column)
    return {one: column.count(one) for one in found} if len(found) < 30 else Counter(column)
