"""Locks: who enforces them is told of each that comes or goes."""

from __future__ import annotations

from typing import Protocol

from ..core.ids import ResourceId
from ..core.lifecycle import Lifecycle, Work
from ..core.resource import Resource


class Enforcer(Protocol):
    def note(self, lock: ResourceId) -> None:
        """It is written or removed in a transaction that is under way."""


class Locks(Lifecycle):
    kind = "Microsoft.Authorization/locks"

    def __init__(self, enforcer: Enforcer):
        self.enforcer = enforcer

    def written(self, work: Work, resource: Resource, old: Resource | None) -> None:
        self.enforcer.note(resource.id)

    def removed(self, work: Work, resource: Resource) -> None:
        self.enforcer.note(resource.id)
