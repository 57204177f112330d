"""Who did what: a row per event, in its own transaction where it can be, chained by seals.

`writing` appends, `reading` finds, `chain` says whether it is as it was written and forgets what
is old, `marks` are points of a chain, `ledger` those that are kept outside the databases, `shape`
is how its tables are made, `journal` takes what must not wait for a database.
"""

from __future__ import annotations

from ...core.activity import Event, seal
from .reading import events
from .tables import activity, metadata
from .writing import end, record

__all__ = ["Event", "activity", "end", "events", "metadata", "record", "seal"]
