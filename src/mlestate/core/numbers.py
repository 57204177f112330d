"""Whole numbers that somebody sent as text."""

from __future__ import annotations

import re

# What both databases can hold.
LARGEST = 2**63 - 1
_WHOLE = re.compile(r"-?[0-9]{1,19}")


def whole(text: str, least: int = 0, most: int = LARGEST) -> int | None:
    """None where it is none, or out of these bounds. Digits are those of ASCII, and no text is so
    long that to read it would take long."""
    if _WHOLE.fullmatch(text) is None:
        return None
    found = int(text)
    return found if least <= found <= most else None
