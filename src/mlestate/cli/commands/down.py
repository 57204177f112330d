from __future__ import annotations

from ..options import Data


def command(data: Data) -> int:
    """Stop what `up` started on this data folder."""
    from ...app import processes

    return int(processes.down(data))
