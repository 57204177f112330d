"""People, groups and service principals: declared in the file, addressed by their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from ..desired import Desired, Json
from ..spec import Estate
from .identities import object_id

ADDRESSES = {
    "User": "/estate/v1/users",
    "Group": "/estate/v1/groups",
    "ServicePrincipal": "/estate/v1/servicePrincipals",
}


def declared(estate: Estate) -> Iterator[Desired]:
    kinds = estate.principals
    for name, person in estate.people.items():
        yield _principal(estate, "User", name, person.name)
    for name, bot in estate.service_principals.items():
        yield _principal(estate, "ServicePrincipal", name, bot.name)
    belongs = {name: person.groups for name, person in estate.people.items()}
    belongs |= {name: bot.groups for name, bot in estate.service_principals.items()}
    belongs |= {name: group.groups for name, group in estate.groups.items()}
    members: dict[str, list[str]] = {name: [] for name in estate.groups}
    for name, groups in belongs.items():
        for each in dict.fromkeys(groups):
            members[each].append(name)
    for name, declared_group in estate.groups.items():
        whole = group(estate, name, declared_group.name, members[name], kinds)
        # It may have been one of guests.
        yield msgspec.structs.replace(whole, body={**whole.body, "guest": None})


def group(
    estate: Estate,
    name: str,
    display_name: str,
    members: list[str],
    kinds: Mapping[str, str],
    key: str = "",
) -> Desired:
    """`kinds` has the kind of each principal."""
    body = {
        "displayName": display_name,
        "objectId": object_id(estate.id, "Group", name),
        "members": members,
    }
    needs = tuple(f"{ADDRESSES[kinds[member]]}/{member}" for member in members)
    return Desired(f"{ADDRESSES['Group']}/{name}", "mlestate/groups", body, needs, key)


def _principal(estate: Estate, kind: str, name: str, display_name: str) -> Desired:
    address = ADDRESSES[kind]
    body: dict[str, Json] = {"displayName": display_name}
    body["objectId"] = object_id(estate.id, kind, name)
    if kind == "User":
        body["guest"] = None  # who was one, and is one of the house now
    return Desired(f"{address}/{name}", f"mlestate/{address.rsplit('/', 1)[-1]}", body)
