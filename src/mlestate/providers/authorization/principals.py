"""What these types ask of the directory."""

from __future__ import annotations

from typing import Protocol

from ...core.lifecycle import Work
from ...core.resource import Resource


class Principals(Protocol):
    def kind_of(self, work: Work, object_id: str) -> str | None:
        """User, Group or ServicePrincipal; None where nobody has the object id."""

    def groups_of(self, work: Work, object_id: str) -> frozenset[str]:
        """The ids of all groups the principal is in, groups in groups included."""

    def hold_grant(self, object_id: str, scope: str) -> None:
        """Raise Conflict where a role there would reach beyond what a guest may have."""

    def hold_last(self, work: Work, going: Resource) -> None:
        """Raise Conflict where without the assignment nobody may give rights anywhere."""
