"""From the texts of an estate file to a spec that holds together, or every fault in it."""

from __future__ import annotations

from collections.abc import Mapping

from .check import check
from .reading.decode import decode
from .reading.source import Source
from .reading.texts import compose
from .spec import Estate


def load(text: str, file: str = "estate.yaml", included: Mapping[str, str] | None = None) -> Estate:
    """`included` has the text of each file that `include` named, by the name to show for it.

    Raises `Invalid` whose details are all faults, each as `file:line:column: what to do`.
    """
    return read(text, file, included)[0]


def read(
    text: str, file: str = "estate.yaml", included: Mapping[str, str] | None = None
) -> tuple[Estate, Source]:
    """As `load`, and where everything stands."""
    source = Source(file, *(included or {}))
    estate: Estate = decode(compose({file: text, **(included or {})}, source), Estate, source)
    check(estate, source)
    source.refuse()
    return estate, source
