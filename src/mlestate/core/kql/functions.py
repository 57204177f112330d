"""Functions of single values."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from ..nesting import may_be_deep, too_deep
from . import values
from .budget import LONGEST_TEXT
from .fault import TooMuch
from .values import number, text


class Function(msgspec.Struct, frozen=True):
    """`least` and `most` arguments. What is `growing` may make something larger than it was
    given; what is `paired` takes names, each with a value."""

    least: int
    most: int
    run: Callable[..., Any]
    growing: bool = False
    paired: bool = False


_MANY = 64
_DATE_PART = re.compile(r"yyyy|yy|y|MM|M|dd|d|HH|H|hh|h|mm|m|ss|s|f{1,7}|tt")


def _integer(value: Any) -> int | None:
    if isinstance(value, str):
        try:
            return int(float(value)) if re.fullmatch(r"[+-]?\d{1,30}(\.\d*)?", value) else None
        except (ValueError, OverflowError):
            return None
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return int(value) if isinstance(value, int | float) else None


def _real(value: Any) -> float | None:
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return float(value) if isinstance(value, int | float) else None


def _flag(value: Any) -> bool | None:
    return values.truth(value)


def _instant(value: Any) -> datetime | None:
    if isinstance(value, str):
        return values.instant(value)
    return value if isinstance(value, datetime) else None


def _substring(value: Any, start: Any, length: Any = None) -> str:
    said, at = text(value), _integer(start) or 0
    at = max(at, 0)
    count = _integer(length)
    return said[at:] if count is None else said[at : at + max(count, 0)]


def _split(value: Any, separator: Any, index: Any = None) -> list[str]:
    mark = text(separator)
    parts = text(value).split(mark) if mark else [text(value)]
    at = _integer(index)
    if at is None:
        return parts
    return parts[at : at + 1] if at >= 0 else []


def _parse_json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        found = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return value
    return value if may_be_deep(value) and too_deep(found) else found


def _length(value: Any) -> int | None:
    return len(value) if isinstance(value, list) else None


def _replace(value: Any, old: Any, new: Any) -> str:
    said, sought, instead = text(value), text(old), text(new)
    if sought and said.count(sought) * len(instead) > LONGEST_TEXT:
        raise TooMuch(f"`replace_string` makes a text of over {LONGEST_TEXT:,} letters")
    return said.replace(sought, instead) if sought else said


def _trim(characters: Any, value: Any) -> str:
    """Kusto trims what a pattern matches; here it is a set of characters, or blanks."""
    return text(value).strip(text(characters).strip("[]+") or None)


def _index(value: Any, sought: Any) -> int:
    return text(value).find(text(sought))


def _keys(value: Any) -> list[str] | None:
    return list(value) if isinstance(value, dict) else None


def _contains(items: Any, value: Any) -> bool:
    return isinstance(items, list) and any(values.equal(item, value) for item in items)


def _joined(items: Any, separator: Any) -> str:
    return text(separator).join(map(text, items)) if isinstance(items, list) else ""


def _concatenated(*lists: Any) -> list[Any] | None:
    if not all(isinstance(each, list) for each in lists):
        return None
    if sum(map(len, lists)) > LONGEST_TEXT:
        raise TooMuch(f"`array_concat` makes a list of over {LONGEST_TEXT:,} values")
    return [one for each in lists for one in each]


def _packed(*pairs: Any) -> dict[str, Any]:
    return {
        text(name): values.shown(value) for name, value in zip(pairs[::2], pairs[1::2], strict=True)
    }


def _formatted(value: Any, pattern: Any) -> str:
    """In .NET's letters; what is none of them stands as it is."""
    at = _instant(value)
    return _DATE_PART.sub(lambda part: _date_part(at, part[0]), text(pattern)) if at else ""


def _date_part(at: datetime, letters: str) -> str:
    if letters[0] == "f":
        return f"{at.microsecond:06}0"[: len(letters)]
    if letters == "tt":
        return "AM" if at.hour < 12 else "PM"
    numbers = {"M": at.month, "d": at.day, "H": at.hour, "m": at.minute, "s": at.second}
    numbers |= {"h": (at.hour + 11) % 12 + 1, "y": at.year if len(letters) > 2 else at.year % 100}
    return f"{numbers[letters[0]]:0{len(letters)}}"


