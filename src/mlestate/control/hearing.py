"""Who may hear of what: whoever may read it, at the moment when it is told."""

from __future__ import annotations

from collections.abc import Callable

from ..core import happenings, ids
from ..core.access import Caller
from ..store.outbox import Letter
from .activity_log import READ
from .hooks import Hook
from .needing import may
from .plane import Plane

GONE = "who wrote the webhook is not there any more, or disabled"
HIDDEN = "who wrote the webhook may not read it"


class Hearing:
    """`caller_of` finds somebody by their object id, with what they may do now; None for who is
    not there, disabled, or a guest whose stay is over."""

    def __init__(self, plane: Plane, caller_of: Callable[[str], Caller | None]):
        self._plane, self._caller_of = plane, caller_of

    def withheld(self, hook: Hook, letter: Letter) -> str:
        """Why it is not told; empty where it is. A webhook hears what its last writer may read."""
        writer = self._caller_of(hook.writer)
        if writer is None or writer.since > hook.written:
            return GONE
        return "" if self.may(writer, letter) else HIDDEN

    def may(self, caller: Caller, letter: Letter) -> bool:
        """Who did something to a resource is read in the activity log, and takes that right too."""
        logged = letter.type.startswith(happenings.RESOURCES)
        if logged and not caller.rights.allows(READ, letter.key):
            return False
        id = ids.parse(letter.key)
        kind = self._plane.catalog.get(id.type.lower())
        if kind is None:
            return caller.rights.allows(f"{id.type}/read", letter.key)
        return may(caller, kind, "read", id, lambda: self._plane.concerns(caller, kind, id))
