"""What is announced of access, told to webhooks."""

from __future__ import annotations

from ..core import happenings, ids
from ..core.lifecycle import Work
from .announcing import Announcement


def announce(work: Work, one: Announcement) -> None:
    """Webhooks hear of it if and only if the transaction is committed."""
    data = {**one.said, "by": one.by}
    id = ids.parse(one.resource)
    work.tell(happenings.told(happenings.access(one.kind), id, one.at, data))