def _bin(value: Any, size: Any) -> Any:
    """Down to a multiple of the size."""
    if isinstance(value, datetime) and isinstance(size, timedelta) and size > timedelta(0):
        since = value - datetime(1, 1, 1, tzinfo=UTC)
        return datetime(1, 1, 1, tzinfo=UTC) + size * (since // size)
    if isinstance(value, timedelta) and isinstance(size, timedelta) and size > timedelta(0):
        return size * (value // size)
    low, step = number(value), number(size)
    if low is None or not step or not math.isfinite(low):
        return None
    return math.floor(low / step) * step


def _start(unit: timedelta) -> Callable[[Any], Any]:
    return lambda value: _bin(value, unit)


def _month(value: Any) -> Any:
    at = _instant(value)
    return at and at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _diff(unit: Any, later: Any, earlier: Any) -> int | None:
    """How many borders of the unit lie between."""
    lengths = {"day": 86400, "hour": 3600, "minute": 60, "second": 1, "week": 604800}
    seconds = lengths.get(text(unit).lower())
    one, two = _instant(later), _instant(earlier)
    if seconds is None or one is None or two is None:
        return None
    return int(one.timestamp() // seconds - two.timestamp() // seconds)


def _round(value: Any, digits: Any = 0) -> float | None:
    said = number(value)
    return None if said is None else round(float(said), min(_integer(digits) or 0, 15))


def _whole(rule: Callable[[float], int]) -> Callable[[Any], int | None]:
    def run(value: Any) -> int | None:
        said = number(value)
        return None if said is None or not math.isfinite(said) else rule(said)

    return run


def _not(value: Any) -> bool | None:
    said = values.truth(value)
    return None if said is None else not said


def _empty(value: Any) -> bool:
    return value is None or value == ""


def _kind(value: Any) -> str:
    kinds = {str: "string", bool: "bool", int: "long", float: "double", list: "array"}
    more = {dict: "dictionary", datetime: "datetime", timedelta: "timespan"}
    return "null" if value is None else {**kinds, **more}.get(type(value), "string")


_TEXT = Function(1, 1, text, growing=True)
_PARSE = Function(1, 1, _parse_json)
_PACK = Function(2, _MANY, _packed, growing=True, paired=True)
_SAID = Function(1, 1, lambda value: not _empty(value))
_LONG = Function(1, 1, _integer)
FUNCTIONS: dict[str, Function] = {
    "array_concat": Function(1, _MANY, _concatenated, growing=True),
    "array_index_of": Function(2, 2, lambda items, one: _at(items, one)),
    "array_length": Function(1, 1, _length),
    "bag_pack": _PACK,
    "pack": _PACK,
    "bag_keys": Function(1, 1, _keys),
    "bin": Function(2, 2, _bin),
    "floor": Function(2, 2, _bin),
    "ceiling": Function(1, 1, _whole(math.ceil)),
    "abs": Function(1, 1, lambda value: None if number(value) is None else abs(value)),
    "datetime_diff": Function(3, 3, _diff),
    "format_datetime": Function(2, 2, _formatted, growing=True),
    "gettype": Function(1, 1, _kind),
    "indexof": Function(2, 2, _index),
    "isempty": Function(1, 1, _empty),
    "isnotempty": _SAID,
    "notempty": _SAID,
    "isnull": Function(1, 1, lambda value: value is None),
    "isnotnull": Function(1, 1, lambda value: value is not None),
    "not": Function(1, 1, _not),
    "parse_json": _PARSE,
    "todynamic": _PARSE,
    "replace_string": Function(3, 3, _replace, growing=True),
    "round": Function(1, 2, _round),
    "set_has_element": Function(2, 2, _contains),
    "split": Function(2, 3, _split),
    "startofday": Function(1, 1, lambda value: _bin(_instant(value), timedelta(days=1))),
    "startofmonth": Function(1, 1, _month),
    "strcat": Function(1, _MANY, lambda *parts: "".join(map(text, parts)), growing=True),
    "strcat_array": Function(2, 2, _joined, growing=True),
    "strlen": Function(1, 1, lambda value: len(text(value))),
    "substring": Function(2, 3, _substring),
    "tobool": Function(1, 1, _flag),
    "toboolean": Function(1, 1, _flag),
    "todatetime": Function(1, 1, _instant),
    "todouble": Function(1, 1, _real),
    "toreal": Function(1, 1, _real),
    "toint": _LONG,
    "tolong": _LONG,
    "tolower": Function(1, 1, lambda value: text(value).lower(), growing=True),
    "tostring": _TEXT,
    "toupper": Function(1, 1, lambda value: text(value).upper(), growing=True),
    "trim": Function(2, 2, _trim),
}
CONVERSIONS = {"tostring", "toint", "tolong", "tobool", "toboolean", "todatetime", "todouble"}
CONVERSIONS |= {"toreal", "todynamic", "parse_json", "bin", "floor"}


def _at(items: Any, sought: Any) -> int:
    """-1 where it is not there."""
    some = items if isinstance(items, list) else []
    return next((at for at, one in enumerate(some) if values.equal(one, sought)), -1)
