"""Guests of a file whose last day is over: their lines can go."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ..reading.source import Path, Source
from ..spec import Estate, Guest


def over(estate: Estate, source: Source, today: date) -> Iterator[str]:
    """A warning for each."""
    for path, guest in _every(estate):
        if today > guest.until:
            said = f"the last day of guest `{path[-1]}` was {guest.until}: nobody is let in by this"
            yield f"{source.spot(path)}: {said}; take the lines out, or mend the date"


def _every(estate: Estate) -> Iterator[tuple[Path, Guest]]:
    for name, division in estate.divisions.items():
        for project, spec in division.projects.items():
            path: Path = ("divisions", name, "projects", project, "guests")
            yield from (((*path, id), guest) for id, guest in spec.guests.items())
