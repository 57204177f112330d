"""Where a page ended, as text that a client sends back."""

from __future__ import annotations

import msgspec

from .. import page_token
from ..errors import Invalid


class After(msgspec.Struct, frozen=True, array_like=True):
    """The last row of the page before: what it was ordered by, and which one it was. Nothing but
    what the row itself says is in it."""

    order: str
    value: float | str
    source: str
    place: str
    tail: str


def write(after: After) -> str:
    return page_token.write(after)


def read(text: str, order: str) -> After | None:
    """Raises Invalid where the text is none of ours, or of a search in another order."""
    if not text:
        return None
    found = page_token.read(text, After)
    if found is None or isinstance(found.value, str) != order.startswith("name "):
        raise Invalid("the page token is not one of ours: start again", target="$skipToken")
    if found.order != order:
        raise Invalid(
            f"the page token is of a search ordered by `{found.order}`: start again",
            target="$skipToken",
        )
    return found
