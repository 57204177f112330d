"""Points in time as people write them in a filter."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_AGO = re.compile(r"-(\d{1,6})([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def read(text: str, now: float) -> float | None:
    """Seconds since the epoch of `2026-11-01`, `2026-11-01T12:00:00Z` or, seen from `now`, `-7d`.

    A time without a zone is UTC's. None where the text is none of these.
    """
    ago = _AGO.fullmatch(text)
    if ago:
        return now - int(ago[1]) * _SECONDS[ago[2]]
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
