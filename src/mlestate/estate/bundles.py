"""From the texts of an estate file to its spec."""

from __future__ import annotations

from ..core.bundle import Bundle
from .load import read
from .reading.source import Source
from .spec import Estate


def load_bundle(files: Bundle, name: str) -> Estate:
    """`name` is what the file is called in faults. Raises `Invalid` with every fault."""
    return read_bundle(files, name)[0]


def read_bundle(files: Bundle, name: str) -> tuple[Estate, Source]:
    """As `load_bundle`, and where everything stands."""
    return read(files.main, name, files.files)
