"""From the texts of an estate file to its spec."""

from __future__ import annotations

from ..core.bundle import Bundle
from .load import load
from .spec import Estate


def load_bundle(files: Bundle, name: str) -> Estate:
    """`name` is what the file is called in faults. Raises `Invalid` with every fault."""
    return load(files.main, name, files.files)
