"""An event as Azure's activity log shows it."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid5

from ..core import ids
from ..core.activity import ACCEPTED, FAILED, STARTED, SUCCEEDED, About, Event
from ..core.errors import PlatformError
from ..core.ids import ResourceId
from ..core.times import iso
from ..store.activity.reading import Found

_OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
# Between the year 1 and 1970, and in a second: .NET's own count of time.
_EPOCH_TICKS, _TICKS = 621_355_968_000_000_000, 10_000_000
_BEGINS = {"value": "BeginRequest", "localizedValue": "Begin request"}
_ENDS = {"value": "EndRequest", "localizedValue": "End request"}
Json = dict[str, Any]


def documents(found: Found, tenant: str) -> list[Json]:
    """Of what is told with its body, the start beside the end, as Azure has both: the newer first.
    Azure's clients pair them by `operationId`, and read the bodies."""
    end = document(found, tenant)
    about = found.event.known
    if not about.said:
        return [end]
    end["operationId"] = end["eventDataId"]
    body = json.dumps({"id": end["resourceId"], "properties": about.said})
    start = _start(end, found)
    if found.event.action.endswith("/write"):
        start["properties"]["requestbody"] = body
    end["properties"]["responseBody"] = body
    return [end, start]


def _start(end: Json, found: Found) -> Json:
    guid = str(uuid5(UUID(end["eventDataId"]), STARTED))
    ends = ("statusCode", "statusMessage")
    return {
        **end,
        "eventDataId": guid,
        "eventName": _BEGINS,
        "id": _event_id(end["resourceId"], guid, found.event.at),
        "status": _word(STARTED),
        "subStatus": _word(""),
        "properties": {k: v for k, v in end["properties"].items() if k not in ends},
    }


def document(found: Found, tenant: str) -> Json:
    event, about = found.event, found.event.known
    resource = about.id or event.resource
    id, type = _parsed(resource)
    guid = str(UUID(hex=found.hash[:32]))
    at = iso(event.at)
    shown: Json = {
        "authorization": {"action": event.action, "role": about.role, "scope": resource},
        "caller": event.name,
        "channels": "Operation",
        "claims": _claims(event, about),
        "correlationId": event.correlation,
        "description": "",
        "eventDataId": guid,
        "eventName": _BEGINS if event.status == ACCEPTED else _ENDS,
        "category": _word("Administrative"),
        "eventTimestamp": at,
        "submissionTimestamp": at,
        "id": _event_id(resource, guid, event.at),
        "level": "Error" if event.status == FAILED else "Informational",
        "operationId": event.operation or event.correlation,
        "operationName": _word(event.action),
        "resourceGroupName": id.group if id else "",
        "resourceProviderName": _word(event.action.partition("/")[0]),
        "resourceType": _word(type),
        "resourceId": resource,
        "status": _word(event.status or SUCCEEDED),
        "subStatus": _sub_status(about.code),
        "subscriptionId": id.subscription if id else "",
        "tenantId": tenant,
        "properties": _properties(found, about),
    }
    if about.method:
        shown["httpRequest"] = {
            "clientRequestId": about.client_request,
            "clientIpAddress": about.address,
            "method": _method(about),
            "uri": about.uri,
        }
    return shown


def _event_id(resource: str, guid: str, at: float) -> str:
    return f"{resource}/events/{guid}/ticks/{_EPOCH_TICKS + int(at * _TICKS)}"


def _method(about: About) -> str:
    """Of one of many PUTs that came in one request, its own."""
    return "PUT" if about.said and about.method == "POST" else about.method


def _parsed(resource: str) -> tuple[ResourceId | None, str]:
    """The id and its type; of a blob the container's, since no other id has such names."""
    container, blob = ids.split_blob(resource)
    try:
        id = ids.parse(container)
    except PlatformError:
        return None, ""
    return id, f"{id.type}/blobs" if blob else id.type


def _claims(event: Event, about: About) -> dict[str, str]:
    found = {"name": event.name, _OBJECT_ID: event.principal}
    return found | ({"idtyp": about.kind} if about.kind else {})


def _properties(found: Found, about: About) -> dict[str, str]:
    """Text all of it, as Azure's clients expect. What is ours stands beside what is Azure's."""
    said = {
        "statusCode": _phrase(about.code),
        "statusMessage": about.message,
        "errorCode": about.error,
        "principalType": about.kind,
        "job": about.job,
        "via": about.via,
        "grantedAt": about.held,
        "requests": about.requests if about.requests > 1 else "",
        "bytes": about.size or "",
        "added": ", ".join(about.added),
        "removed": ", ".join(about.removed),
        "cell": found.cell or "estate",
        "number": found.seq,
        "hash": found.hash,
    }
    return {name: str(value) for name, value in said.items() if value not in ("", None)}


def _sub_status(code: int) -> dict[str, str]:
    if not code:
        return _word("")
    phrase = _phrase(code)
    return {"value": phrase, "localizedValue": f"{phrase} (HTTP Status Code: {code})"}


def _phrase(code: int) -> str:
    """As Azure has it: `Created`, `OK`, `InternalServerError`."""
    return HTTPStatus(code).phrase.replace(" ", "") if code else ""


def _word(text: str) -> dict[str, str]:
    return {"value": text, "localizedValue": text}
