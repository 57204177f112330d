"""Principals as Microsoft Graph shows them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ...core.principals import Kind, Principal
from ...core.times import iso
from ...core.user_names import upn

COLLECTIONS: dict[str, Kind] = {
    "users": "User",
    "groups": "Group",
    "servicePrincipals": "ServicePrincipal",
}
_TYPES: dict[Kind, str] = {
    "User": "#microsoft.graph.user",
    "Group": "#microsoft.graph.group",
    "ServicePrincipal": "#microsoft.graph.servicePrincipal",
}
Document = dict[str, Any]


def document(principal: Principal, guests: Collection[str] = ()) -> Document:
    """`guests` are the ids of those of the principals that are some."""
    shown = {"id": principal.id, "displayName": principal.display_name}
    shown |= {"createdDateTime": iso(principal.created)}
    match principal.kind:
        case "User":
            return shown | _user(principal, principal.id in guests)
        case "Group":
            return shown | {
                "description": None,
                "groupTypes": [],
                "mail": None,
                "mailEnabled": False,
                "mailNickname": principal.name,
                "securityEnabled": True,
            }
    return shown | {
        "accountEnabled": principal.enabled,
        "appDisplayName": principal.display_name,
        "appId": principal.client_id,
        # The first is what clients show: a name says more than an id.
        "servicePrincipalNames": [principal.name, principal.client_id],
        "servicePrincipalType": "Application",
    }


def typed(principal: Principal, guests: Collection[str] = ()) -> Document:
    """Where it stands among others, of which not all are of one kind."""
    return {"@odata.type": _TYPES[principal.kind], **document(principal, guests)}


def _user(principal: Principal, guest: bool) -> Document:
    return {
        "accountEnabled": principal.enabled,
        "businessPhones": [],
        "givenName": None,
        "jobTitle": None,
        "mail": None,
        "mailNickname": principal.name.partition("@")[0],
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": None,
        "surname": None,
        "userPrincipalName": upn(principal.name),
        "userType": "Guest" if guest else "Member",
    }
