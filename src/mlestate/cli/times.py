"""Moments as people read them."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(at: str) -> str:
    """From a server's `2026-11-23T09:14:02.124189Z`; what is no moment stays as it is."""
    try:
        return f"{datetime.fromisoformat(at).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    except ValueError:
        return at
