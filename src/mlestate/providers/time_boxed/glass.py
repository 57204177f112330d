"""Who may take a strong role at once in an emergency."""

from __future__ import annotations

from ...catalog.break_glass import GLASS
from ...control.giving import hold_given
from ...core.lifecycle import Lifecycle, Work
from ...core.resource import Change, Resource
from .asked import People
from .eligibilities import end_what_rests_on


class BreakGlass(Lifecycle):
    kind = GLASS

    def __init__(self, people: People):
        self.people = people

    def admit(self, work: Work, change: Change) -> None:
        hold_given(self.people, work, change)

    def removed(self, work: Work, resource: Resource) -> None:
        end_what_rests_on(work, resource.id)
