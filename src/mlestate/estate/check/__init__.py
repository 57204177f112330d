"""Does the file hold together? Each module looks at one part and records every fault it finds."""

from __future__ import annotations

from ..source import Source
from ..spec import Estate
from . import access, names, places, tags


def check(estate: Estate, source: Source) -> None:
    places.check(estate, source)
    access.check(estate, source)
    tags.check(estate, source)
    names.check_patterns(estate, source)
    # Names follow from everything else; of a file that does not hold together they say nothing.
    if not source.faults:
        names.check(estate, source)
        tags.check_required(estate, source)
