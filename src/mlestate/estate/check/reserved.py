"""Ids that are taken before any file: the administrator's, the regions' agents', and `me`."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.founders import is_reserved
from ...core.user_names import misleading
from ..layout.audiences import grants, group_name
from ..reading.source import Path, Source
from ..spec import Estate


def check(estate: Estate, source: Source) -> None:
    for path in _declared(estate):
        if is_reserved(str(path[-1])):
            source.key_fault(
                path,
                f"`{path[-1]}` is the server's own, the administrator's, an agent's or `me`: "
                "choose another id",
            )
        elif why := misleading(str(path[-1])):
            source.key_fault(path, f"`{path[-1]}` cannot be a name: {why}: choose another id")


def check_groups(estate: Estate, source: Source) -> None:
    """Of an estate whose names are known to fit."""
    for audience, role, environment in grants(estate):
        name = group_name(estate, audience, role, environment)
        if is_reserved(name):
            text = f"a group would be called `{name}`, which is the server's own: change it"
            source.fault(("naming", "group"), text)
            return


def _declared(estate: Estate) -> Iterator[Path]:
    for kind in ("people", "groups", "servicePrincipals"):
        field = {"servicePrincipals": "service_principals"}.get(kind, kind)
        yield from ((kind, name) for name in getattr(estate, field))
    for name, division in estate.divisions.items():
        for project, spec in division.projects.items():
            path: Path = ("divisions", name, "projects", project, "guests")
            for id, guest in spec.guests.items():
                yield (*path, id)
                yield from ((*path, id, "people", person) for person in guest.people)
