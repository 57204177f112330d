"""Who did what: a row per event, in its own transaction where it can be, chained by hash.

`writing` appends, `reading` finds, `chain` says whether it is as it was written and forgets what
is old, `journal` takes what must not wait for a database.
"""

from __future__ import annotations

from ...core.activity import Event, seal
from .reading import events
from .tables import activity, metadata
from .writing import end, record

__all__ = ["Event", "activity", "end", "events", "metadata", "record", "seal"]
