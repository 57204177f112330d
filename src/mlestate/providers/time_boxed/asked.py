"""What every request for a role must hold to, and how requests are found again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ...catalog.authorization import role_id
from ...catalog.schedule_requests import ScheduleRequest, Status
from ...core import roles, validate
from ...core.access import Caller
from ...core.errors import Invalid
from ...core.ids import ResourceId
from ...core.lifecycle import Work
from ...core.resource import Change, Resource, Stamp
from ...store.resources import Condition, Query, Resources

DEFINITIONS = "Microsoft.Authorization/roleDefinitions"


class People(Protocol):
    def kind_of(self, work: Work, object_id: str) -> str | None:
        """User, Group or ServicePrincipal; None where nobody has the object id."""

    def name_of(self, work: Work, object_id: str) -> str | None:
        """What people call it; None where nobody has the object id."""

    def hold_grant(self, object_id: str, scope: str) -> None:
        """Raise Conflict where a role there would reach beyond what a guest may have."""

    def caller(self, object_id: str) -> Caller | None:
        """Somebody as they are now; None where they are gone, or a group."""


def role_of(found: Change | Resource) -> str:
    """The GUID, in lower case."""
    return str(found.properties.get("roleDefinitionId", "")).rpartition("/")[2].lower()


def principal_of(found: Change | Resource) -> str:
    return str(found.properties.get("principalId", "")).lower()


def expanded(people: People, work: Work, found: Resource) -> dict[str, object]:
    """What it names, in the words of people."""
    guid, principal = role_of(found), principal_of(found)
    scope = str(found.id.parent) or "/"
    return {
        "scope": {
            "id": scope,
            "displayName": scope.rpartition("/")[2],
            "type": found.id.parent.type,
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
    query = Query(type=DEFINITIONS, where=(Condition((), (guid,)),), limit=1)
    found = next(iter(Resources(work.connection).list(query)), None)
    return str(found.properties.get("roleName")) if found else guid


def read(found: Resource) -> ScheduleRequest:
    return validate.read(found.properties, ScheduleRequest, "$.properties")


def need_known(people: People, work: Work, change: Change) -> None:
    """The role and the principal are there; all that is wrong is said at once."""
    faults = []
    role, principal = role_of(change), principal_of(change)
    if role not in roles.builtin() and not Resources(work.connection).named(DEFINITIONS, role):
        text = f"there is no role `{change.properties.get('roleDefinitionId')}`"
        faults.append(("$.properties.roleDefinitionId", text))
    if people.kind_of(work, principal) is None:
        text = f"there is nobody with the object id `{principal}`"
        faults.append(("$.properties.principalId", text))
    if faults:
        raise validate.refusal(faults)


def alike(work: Work, of: Change | Resource, kind: str, scope: ResourceId) -> Iterator[Resource]:
    """The other requests of a kind at a scope, for the same role and principal."""
    for other in Resources(work.connection).extensions(kind, scope.key):
        same = role_of(other) == role_of(of) and principal_of(other) == principal_of(of)
        if same and other.id.key != of.id.key:
            yield other


def status(found: Resource) -> str:
    return str(found.properties.get("status") or "")


def is_provisioned(found: Resource) -> bool:
    return status(found) == Status.PROVISIONED


def made(work: Work, id: ResourceId, **properties: object) -> Resource:
    """A document of the server's own, written."""
    stamp = Stamp(work.caller.name, "Application", work.at, work.caller.id)
    resource = Resource(id=id, document={"properties": properties}, created=stamp, modified=stamp)
    return work.save(resource)


def need_text(text: object, place: str, what: str) -> None:
    if not str(text or "").strip():
        raise Invalid(f"{place}: {what}", target=place)
