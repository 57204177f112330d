"""What there is of some ids: asked for together where the port can."""

from __future__ import annotations

from collections.abc import Sequence

from ..desired import Document
from ..port import BulkReader, Port, Workers


def look_up(ids: Sequence[str], port: Port, workers: Workers) -> dict[str, Document]:
    """Those that are there, by id in lower case."""
    if isinstance(port, BulkReader):
        return dict(port.get_many(ids))
    found = zip(ids, workers(port.get, ids), strict=True)
    return {id.lower(): document for id, document in found if document}
