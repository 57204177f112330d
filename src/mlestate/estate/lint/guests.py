"""Rules about people from outside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ..reading.source import Path
from ..spec import Guest
from .finding import Hit
from .subject import Subject

_LONG = timedelta(days=366)


def guest_is_over(subject: Subject) -> Iterator[Hit]:
    for path, name, guest in guests(subject):
        if guest.until < subject.today:
            yield Hit(path, f"the last day of `{name}` was {guest.until}")


def guest_for_long(subject: Subject) -> Iterator[Hit]:
    for path, name, guest in guests(subject):
        if guest.until > subject.today + _LONG:
            yield Hit((*path, "until"), f"`{name}` may stay until {guest.until}")


def guest_at_live_data(subject: Subject) -> Iterator[Hit]:
    for path, name, guest in guests(subject):
        for i, environment in enumerate(guest.environments):
            if environment in subject.live:
                text = f"`{name}` is from outside and enters `{environment}`, which is live"
                yield Hit((*path, "environments", i), text)


def guests(subject: Subject) -> Iterator[tuple[Path, str, Guest]]:
    for division, spec in subject.estate.divisions.items():
        for project, said in spec.projects.items():
            for name, guest in said.guests.items():
                path = ("divisions", division, "projects", project, "guests", name)
                yield path, name, guest
