"""Page tokens: where the next page starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from ..core import page_token
from ..core.errors import Invalid

T = TypeVar("T")


class _Place(msgspec.Struct):
    offset: int


def start(token: str | None) -> int:
    if not token:
        return 0
    found = page_token.read(token, _Place)
    if found is None or not 0 <= found.offset < 2**53:
        raise Invalid(f"Invalid page token `{token[:100]}`: send the one of the page before.")
    return found.offset


def cut(found: Sequence[T], limit: int, offset: int) -> tuple[list[T], str | None]:
    """`found` was asked for with one more than `limit`: it tells whether there is another page."""
    if len(found) <= limit:
        return list(found), None
    return list(found[:limit]), token(offset + limit)


def token(offset: int) -> str:
    return page_token.write(_Place(offset))
