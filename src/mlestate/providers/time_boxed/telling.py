"""What becomes of a request for a role is told to those who want to know."""

from __future__ import annotations

from ...catalog.authorization import role_id
from ...control.announcing import Announce, Announcement
from ...core.lifecycle import Work
from ...core.resource import Resource


def tell(announce: Announce, work: Work, kind: str, request: Resource) -> None:
    said = {**request.properties, "roleDefinitionId": role_id(request, work.view)}
    told = ("roleDefinitionId", "principalId", "justification", "status", "activeUntil")
    announce(
        work,
        Announcement(
            kind=kind,
            resource=str(request.id),
            at=work.at,
            by=work.caller.id,
            said={name: said[name] for name in told if said.get(name) is not None},
        ),
    )
