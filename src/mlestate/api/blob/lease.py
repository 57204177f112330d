"""The lease operation's headers, the same for blobs and containers."""

from __future__ import annotations

from uuid import UUID, uuid4

from ...blob.leases import Wish
from ...core.errors import Invalid
from ...store.blob_tables import Blob, Container
from .answer import Answer, version
from .request import Request

_STATUS = {"acquire": 201, "renew": 200, "change": 200, "release": 200, "break": 202}


def wish(request: Request) -> Wish:
    action = request.header("x-ms-lease-action").lower()
    if action not in _STATUS:
        raise Invalid(f"`{action}` is no lease action.", code="InvalidHeaderValue")
    seconds = request.number("x-ms-lease-duration")
    if action == "acquire" and seconds is None:
        raise Invalid("x-ms-lease-duration is missing.", code="MissingRequiredHeader")
    return Wish(
        action,
        id=_guid(request, "x-ms-lease-id", required=action not in ("acquire", "break")),
        proposed=_guid(request, "x-ms-proposed-lease-id", required=action == "change")
        or str(uuid4()),
        seconds=None if seconds == -1 else seconds,
        period=request.number("x-ms-lease-break-period"),
    )


def answer(request: Request, found: Blob | Container, left: int) -> Answer:
    action = request.header("x-ms-lease-action").lower()
    headers = version(found)
    if action == "break":
        headers["x-ms-lease-time"] = str(left)
    elif found.lease is not None:
        headers["x-ms-lease-id"] = found.lease.id
    return Answer(_STATUS[action], headers)


def _guid(request: Request, name: str, required: bool) -> str:
    text = request.header(name)
    if not text and not required:
        return ""
    if not text:
        raise Invalid(f"{name} is missing.", code="MissingRequiredHeader", target=name)
    try:
        return str(UUID(text))
    except ValueError:
        raise Invalid(f"`{text}` is no GUID.", code="InvalidHeaderValue", target=name) from None
