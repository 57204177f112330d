"""What people are told of that concerns them: said in the transaction that makes it so."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from ..core.lifecycle import Work


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    """`kind` is one of those below; `resource` is the id that it is about. `said` is what whoever
    may read that may be told."""

    kind: str
    resource: str
    at: float
    by: str
    said: dict[str, Any] = {}


ASKED = "access.approvalAsked"
ACTIVATED = "access.activated"
REFUSED = "access.refused"
ENDED = "access.ended"
GLASS_BROKEN = "access.glassBroken"


class Announce(Protocol):
    def __call__(self, work: Work, announcement: Announcement) -> None:
        """Take it over: it is to be told if and only if the transaction is committed."""


def nobody_listens(work: Work, announcement: Announcement) -> None:
    """Where nothing is told to anyone."""
