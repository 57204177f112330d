"""People and groups from outside: bound to the groups of resources of their project."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ..desired import Desired, Json
from ..layout.audiences import Audience, audiences
from ..layout.places import Workspace
from ..spec import Estate, Guest
from .access import Standing
from .identities import object_id
from .principals import ADDRESSES


def guests(estate: Estate, workspaces: list[Workspace], today: date) -> Iterator[Desired]:
    """Those who are still here: whose stay is over is not asked for, and has gone by itself."""
    standing = Standing(workspaces)
    for audience in audiences(estate):
        for id, guest in audience.guests.items():
            if today <= guest.until:
                stay = _stay(audience, guest, standing)
                yield from _principals(estate, id, guest, stay)


def _stay(audience: Audience, guest: Guest, standing: Standing) -> dict[str, Json]:
    scopes = [
        workspace.group
        for solution in audience.solutions or ()
        for environment in guest.environments
        for workspace in standing.of(solution.id, environment)
    ]
    return {"sponsor": guest.sponsor, "until": guest.until.isoformat(), "scopes": scopes}


def _principals(estate: Estate, id: str, guest: Guest, stay: dict[str, Json]) -> Iterator[Desired]:
    for person, name in (guest.people or {id: guest.name}).items():
        yield _one(estate, "User", person, {"displayName": name, "guest": stay}, guest.sponsor)
    if guest.people:
        members = list(guest.people)
        body: dict[str, Json] = {"displayName": guest.name, "members": members, "guest": stay}
        yield _one(estate, "Group", id, body, guest.sponsor, *members)


def _one(estate: Estate, kind: str, id: str, body: dict[str, Json], *others: str) -> Desired:
    address = ADDRESSES[kind]
    whole = {**body, "objectId": object_id(estate.id, kind, id)}
    type = f"mlestate/{address.rsplit('/', 1)[-1]}"
    # The sponsor, and the people of a group.
    needs = tuple(f"{ADDRESSES['User']}/{other}" for other in others)
    return Desired(f"{address}/{id}", type, whole, needs)
