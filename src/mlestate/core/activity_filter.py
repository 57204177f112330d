"""What Azure's activity log may be asked: `eventTimestamp ge '…' and resourceGroupName eq '…'`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import msgspec

from .activity import ACCEPTED, DENIED, FAILED, STARTED, SUCCEEDED
from .errors import Invalid

_TERM = re.compile(
    r"\s*(?P<field>\w+)\s+(?P<how>\w+)\s+(?:'(?P<quoted>(?:[^']|'')*)'|(?P<bare>[^\s']+))\s*", re.I
)
_AND = re.compile(r"and\s", re.I)
_TARGET = "$filter"


class Filter(msgspec.Struct, frozen=True):
    """`since` and `until` in seconds since the epoch; `status` is one of `STATUSES`. What is empty
    is not asked for."""

    since: float | None = None
    until: float | None = None
    group: str = ""
    resource: str = ""
    provider: str = ""
    correlation: str = ""
    caller: str = ""
    status: str = ""


_FIELDS = {
    "resourcegroupname": "group",
    "resourceuri": "resource",
    "resourceid": "resource",
    "resourceprovider": "provider",
    "correlationid": "correlation",
    "caller": "caller",
    "status": "status",
}
# Of `gt` and `le`, the microsecond is over that is said.
_TIMES = {"ge": ("since", 0), "gt": ("since", 1), "le": ("until", 1), "lt": ("until", 0)}
_NARROWER: dict[str, Callable[[float, float], float]] = {"since": max, "until": min}
STATUSES = (STARTED, ACCEPTED, SUCCEEDED, FAILED, DENIED)
# What older clients say: all there is, is of these channels.
_HEARD = ("eventchannels",)


def parse(text: str) -> Filter:
    """Raises Invalid with all that is wrong. All terms hold: times narrow one another, and what is
    said twice is the same."""
    said: dict[str, str | float] = {}
    faults = []
    for field, how, value in _terms(text):
        try:
            for name, wanted in _read(field, how, value).items():
                said[name] = _both(field, name, said.get(name, wanted), wanted)
        except Invalid as error:
            faults.append(error)
    if len(faults) > 1:
        told = "; ".join(map(str, faults))
        raise Invalid(told, target=_TARGET, details=tuple(faults))
    if faults:
        raise faults[0]
    return msgspec.convert(said, Filter)


def _terms(text: str) -> Iterator[tuple[str, str, str]]:
    rest = text.strip()
    while rest:
        found = _TERM.match(rest)
        if found is None:
            raise _wrong(f"`{rest[:80]}` is not understood: write `field eq 'value'`")
        quoted = found["quoted"]
        value = found["bare"] if quoted is None else quoted.replace("''", "'")
        yield found["field"], found["how"].lower(), value
        rest = rest[found.end() :]
        if rest:
            joined = _AND.match(rest)
            if joined is None:
                raise _wrong(f"`{rest[:80]}` is not understood: conditions are joined by `and`")
            rest = rest[joined.end() :]


def _read(field: str, how: str, value: str) -> dict[str, str | float]:
    if field.lower() == "eventtimestamp":
        if how not in _TIMES:
            raise _wrong(f"`eventTimestamp` is compared by `ge` and `le`, not by `{how}`")
        edge, over = _TIMES[how]
        begins = _begin(_microsecond(moment(value)) + over)
        return {edge: begins if edge == "since" else math.nextafter(begins, -math.inf)}
    if field.lower() in _HEARD:
        return {}
    name = _FIELDS.get(field.lower())
    if name is None:
        known = "eventTimestamp, resourceGroupName, resourceUri, resourceProvider, correlationId"
        raise _wrong(f"`{field}` is not known here: there are {known}, caller and status")
    if how != "eq":
        raise _wrong(f"`{field}` is compared by `eq`, not by `{how}`")
    return {name: _status(value) if name == "status" else value}


def _both(field: str, name: str, one: Any, other: Any) -> str | float:
    if name in _NARROWER:
        return _NARROWER[name](one, other)
    if one.rstrip("/").lower() != other.rstrip("/").lower():
        raise _wrong(f"`{field}` is said twice, `{one}` and `{other}`: nothing is both")
    return str(one)


def _status(said: str) -> str:
    for status in STATUSES:
        if status.lower() == said.lower():
            return status
    raise _wrong(f"there is no status `{said[:80]}`: there are {', '.join(STATUSES)}")


def _begin(microsecond: int) -> float:
    """The first moment that is told as the microsecond: what is shown as it is at it."""
    at = float(Fraction(2 * microsecond - 1, 2_000_000))
    return at if _microsecond(at) >= microsecond else math.nextafter(at, math.inf)


def _microsecond(at: float) -> int:
    return round(Fraction(at) * 1_000_000)


def moment(text: str) -> float:
    """Seconds since the epoch; what has no time zone is UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(f"`{text[:80]}` is no time such as `2026-11-23T09:00:00Z`") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _wrong(text: str) -> Invalid:
    return Invalid(text, target=_TARGET)
