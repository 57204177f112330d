"""ISO 8601 durations, as Azure writes them (`PT10M`, `P1DT2H`). Pure."""

from __future__ import annotations

import re

from ..core.errors import Invalid

_DURATION = re.compile(
    r"P(?!$)(?:(?P<days>\d+)D)?"
    r"(?:T(?!$)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_SECONDS = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}


def seconds(text: str, target: str = "") -> float:
    """Raises Invalid. Years and months have no length in seconds and are refused."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise Invalid(
            f"`{text}` is no duration like `PT10M`.", code="InvalidDuration", target=target
        )
    return sum(float(found[unit] or 0) * length for unit, length in _SECONDS.items())
