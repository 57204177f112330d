"""Page tokens: where the next page starts."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from ..core.errors import Invalid

T = TypeVar("T")


class _Place(msgspec.Struct):
    offset: int


def start(token: str | None) -> int:
    if not token:
        return 0
    try:
        place = msgspec.json.decode(base64.b64decode(token, validate=True), type=_Place)
    except (binascii.Error, msgspec.DecodeError, ValueError):
        raise Invalid(
            f"Invalid page token `{token[:100]}`: send the one of the page before."
        ) from None
    if not 0 <= place.offset < 2**53:
        raise Invalid(f"Invalid page token `{token[:100]}`: send the one of the page before.")
    return place.offset


def cut(found: Sequence[T], limit: int, offset: int) -> tuple[list[T], str | None]:
    """`found` was asked for with one more than `limit`: it tells whether there is another page."""
    if len(found) <= limit:
        return list(found), None
    return list(found[:limit]), token(offset + limit)


def token(offset: int) -> str:
    return base64.b64encode(msgspec.json.encode(_Place(offset))).decode()
