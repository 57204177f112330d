"""How long the activity log is kept: in days, as far as the server takes it."""

from __future__ import annotations

import re

from ...catalog.activity_logs import MOST_DAYS
from ..reading.source import Source
from ..spec import Estate

_DAYS = re.compile(r"(?P<days>[1-9][0-9]{0,4})d")


def check(estate: Estate, source: Source) -> None:
    if estate.record is None:
        return
    found = _DAYS.fullmatch(estate.record.keep)
    if found is None or int(found["days"]) > MOST_DAYS:
        text = f"`{estate.record.keep}` is no time to keep it: write days, 90d or 400d"
        source.fault(("record", "keep"), f"{text}, up to {MOST_DAYS}d")
