"""What is offered here, in the words of SCIM: the provider's configuration, types and schemas."""

from __future__ import annotations

from typing import Any

from .documents import CORE, EMAIL, NAME

Document = dict[str, Any]
LARGEST_PAGE = 1000


def configuration(origin: str) -> Document:
    return {
        "schemas": [f"{CORE}ServiceProviderConfig"],
        "documentationUri": "https://datatracker.ietf.org/doc/html/rfc7644",
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": LARGEST_PAGE},
        "changePassword": {"supported": False},
        "sort": {"supported": False},
        "etag": {"supported": False},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "A token that `mlestate scim token` has made.",
                "primary": True,
            }
        ],
        "meta": _meta("ServiceProviderConfig", f"{origin}/scim/v2/ServiceProviderConfig"),
    }


def types(origin: str) -> list[Document]:
    return [
        {
            "schemas": [f"{CORE}ResourceType"],
            "id": name,
            "name": name,
            "endpoint": f"/{name}s",
            "description": description,
            "schema": CORE + name,
            "schemaExtensions": [],
            "meta": _meta("ResourceType", f"{origin}/scim/v2/ResourceTypes/{name}"),
        }
        for name, description in (("User", "People"), ("Group", "Groups of people and of groups"))
    ]


def schemas(origin: str) -> list[Document]:
    return [
        {
            "schemas": [f"{CORE}Schema"],
            "id": CORE + name,
            "name": name,
            "description": description,
            "attributes": attributes,
            "meta": _meta("Schema", f"{origin}/scim/v2/Schemas/{CORE}{name}"),
        }
        for name, description, attributes in (
            ("User", "A person", _USER),
            ("Group", "A group", _GROUP),
        )
    ]


def _meta(kind: str, location: str) -> Document:
    return {"resourceType": kind, "location": location}


def _attribute(name: str, description: str, type: str = "string", **said: Any) -> Document:
    plain: Document = {
        "name": name,
        "type": type,
        "multiValued": False,
        "description": description,
        "required": False,
        "mutability": "readWrite",
        "returned": "default",
    }
    if type in ("string", "reference"):
        plain |= {"caseExact": False, "uniqueness": "none"}
    return plain | said


_EXTERNAL = _attribute("externalId", "The directory's own word for it.", caseExact=True)
_NAMES = {
    "formatted": "The whole name.",
    "familyName": "The family name.",
    "givenName": "The given name.",
    "middleName": "The middle name.",
    "honorificPrefix": "A title before the name.",
    "honorificSuffix": "A title behind the name.",
}
_EMAILS = {
    "value": "The address.",
    "display": "As it is shown.",
    "type": "Such as work or home.",
    "primary": "Whether it is the one to use.",
}
_USER = [
    _attribute(
        "userName",
        "The name of the person, unique over people, groups and programs.",
        required=True,
        uniqueness="server",
    ),
    _EXTERNAL,
    _attribute("displayName", "As shown to others."),
    _attribute(
        "name",
        "The parts of the name.",
        "complex",
        subAttributes=[_attribute(name, _NAMES[name]) for name in NAME],
    ),
    _attribute(
        "emails",
        "Addresses.",
        "complex",
        multiValued=True,
        subAttributes=[
            _attribute(name, _EMAILS[name], "boolean" if name == "primary" else "string")
            for name in EMAIL
        ],
    ),
    _attribute("active", "Whether the person has access.", "boolean"),
    _attribute(
        "groups",
        "The groups that the person is directly in.",
        "complex",
        multiValued=True,
        mutability="readOnly",
        subAttributes=[
            _attribute("value", "The id of the group.", mutability="readOnly"),
            _attribute("display", "Its name.", mutability="readOnly"),
            _attribute("type", "Always `direct`.", mutability="readOnly"),
            _attribute(
                "$ref",
                "Its address.",
                "reference",
                mutability="readOnly",
                referenceTypes=["Group"],
                caseExact=True,
            ),
        ],
    ),
]
_GROUP = [
    _attribute("displayName", "The name of the group.", required=True, uniqueness="server"),
    _EXTERNAL,
    _attribute(
        "members",
        "Who is directly in it.",
        "complex",
        multiValued=True,
        subAttributes=[
            _attribute("value", "The id of a person or group.", mutability="immutable"),
            _attribute(
                "type",
                "What it is.",
                mutability="immutable",
                canonicalValues=["User", "Group"],
            ),
            _attribute(
                "$ref",
                "Their address.",
                "reference",
                mutability="immutable",
                referenceTypes=["User", "Group"],
                caseExact=True,
            ),
        ],
    ),
]
