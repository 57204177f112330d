"""Regions: opened when they are made, and kept while anything stands in them."""

from __future__ import annotations

from typing import Protocol

from ..core.errors import Conflict
from ..core.lifecycle import Lifecycle, Slow, Work
from ..core.resource import Resource

KIND = "Mlestate.Organization/regions"


class Places(Protocol):
    def open(self, region: str) -> None:
        """Make the region's cell, and start its agent. Safe to repeat."""

    def holds(self, region: str) -> bool:
        """Whether anything stands in it."""


class Regions(Lifecycle):
    kind = KIND

    def __init__(self, places: Places):
        self.places = places

    def create(self, slow: Slow, resource: Resource) -> None:
        self.places.open(resource.name.lower())

    def admit_removal(self, work: Work, resource: Resource) -> None:
        if self.places.holds(resource.name.lower()):
            raise Conflict(
                f"resources stand in `{resource.name}`: delete them first",
                code="RegionNotEmpty",
            )
