"""What Azure's activity log may be asked: `eventTimestamp ge '…' and resourceGroupName eq '…'`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from .errors import Invalid

_TERM = re.compile(
    r"\s*(?P<field>\w+)\s+(?P<how>\w+)\s+(?:'(?P<quoted>(?:[^']|'')*)'|(?P<bare>[^\s']+))\s*", re.I
)
_AND = re.compile(r"and\s", re.I)
_TARGET = "$filter"


class Filter(msgspec.Struct, frozen=True):
    """`since` and `until` in seconds since the epoch; what is empty is not asked for."""

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
_TIMES = {"ge": "since", "gt": "since", "le": "until", "lt": "until"}
# What older clients say: all there is, is of these channels.
_HEARD = ("eventchannels",)


def parse(text: str) -> Filter:
    """Raises Invalid with all that is wrong."""
    said: dict[str, str | float] = {}
    faults = []
    for field, how, value in _terms(text):
        try:
            said |= _read(field, how, value)
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
        return {_TIMES[how]: moment(value)}
    if field.lower() in _HEARD:
        return {}
    name = _FIELDS.get(field.lower())
    if name is None:
        known = "eventTimestamp, resourceGroupName, resourceUri, resourceProvider, correlationId"
        raise _wrong(f"`{field}` is not known here: there are {known}, caller and status")
    if how != "eq":
        raise _wrong(f"`{field}` is compared by `eq`, not by `{how}`")
    return {name: value}


def moment(text: str) -> float:
    """Seconds since the epoch; what has no time zone is UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(f"`{text[:80]}` is no time such as `2026-11-23T09:00:00Z`") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _wrong(text: str) -> Invalid:
    return Invalid(text, target=_TARGET)
