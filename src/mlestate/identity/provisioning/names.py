"""From what a directory calls somebody to a name that can stand in an address and in a file."""

from __future__ import annotations

import re
import uuid

from ...core.errors import Conflict, Invalid
from ...core.founders import is_reserved
from ...core.principals import LONGEST_NAME
from ...core.user_names import misleading

_ODD = re.compile(r"[^\w.@+-]+")


def name_of(handle: str) -> str:
    """`Data Scientists` is `Data-Scientists`; what looks like an object id gets a prefix. Raises
    Invalid, and Conflict for a name of the server's own."""
    name = _ODD.sub("-", handle.strip()).strip("-").lstrip(".@+-")[:LONGEST_NAME]
    if not name:
        raise Invalid(
            f"`{handle[:100]}` has no letter or digit to be named by", code="invalidValue"
        )
    if why := misleading(name):
        raise Invalid(f"`{handle[:100]}` cannot be a name here: {why}", code="invalidValue")
    if is_reserved(name):
        raise Conflict(f"`{name}` has another owner, the server itself", code="uniqueness")
    try:
        uuid.UUID(name)
    except ValueError:
        return name
    return f"id-{name}"


def put_aside(name: str, object_id: str) -> str:
    """What somebody who was taken away is called, once another has the name."""
    return f"{name[: LONGEST_NAME - 9]}-{object_id[:8]}"
