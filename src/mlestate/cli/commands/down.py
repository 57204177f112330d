from __future__ import annotations

from ..options import Data


def command(data: Data) -> int:
    """Stop what `up` started on this data folder."""
    from importlib import import_module

    return int(import_module("mlestate.app.processes").down(data))
