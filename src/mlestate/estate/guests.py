"""Guests of a file whose last day is over: they are gone, and their lines can go too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from .source import Path, Source
from .spec import Estate


def over(estate: Estate, source: Source, today: date) -> Iterator[str]:
    """A warning for each."""
    for name, division in estate.divisions.items():
        for project, spec in division.projects.items():
            for id, guest in spec.guests.items():
                if today > guest.until:
                    path: Path = ("divisions", name, "projects", project, "guests", id)
                    yield (
                        f"{source.spot(path)}: the stay of guest `{id}` ended on {guest.until}: "
                        "these lines can go"
                    )
