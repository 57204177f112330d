"""Which letters of a signature stand for what its principal may do through the right it names."""

from __future__ import annotations

from ...blob.sas import Right
from ...core.access import Caller

# What uploads need, and no more: nothing is deleted through a signature to upload.
READ, WRITE = "rl", "racwl"
EVERY = "racwdl"
_VERBS = {"read": "rl", "write": "acw", "delete": "d"}


def held(letters: str, caller: Caller, right: Right) -> str:
    """Of the letters those that the caller may have now. A datastore's secrets open all of it; any
    other right is one of reading, writing or deleting, and gives no letter of the other two."""
    thing, _, verb = right.action.rpartition("/")
    if verb not in _VERBS:
        return letters if _may(caller, right, right.action) else ""
    given = [each for verb, each in _VERBS.items() if _may(caller, right, f"{thing}/{verb}")]
    return "".join(letter for letter in letters if letter in "".join(given))


def _may(caller: Caller, right: Right, action: str) -> bool:
    return caller.rights.allows(action, right.scope, right.data)
