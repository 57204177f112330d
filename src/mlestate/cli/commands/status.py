from __future__ import annotations

from ..options import Data, Format, Output


def command(data: Data, output: Output = Format.table) -> None:
    """Say what is running, and how it is."""
    from ...app import processes
    from ..output import show

    show(processes.status(data), output)
