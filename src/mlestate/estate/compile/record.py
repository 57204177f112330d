"""How long the activity log is kept, a resource of the estate."""

from __future__ import annotations

from collections.abc import Iterator

from ..desired import Desired
from ..spec import Estate

TYPE = "Mlestate.Organization/activityLogs"


def record(estate: Estate) -> Iterator[Desired]:
    if estate.record is not None:
        keep = f"P{estate.record.keep.upper()}"
        yield Desired(f"/providers/{TYPE}/default", TYPE, {"properties": {"keep": keep}})
