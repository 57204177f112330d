"""A file whose `id` was changed: to the server it is another estate, with other ids for all."""

from __future__ import annotations

from collections.abc import Iterator

from ..port import Port
from . import record as records
from .obstacles import OBJECT_ID
from .plan import Plan


def other_id(estate: str, plan: Plan, port: Port) -> Iterator[str]:
    """A note, where nothing was applied as `estate` and its principals are here as another's."""
    if not any(reason.path == OBJECT_ID for step in plan.changes for reason in step.reasons):
        return
    others = ", ".join(f"`{each.estate}`" for each in records.every(port))
    if others:
        yield (
            f"nothing was applied yet as `{estate}`, and what is here was as {others}: with "
            "another `id` a file is another estate, and all ids that are drawn from it are others"
        )
