"""A list of a document while it is patched: found by what it says, without looking through it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ..errors import TooLarge
from .filters import Both, Compare, Either, Filter, Not, Within, elements, matches

# How often elements are held against a filter in one PATCH. By `value` they are found without.
MOST_LOOKS = 500_000
_MOST_PARTS = 100
Element = dict[str, Any]


class Effort:
    """What a PATCH may still look through. Raises TooLarge."""

    def __init__(self, most: int = MOST_LOOKS):
        self._left = most

    def spend(self, looks: int) -> None:
        self._left -= looks
        if self._left < 0:
            raise TooLarge(
                "these changes look through too many elements: send them in several requests, or "
                'say which by `value`, such as `members[value eq "…"]`',
                code="tooMany",
            )


class Elements:
    """In their order. What is changed costs what it says, however long the list is."""

    def __init__(self, effort: Effort, said: Any = ()):
        self._effort = effort
        self._rows: dict[int, Any] = {}
        self._next = 0
        # The rows of each `value`, in lower case, and how often each element is there.
        self._by_value: dict[str, dict[int, None]] = {}
        self._words: dict[int, bytes] = {}
        self._counts: dict[bytes, int] = {}
        for each in elements(said):
            self._put(each)

    @property
    def whole(self) -> list[Any]:
        return list(self._rows.values())

    def add(self, said: Any) -> None:
        """Those that are not there just so."""
        for each in elements(said):
            if _word(each) not in self._counts:
                self._put(each)

    def append(self, element: Element) -> int:
        """Its row."""
        self._put(element)
        return self._next - 1

    def fitting(self, where: Filter) -> list[int]:
        """The rows of those that fit."""
        value = _value_wanted(where)
        some = self._rows if value is None else self._by_value.get(value.casefold(), {})
        self._effort.spend(len(some) * _weight(where))
        return [
            row
            for row in some
            if isinstance(self._rows[row], dict) and matches(where, self._rows[row])
        ]

    def change(self, row: int, said: Mapping[str, Any]) -> None:
        """Parts of an element; their names have no case."""
        before = self._take(row)
        known = {name.lower(): name for name in before}
        after = before | {known.get(name.lower(), name): part for name, part in said.items()}
        self._put(after, row)

    def drop_part(self, row: int, part: str) -> None:
        before = self._take(row)
        self._put({name: said for name, said in before.items() if name.lower() != part}, row)

    def remove(self, rows: Iterable[int]) -> None:
        for row in rows:
            self._take(row)
            del self._rows[row]

    def remove_values(self, said: Any) -> None:
        """Entra's older dialect: who goes is said by elements like them."""
        for value in {_value_of(each) for each in elements(said)}:
            some = list(self._by_value.get(value.casefold(), ()))
            self._effort.spend(len(some))
            self.remove(row for row in some if _value_of(self._rows[row]) == value)

    def _put(self, element: Any, row: int | None = None) -> None:
        if isinstance(element, dict) and len(element) > _MOST_PARTS:
            raise TooLarge(f"an element has up to {_MOST_PARTS} parts", code="tooMany")
        if row is None:
            row, self._next = self._next, self._next + 1
        self._rows[row], word = element, _word(element)
        self._words[row] = word
        self._counts[word] = self._counts.get(word, 0) + 1
        self._by_value.setdefault(_value_of(element).casefold(), {})[row] = None

    def _take(self, row: int) -> Any:
        """Out of the indexes; it keeps its place in the list."""
        element, word = self._rows[row], self._words.pop(row)
        self._counts[word] -= 1
        if not self._counts[word]:
            del self._counts[word]
        del self._by_value[_value_of(element).casefold()][row]
        return element


def _word(element: Any) -> bytes:
    """The same for what is equal."""
    return msgspec.json.encode(element, order="sorted")


def _value_of(element: Any) -> str:
    if not isinstance(element, Mapping):
        return str(element)
    return str(next((part for name, part in element.items() if name.lower() == "value"), None))


def _value_wanted(where: Filter) -> str | None:
    """The `value` that all that fit have; None where the filter does not say one."""
    for part in where.parts if isinstance(where, Both) else (where,):
        if isinstance(part, Compare) and (part.path, part.operator) == ("value", "eq"):
            return part.value if isinstance(part.value, str) else None
    return None


def _weight(where: Filter) -> int:
    """How often one element is compared."""
    match where:
        case Both(parts) | Either(parts):
            return sum(map(_weight, parts))
        case Not(part) | Within(_, part):
            return _weight(part)
    return 1
