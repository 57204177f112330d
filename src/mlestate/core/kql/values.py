"""What values are and how they compare.

Null is None; a dynamic is what JSON makes of it; a datetime is aware and in UTC. What is null
equals nothing and is unequal to all that is something; of what cannot be compared the answer is
null, and `where` takes null for no.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

_TERM = re.compile(r"[0-9A-Za-z]")
_NUMBERS = (int, float)
_FRACTION = re.compile(r"(\.\d{6})\d+")


def text(value: Any) -> str:
    """As `tostring` gives it; null is empty."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, timedelta):
        return span(value)
    if isinstance(value, list | dict):
        return msgspec.json.encode(value, enc_hook=text).decode()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def iso(value: datetime) -> str:
    """With seven digits, as Kusto writes it."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def span(value: timedelta) -> str:
    sign, value = ("-", -value) if value < timedelta(0) else ("", value)
    hours, rest = divmod(value.seconds, 3600)
    days = f"{value.days}." if value.days else ""
    fraction = f".{value.microseconds:06}0" if value.microseconds else ""
    return f"{sign}{days}{hours:02}:{rest // 60:02}:{rest % 60:02}{fraction}"


@lru_cache(4096)
def instant(said: str) -> datetime | None:
    """A point in time as people and JSON write it; None where it is none."""
    said = _FRACTION.sub(r"\1", said.strip())
    if len(said) < 10 or not said[0].isdigit():
        return None
    try:
        found = datetime.fromisoformat(said)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def number(value: Any) -> int | float | None:
    """None where it is none; a true and a false are none."""
    if isinstance(value, bool) or not isinstance(value, _NUMBERS):
        return None
    return value


def equal(left: Any, right: Any) -> bool | None:
    if left is None or right is None:
        return None if left is right else False
    if type(left) is type(right):
        return bool(left == right)
    pair = _alike(left, right)
    return False if pair is None else bool(pair[0] == pair[1])


def unequal(left: Any, right: Any) -> bool | None:
    same = equal(left, right)
    return None if same is None else not same


def order(left: Any, right: Any) -> int | None:
    """Below 0, 0 or above 0; None where they cannot be compared."""
    pair = _alike(left, right)
    if pair is None or isinstance(pair[0], list | dict):
        return None
    try:
        return int(pair[0] > pair[1]) - int(pair[0] < pair[1])
    except TypeError:
        return None


def _alike(left: Any, right: Any) -> tuple[Any, Any] | None:
    """Both as values of one kind: a text beside a time is read as a time, and beside a number or a
    flag the other is written as text."""
    if left is None or right is None:
        return None
    if isinstance(left, str) and isinstance(right, str):
        return left, right
    if isinstance(left, str):
        return _read_as(left, right)
    if isinstance(right, str):
        pair = _read_as(right, left)
        return pair and (pair[1], pair[0])
    if isinstance(left, bool) != isinstance(right, bool):
        return (left, right) if _numeric(left) and _numeric(right) else None
    if type(left) is type(right) or (_numeric(left) and _numeric(right)):
        return left, right
    return None


def _numeric(value: Any) -> bool:
    return isinstance(value, _NUMBERS)


def _read_as(said: str, like: Any) -> tuple[Any, Any] | None:
    if isinstance(like, datetime):
        read = instant(said)
        return None if read is None else (read, like)
    if isinstance(like, bool):
        return said.lower(), text(like)
    if isinstance(like, int | float):
        return said, text(like)
    return None


def truth(value: Any) -> bool | None:
    """What a condition comes to."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return value != 0 if isinstance(value, int | float) else None


def has(said: str, term: str) -> bool:
    """Whether the term stands in it as a whole word: letters and digits make words."""
    if not term:
        return True
    at = said.find(term)
    while at >= 0:
        end = at + len(term)
        opens = at == 0 or not (_TERM.match(term[0]) and _TERM.match(said[at - 1]))
        closes = end == len(said) or not (_TERM.match(term[-1]) and _TERM.match(said[end]))
        if opens and closes:
            return True
        at = said.find(term, at + 1)
    return False


def starts(said: str, term: str) -> bool:
    """Whether a word in it begins with the term."""
    return any(
        at == 0 or not (term and _TERM.match(term[0]) and _TERM.match(said[at - 1]))
        for at in _places(said, term)
    )


def ends(said: str, term: str) -> bool:
    """Whether a word in it ends with the term."""
    return any(
        at + len(term) == len(said)
        or not (term and _TERM.match(term[-1]) and _TERM.match(said[at + len(term)]))
        for at in _places(said, term)
    )


def _places(said: str, term: str) -> list[int]:
    found, at = [], said.find(term)
    while at >= 0:
        found.append(at)
        at = said.find(term, at + 1)
    return found


def same(value: Any) -> Any:
    """Something to hash: the same for values that are one group."""
    if isinstance(value, bool):
        return ("flag", value)
    if isinstance(value, list | dict):
        return ("json", text(value))
    return value


def rank(value: Any) -> tuple[int, Any]:
    """To sort by, null aside: numbers, then times, spans, texts and all else."""
    if isinstance(value, _NUMBERS):
        return 0, value
    if isinstance(value, datetime):
        return 1, value
    if isinstance(value, timedelta):
        return 2, value
    return (3, value) if isinstance(value, str) else (4, text(value))


def shown(value: Any) -> Any:
    """As an answer in JSON has it."""
    return text(value) if isinstance(value, datetime | timedelta) else value
