"""A cell's tracking database: one writer with group commit, pooled readers; SQLite or PostgreSQL.

What a run, a metric or a limit *means* is decided in `mlestate.tracking`; here it is only kept and
found.
"""

from .store import TrackingStore, open_tracking

__all__ = ["TrackingStore", "open_tracking"]
