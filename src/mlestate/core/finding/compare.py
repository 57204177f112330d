"""What a test means, in memory. SQL must come to the same."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from .tree import Test

_UPPER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def fold(text: str) -> str:
    """Without the case of ASCII letters: as far as both databases agree on it."""
    return text.translate(_UPPER)


@lru_cache(512)
def like(pattern: str) -> re.Pattern[str]:
    """`%` is any text, `_` any one character."""
    parts = {"%": ".*", "_": "."}
    return re.compile("".join(parts.get(c) or re.escape(c) for c in pattern), re.DOTALL)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "IN": lambda value, options: value in options,
    "NOT IN": lambda value, options: value not in options,
    "LIKE": lambda value, pattern: like(pattern).fullmatch(value) is not None,
    "NOT LIKE": lambda value, pattern: like(pattern).fullmatch(value) is None,
    "ILIKE": lambda value, pattern: like(fold(pattern)).fullmatch(fold(value)) is not None,
}


def passes(test: Test, value: Any, folded: bool = False) -> bool:
    """`value` is None where the thing has none. With `folded`, case does not count."""
    if test.op in ("IS NULL", "IS NOT NULL"):
        return (value is None) == (test.op == "IS NULL")
    if value is None:
        return False
    if folded:
        return _COMPARE[test.op](_folded(value), _folded(test.value))
    return _COMPARE[test.op](value, test.value)


def _folded(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(fold, value))
    return fold(value) if isinstance(value, str) else value
