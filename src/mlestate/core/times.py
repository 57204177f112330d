"""Points in time as Azure writes them."""

from __future__ import annotations

import math
from datetime import UTC, datetime


def iso(at: float) -> str:
    """Seconds since the epoch as `2026-08-01T12:00:00.000000Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def written(at: float) -> float:
    """The last moment until then that `iso` can say: what begins now has begun when it is read."""
    return math.floor(at * 1e6) / 1e6
