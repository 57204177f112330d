"""An event as Azure's activity log shows it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from ..core import ids
from ..core.activity import ACCEPTED, FAILED, SUCCEEDED, About, Event
from ..core.errors import PlatformError
from ..core.ids import ResourceId
from ..core.times import iso
from ..store.activity.reading import Found

_OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
# Between the year 1 and 1970, and in a second: .NET's own count of time.
_EPOCH_TICKS, _TICKS = 621_355_968_000_000_000, 10_000_000
Json = dict[str, Any]


def document(found: Found, tenant: str) -> Json:
    event, about = found.event, found.event.known
    resource = about.id or event.resource
    id, type = _parsed(resource)
    guid = str(UUID(hex=found.hash[:32]))
    begins = event.status == ACCEPTED
    at = iso(event.at)
    shown: Json = {
        "authorization": {"action": event.action, "role": about.role, "scope": resource},
        "caller": event.name,
        "channels": "Operation",
        "claims": _claims(event, about),
        "correlationId": event.correlation,
        "description": "",
        "eventDataId": guid,
        "eventName": {
            "value": "BeginRequest" if begins else "EndRequest",
            "localizedValue": "Begin request" if begins else "End request",
        },
        "category": _word("Administrative"),
        "eventTimestamp": at,
        "submissionTimestamp": at,
        "id": f"{resource}/events/{guid}/ticks/{_EPOCH_TICKS + int(event.at * _TICKS)}",
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
            "method": about.method,
            "uri": about.uri,
        }
    return shown


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
