"""Users, groups and service principals as documents: read, listed, put and deleted."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from ..core.access import Caller
from ..core.errors import Invalid
from ..core.guests import Guest
from ..core.principals import Kind, Principal
from ..core.times import iso
from ..identity.credentials import Credentials
from ..identity.directory import Directory
from .http import answer

KINDS: dict[str, Kind] = {
    "users": "User",
    "groups": "Group",
    "servicePrincipals": "ServicePrincipal",
}
_COLLECTIONS = {kind: collection for collection, kind in KINDS.items()}
_LARGEST_PAGE = 1000
T = TypeVar("T")


class People(msgspec.Struct, frozen=True):
    """What these addresses work on. `dev`: a development estate, where nobody is anybody's boss."""

    directory: Directory
    credentials: Credentials
    dev: bool = False


class Asked(msgspec.Struct, frozen=True):
    """A request, read: `kind` is the collection in the address."""

    caller: Caller
    kind: str
    name: str
    label: str
    body: Any
    query: dict[str, str]
    origin: str


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
    page: dict[str, Any] = {"value": whole(people, shown)}
    if len(found) > limit:
        rest = urlencode({"$top": limit, "$skiptoken": shown[-1].name}, safe="$")
        page["nextLink"] = f"{asked.origin}/estate/v1/{asked.kind}?{rest}"
    return answer(page)


def got(people: People, asked: Asked) -> Response:
    return answer(whole(people, [people.directory.get(KINDS[asked.kind], asked.name)])[0])


def put(people: People, asked: Asked) -> Response:
    directory = people.directory
    if asked.kind == "groups":
        group = checked(asked.body, GroupBody)
        principal, new = directory.put_group(
            asked.name, group.display_name, group.members, group.object_id, _guest(group.guest)
        )
    else:
        shape = UserBody if asked.kind == "users" else ProgramBody
        body = checked(asked.body, shape)
        principal, new = directory.put(
            KINDS[asked.kind],
            asked.name,
            body.display_name,
            body.enabled,
            body.object_id,
            _guest(body.guest) if isinstance(body, UserBody) else msgspec.UNSET,
        )
    return answer(whole(people, [principal])[0], 201 if new else 200)


def deleted(people: People, asked: Asked) -> Response:
    people.directory.delete(KINDS[asked.kind], asked.name)
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


def whole(people: People, principals: list[Principal]) -> list[dict[str, Any]]:
    """With a group's direct members, by name, and with what makes a guest one."""
    guests = people.directory.guests(principals)
    documents = []
    for principal in principals:
        found = document(principal)
        if principal.kind == "Group":
            members = people.directory.members(principal)
            found["members"] = sorted(member.name for member in members)
        if guest := guests.get(principal.id):
            found["guest"] = msgspec.to_builtins(guest)
        documents.append(found)
    return documents


def _guest(said: GuestBody | msgspec.UnsetType | None) -> Guest | msgspec.UnsetType | None:
    if said is None or said is msgspec.UNSET:
        return said
    return Guest(said.sponsor, said.until, tuple(said.scopes))


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _LARGEST_PAGE:
        raise Invalid(f"`$top` is a number from 1 to {_LARGEST_PAGE}.", target="$top")
    return int(text)
