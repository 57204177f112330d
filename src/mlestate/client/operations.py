"""Work that a server goes on with after its answer: asked after until it has ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2
import msgspec

from ..core.errors import Conflict, PlatformError, Unavailable
from .refusals import read
from .wire import Wire, no_estate, retry_after

ENDED = frozenset({"succeeded", "failed", "canceled"})
_LONGEST = 1800.0
_PAUSE = 1.0


def settle(wire: Wire, response: httpx2.Response, address: str) -> Any:
    """The final document of a PUT, POST or DELETE, or None. Raises when the work failed."""
    until = wire.clock() + _LONGEST
    if operation := response.headers.get("azure-asyncoperation"):
        return _by_operation(wire, response, path_of(operation), address, until)
    if response.status_code == 202 and (location := response.headers.get("location")):
        return _by_location(wire, response, path_of(location), until)
    document = content(response)
    if response.request.method == "PUT" and _running(document):
        return _by_resource(wire, response, address, until)
    return document


def content(response: httpx2.Response) -> Any:
    if not response.content.strip():
        return None
    try:
        return msgspec.json.decode(response.content)
    except msgspec.DecodeError:
        raise no_estate(response.request.url) from None


def _by_operation(
    wire: Wire, response: httpx2.Response, operation: str, address: str, until: float
) -> Any:
    method, location = response.request.method, response.headers.get("location")
    response = wire.ask("GET", operation)
    while (status := _status(content(response))) not in ENDED:
        _wait(wire, response, until)
        response = wire.ask("GET", operation)
    _succeeded(status, content(response), address)
    if method == "PUT":
        return content(wire.ask("GET", address))
    if method == "POST" and location:
        return content(wire.ask("GET", path_of(location)))
    return None


def _by_location(wire: Wire, response: httpx2.Response, location: str, until: float) -> Any:
    while response.status_code == 202:
        _wait(wire, response, until)
        response = wire.ask("GET", location)
    return content(response)


def _by_resource(wire: Wire, response: httpx2.Response, address: str, until: float) -> Any:
    while _running(document := content(response)):
        _wait(wire, response, until)
        response = wire.ask("GET", address)
    _succeeded(_state(document), document, address)
    return document


def _wait(wire: Wire, response: httpx2.Response, until: float) -> None:
    if wire.clock() >= until:
        raise Unavailable(
            f"still not ended after {_LONGEST / 60:.0f} minutes: look at it with `mlestate get`",
            code="OperationTimedOut",
        )
    pause = retry_after(response)
    wire.sleep(_PAUSE if pause is None else pause)


def _succeeded(status: str, document: Any, address: str) -> None:
    if status == "succeeded":
        return
    fallback = f"`{address}` ended as {status}"
    kind = Conflict if status == "canceled" else PlatformError
    raise read(kind, document, fallback)


def _status(document: Any) -> str:
    return str(document.get("status", "")).lower() if isinstance(document, Mapping) else ""


def _state(document: Any) -> str:
    properties = document.get("properties") if isinstance(document, Mapping) else None
    state = properties.get("provisioningState") if isinstance(properties, Mapping) else None
    return str(state or "succeeded").lower()


def _running(document: Any) -> bool:
    return _state(document) not in ENDED


def path_of(link: str) -> str:
    """Links are absolute; followed by path only, so that no token leaves for another host."""
    return httpx2.URL(link).raw_path.decode()
