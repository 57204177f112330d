"""Users, groups and service principals as documents: read, listed, put and deleted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, TypeVar
from urllib.parse import urlencode

import anyio
import msgspec
from starlette.responses import Response

from ..core import numbers
from ..core.access import Caller
from ..core.activity import By
from ..core.errors import Invalid
from ..core.guests import Guest
from ..core.principals import Kind, Principal
from ..core.provisioned import Source
from ..core.times import iso
from ..identity.changes import Changes
from ..identity.credentials import Credentials
from ..identity.directory import Directory
from ..identity.guard import From
from ..identity.logins import Logins
from ..identity.provisioning.provisioning import Provisioning
from ..identity.provisioning.tokens import ProvisioningTokens
from .http import answer

KINDS: dict[str, Kind] = {
    "users": "User",
    "groups": "Group",
    "servicePrincipals": "ServicePrincipal",
}
DIRECTORY = "/estate/v1/"
_COLLECTIONS = {kind: collection for collection, kind in KINDS.items()}
_LARGEST_PAGE = 1000
T = TypeVar("T")


class People(msgspec.Struct, frozen=True):
    """What these addresses work on. `dev`: a development estate, where nobody is anybody's boss."""

    directory: Directory
    credentials: Credentials
    tokens: ProvisioningTokens
    provisioning: Provisioning
    logins: Logins
    # Those in which passwords are compared.
    threads: anyio.CapacityLimiter
    dev: bool = False


class Asked(msgspec.Struct, frozen=True):
    """A request, read: `kind` is the collection in the address."""

    caller: Caller
    by: By
    kind: str
    name: str
    label: str
    body: Any
    query: dict[str, str]
    source: From
    # How long ago the caller showed who they are, where that is asked.
    age: float = math.inf

    @property
    def origin(self) -> str:
        return self.source.origin


class GuestBody(msgspec.Struct, forbid_unknown_fields=True):
    """`sponsor` by name; `until` is the last day, such as `2027-03-31`; `scopes` by id."""

    sponsor: str
    until: date
    scopes: list[str]


