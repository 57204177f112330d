"""What principals hold outside the directory, and what goes with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..core.ids import ResourceId
from ..store.principals import Connection


class Belongings(Protocol):
    """Kept by another room, in the directory's own database."""

    def remove(self, connection: Connection, principal_id: str) -> Sequence[ResourceId]:
        """Take away all that names the principal, in the transaction that removes it."""

    def removed(self, ids: Sequence[ResourceId]) -> None:
        """The transaction is committed."""


class NoBelongings:
    """Where nobody holds anything."""

    def remove(self, connection: Connection, principal_id: str) -> Sequence[ResourceId]:
        return ()

    def removed(self, ids: Sequence[ResourceId]) -> None:
        """Nothing was."""
