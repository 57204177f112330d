"""ISO 8601 durations, as Azure writes them: `PT30M`, `P1DT2H`, `PT1.5S`.

Years and months are refused: they have no fixed length.
"""

from __future__ import annotations

import re

from .errors import Invalid

_SHAPE = re.compile(
    r"P(?=.)(?:(?P<weeks>\d{1,9})W)?(?:(?P<days>\d{1,9})D)?"
    r"(?:T(?=.)(?:(?P<hours>\d{1,9})H)?(?:(?P<minutes>\d{1,9})M)?"
    r"(?:(?P<seconds>\d{1,9}(?:\.\d{1,9})?)S)?)?",
    re.ASCII,
)
_SECONDS = {"weeks": 604800.0, "days": 86400.0, "hours": 3600.0, "minutes": 60.0, "seconds": 1.0}


def parse(text: str, target: str = "") -> float:
    """Seconds. Raises Invalid, which names `target`."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise Invalid(f"`{text[:80]}` is not an ISO 8601 duration such as `PT30M`", target=target)
    return sum(float(found[unit] or 0) * length for unit, length in _SECONDS.items())


def text(seconds: float) -> str:
    """The shortest form in hours, minutes and seconds: `PT2H`, `PT1M30S`, `PT0S`."""
    whole = round(max(seconds, 0.0), 3)
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [
        f"{int(hours)}H" if hours else "",
        f"{int(minutes)}M" if minutes else "",
        f"{round(rest, 3):g}S" if rest or not whole else "",
    ]
    return "PT" + "".join(parts)