class ProgramBody(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """What is not sent stays as it is. `object_id` is given once, when the principal is made."""

    display_name: str | None = None
    enabled: bool | None = None
    object_id: str | None = None


class UserBody(ProgramBody, forbid_unknown_fields=True, rename="camel"):
    """`guest` null: one of the house."""

    guest: GuestBody | msgspec.UnsetType | None = msgspec.UNSET


class GroupBody(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """`members` by name: exactly these are in the group afterwards."""

    display_name: str | None = None
    members: list[str] | None = None
    object_id: str | None = None
    guest: GuestBody | msgspec.UnsetType | None = msgspec.UNSET


# By collection, what is sent of one.
BODIES: dict[str, type[msgspec.Struct]] = {
    "users": UserBody,
    "groups": GroupBody,
    "servicePrincipals": ProgramBody,
}


def me(people: People, asked: Asked) -> Response:
    """Who one is, and in which groups."""
    caller, directory = asked.caller, people.directory
    groups = [directory.by_id(group) for group in directory.groups_of(caller.id)]
    told: dict[str, Any] = {
        "id": caller.id,
        "name": caller.name,
        "kind": caller.kind,
        "job": caller.job or None,
        "tenant": directory.tenant,
        "groups": sorted(group.name for group in groups if group),
    }
    if stay := directory.stay(caller.id):
        told["guest"] = {
            "until": min(each.guest.until for each in stay.rests_on).isoformat(),
            "sponsors": sorted({each.guest.sponsor or "" for each in stay.rests_on}),
            "scopes": stay.scopes,
        }
    return answer(told)


def listed(people: People, asked: Asked) -> Response:
    limit = _limit(asked.query.get("$top", "100"))
    after = asked.query.get("$skiptoken", "")
    # One more than asked for tells whether there is another page.
    found = people.directory.page(KINDS[asked.kind], after, limit + 1)
    shown = found[:limit]
    page: dict[str, Any] = {"value": _whole(people, shown)}
    if len(found) > limit:
        rest = urlencode({"$top": limit, "$skiptoken": shown[-1].name}, safe="$")
        page["nextLink"] = f"{asked.origin}/estate/v1/{asked.kind}?{rest}"
    return answer(page)


def got(people: People, asked: Asked) -> Response:
    return answer(_whole(people, [people.directory.get(KINDS[asked.kind], asked.name)])[0])


def several(people: People, named: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Those of the collections and names that are there."""
    wanted: dict[str, list[str]] = {}
    for collection, name in named:
        wanted.setdefault(collection, []).append(name)
    found = [
        principal
        for collection, names in wanted.items()
        for principal in people.directory.named(KINDS[collection], names)
    ]
    return _whole(people, found)


def put(people: People, asked: Asked) -> Response:
    with people.directory.changing(asked.by) as changes:
        document, new = put_one(changes, asked.kind, asked.name, asked.body)
    return answer(document, 201 if new else 200)


def put_one(changes: Changes, kind: str, name: str, body: Any) -> tuple[dict[str, Any], bool]:
    """What it is now, and whether it is new. `kind` is the collection."""
    if kind == "groups":
        group = checked(body, GroupBody)
        principal, new = changes.put_group(
            name, group.display_name, group.members, group.object_id, _guest(group.guest)
        )
    else:
        said = checked(body, UserBody if kind == "users" else ProgramBody)
        principal, new = changes.put(
            KINDS[kind],
            name,
            said.display_name,
            said.enabled,
            said.object_id,
            _guest(said.guest) if isinstance(said, UserBody) else msgspec.UNSET,
        )
    found = [principal]
    told = whole(found, changes.names_in(found), changes.guests(found), changes.owners(found))
    return told[0], new


def deleted(people: People, asked: Asked) -> Response:
    people.directory.delete(KINDS[asked.kind], asked.name, asked.by)
    return answer(None)


def document(principal: Principal) -> dict[str, Any]:
    return {
        "id": f"/estate/v1/{_COLLECTIONS[principal.kind]}/{principal.name}",
        "objectId": principal.id,
        "name": principal.name,
        "kind": principal.kind,
        "clientId": principal.client_id,
        "displayName": principal.display_name,
        "enabled": principal.enabled,
        "created": iso(principal.created),
    }


def checked(body: Any, shape: type[T]) -> T:
    """The body in that shape; raises Invalid, naming the field."""
    try:
        return msgspec.convert(body, shape)
    except msgspec.ValidationError as error:
        raise Invalid(f"The body is not right: {error}.") from None


def _whole(people: People, principals: list[Principal]) -> list[dict[str, Any]]:
    directory = people.directory
    members, guests = directory.names_in(principals), directory.guests(principals)
    return whole(principals, members, guests, directory.owners(principals))


def whole(
    principals: list[Principal],
    members: Mapping[str, Iterable[str]],
    guests: Mapping[str, Guest],
    owners: Mapping[str, Source],
) -> list[dict[str, Any]]:
    """With a group's direct members, by name, with what makes a guest one, and with who owns it
    where that is a directory elsewhere; by object id."""
    documents = []
    for principal in principals:
        found = document(principal)
        if principal.kind == "Group":
            found["members"] = sorted(members.get(principal.id, ()))
        if guest := guests.get(principal.id):
            found["guest"] = msgspec.to_builtins(guest)
        if owner := owners.get(principal.id):
            found["managedBy"] = owner
        documents.append(found)
    return documents


def _guest(said: GuestBody | msgspec.UnsetType | None) -> Guest | msgspec.UnsetType | None:
    if said is None or said is msgspec.UNSET:
        return said
    return Guest(said.sponsor, said.until, tuple(said.scopes))


def _limit(text: str) -> int:
    found = numbers.whole(text, 1, _LARGEST_PAGE)
    if found is None:
        raise Invalid(f"`$top` is a number from 1 to {_LARGEST_PAGE}.", target="$top")
    return found
