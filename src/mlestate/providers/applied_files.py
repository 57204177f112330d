"""The record of an applied file: whether somebody applies it at this moment."""

from __future__ import annotations

from typing import Any

from ..catalog.applied_files import APPLIED_FILES, under_way
from ..core.lifecycle import Lifecycle, Work
from ..core.resource import Resource


class AppliedFiles(Lifecycle):
    kind = APPLIED_FILES.name

    def show(self, work: Work, resource: Resource) -> dict[str, Any]:
        return {"underWay": under_way(resource, work.at)}
