"""What is announced of access, told to webhooks."""

from __future__ import annotations

from ..core import happenings, ids
from ..core.lifecycle import Work
from .announcing import Announcement


def announce(work: Work, announcement: Announcement) -> None:
    """Webhooks hear of it if and only if the transaction is committed."""
    data = {**announcement.said, "by": announcement.by}
    id = ids.parse(announcement.resource)
    work.tell(happenings.told(happenings.access(announcement.kind), id, announcement.at, data))
