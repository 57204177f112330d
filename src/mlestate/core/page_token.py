"""Where a page ended, as text that a client sends back: nothing that comes so is trusted."""

from __future__ import annotations

import base64
from typing import Any, TypeVar

import msgspec

from .numbers import LARGEST

T = TypeVar("T")


def write(place: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def read(text: str, type: type[T]) -> T | None:
    """None where it is not of the type, or has what no database holds."""
    try:
        raw = base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
        found = msgspec.json.decode(raw, type=type)
    except (ValueError, msgspec.MsgspecError):
        return None
    return found if _held(msgspec.to_builtins(found)) else None


def _held(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_held(one) for one in value.values())
    if isinstance(value, list | tuple):
        return all(_held(one) for one in value)
    if isinstance(value, str):
        return "\0" not in value
    return not isinstance(value, int) or abs(value) <= LARGEST
