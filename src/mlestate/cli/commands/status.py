from __future__ import annotations

from ..options import Data, Format, Output


def command(data: Data, output: Output = Format.table) -> None:
    """Say what is running, and how it is."""
    from importlib import import_module

    from ..output import show

    show(import_module("mlestate.app.processes").status(data), output)
