"""Jobs: from a document to a place in the queue, and from reports back to the document."""

from .lifecycle import Jobs
from .reports import Reports

__all__ = ["Jobs", "Reports"]
