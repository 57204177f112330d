"""People, groups and service principals: declared in the file, addressed by their names."""

from __future__ import annotations

from collections.abc import Iterator

from ..desired import Desired
from ..spec import Estate
from .identities import object_id

ADDRESSES = {
    "User": "/estate/v1/users",
    "Group": "/estate/v1/groups",
    "ServicePrincipal": "/estate/v1/servicePrincipals",
}


def declared(estate: Estate) -> Iterator[Desired]:
    for name, person in estate.people.items():
        yield _principal(estate, "User", name, person.name)
    for name, bot in estate.service_principals.items():
        yield _principal(estate, "ServicePrincipal", name, bot.name)
    belongs = {name: person.groups for name, person in estate.people.items()}
    belongs |= {name: bot.groups for name, bot in estate.service_principals.items()}
    members: dict[str, list[str]] = {name: [] for name in estate.groups}
    for name, groups in belongs.items():
        for each in dict.fromkeys(groups):
            members[each].append(name)
    for name, declared_group in estate.groups.items():
        yield group(estate, name, declared_group.name, members[name])


def group(
    estate: Estate, name: str, display_name: str, members: list[str], key: str = ""
) -> Desired:
    kinds = estate.principals
    body = {
        "displayName": display_name,
        "objectId": object_id(estate.id, "Group", name),
        "members": members,
    }
    needs = tuple(f"{ADDRESSES[kinds[member]]}/{member}" for member in members)
    return Desired(f"{ADDRESSES['Group']}/{name}", "mlestate/groups", body, needs, key)


def _principal(estate: Estate, kind: str, name: str, display_name: str) -> Desired:
    address = ADDRESSES[kind]
    body = {"displayName": display_name, "objectId": object_id(estate.id, kind, name)}
    return Desired(f"{address}/{name}", f"mlestate/{address.rsplit('/', 1)[-1]}", body)
