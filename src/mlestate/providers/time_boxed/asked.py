"""What every request for a role must hold to, and how requests are found again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ...catalog.authorization import role_id
from ...catalog.schedule_requests import ScheduleRequest, Status, scope_type
from ...control.giving import Directory, definition
from ...control.giving import principal_of as principal_of
from ...control.giving import role_of as role_of
from ...core import roles, validate
from ...core.access import Caller
from ...core.errors import Invalid
from ...core.ids import ResourceId
from ...core.lifecycle import Work
from ...core.resource import Change, Resource, Stamp
from ...store.resources import Resources


class People(Directory, Protocol):
    def name_of(self, work: Work, object_id: str) -> str | None:
        """What people call it; None where nobody has the object id."""

    def caller(self, object_id: str) -> Caller | None:
        """Somebody as they are now; None where they are gone, or a group."""


def expanded(people: People, work: Work, found: Resource) -> dict[str, object]:
    """What it names, in the words of people."""
    guid, principal = role_of(found), principal_of(found)
    scope = str(found.id.parent) or "/"
    return {
        "scope": {
            "id": scope,
            "displayName": scope.rpartition("/")[2],
            "type": scope_type(found.id.parent),
        },
        "roleDefinition": {
            "id": role_id(found, work.view),
            "displayName": role_name(work, guid),
        },
        "principal": {
            "id": principal,
            "displayName": people.name_of(work, principal),
            "type": found.properties.get("principalType"),
        },
    }


def role_name(work: Work, guid: str) -> str:
    """Azure's own, or a custom one's; the GUID where there is none."""
    if role := roles.by_id(guid):
        return role.name
    found = definition(work, guid)
    return str(found.properties.get("roleName")) if found else guid


def read(found: Resource) -> ScheduleRequest:
    return validate.read(found.properties, ScheduleRequest, "$.properties")


def alike(work: Work, of: Change | Resource, kind: str, scope: ResourceId) -> Iterator[Resource]:
    """The other requests of a kind at a scope, for the same role and principal."""
    for other in Resources(work.connection).extensions(kind, scope.key):
        same = role_of(other) == role_of(of) and principal_of(other) == principal_of(of)
        if same and other.id.key != of.id.key:
            yield other


def is_provisioned(found: Resource) -> bool:
    return found.properties.get("status") == Status.PROVISIONED.value


def made(work: Work, id: ResourceId, **properties: object) -> Resource:
    """A document of the server's own, written."""
    stamp = Stamp(work.caller.name, "Application", work.at, work.caller.id)
    resource = Resource(id=id, document={"properties": properties}, created=stamp, modified=stamp)
    return work.save(resource)


def need_text(text: object, place: str, what: str) -> None:
    if not str(text or "").strip():
        raise Invalid(f"{place}: {what}", target=place)
