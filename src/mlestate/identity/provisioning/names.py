"""From what a directory calls somebody to a name that can stand in an address and in a file."""

from __future__ import annotations

import re
import uuid

from ...core.errors import Invalid
from ...core.principals import LONGEST_NAME

_ODD = re.compile(r"[^\w.@+-]+")


def name_of(handle: str) -> str:
    """`Data Scientists` is `Data-Scientists`; what looks like an object id gets a prefix."""
    name = _ODD.sub("-", handle.strip()).strip("-").lstrip(".@+-")[:LONGEST_NAME]
    if not name:
        raise Invalid(
            f"`{handle[:100]}` has no letter or digit to be named by", code="invalidValue"
        )
    try:
        uuid.UUID(name)
    except ValueError:
        return name
    return f"id-{name}"


def put_aside(name: str, object_id: str) -> str:
    """What somebody who was taken away is called, once another has their name."""
    return f"{name[: LONGEST_NAME - 9]}-{object_id[:8]}"
