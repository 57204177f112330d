"""Work that a server goes on with after its answer: asked after until it has ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import msgspec

from ..core.errors import Conflict, PlatformError, Unavailable
from .refusals import read
from .wire import Wire, no_estate, retry_after

ENDED = frozenset({"succeeded", "failed", "canceled"})
_LONGEST = 1800.0
_PAUSE = 1.0
_OPERATIONS = "/estate/v1/operations"
_TOGETHER = 200


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


def await_all(wire: Wire, begun: Mapping[int, str]) -> dict[int, PlatformError]:
    """Until all of these operations have ended. Why those failed that did, by any key of theirs."""
    until = wire.clock() + _LONGEST
    waiting, failed = {_place(path): key for key, path in begun.items()}, {}
    try:
        while waiting:
            for key, row in _ended(wire, waiting, until):
                if (status := _status(row)) != "succeeded":
                    failed[key] = _failure(status, row, begun[key])
    except PlatformError as error:
        failed |= dict.fromkeys(waiting.values(), error)
    return failed


def _ended(wire: Wire, waiting: dict[str, int], until: float) -> Iterator[tuple[int, Any]]:
    """Those of the first ones that have ended, which wait no more. The server does them in turn:
    the first tell how far it has come."""
    asked = list(waiting)[:_TOGETHER]
    response = wire.ask("GET", _OPERATIONS, params={"ids": ",".join(asked)})
    for row in content(response).get("value", ()):
        if _status(row) in ENDED:
            yield waiting.pop(str(row["id"])), row
    if not waiting.keys().isdisjoint(asked):
        _wait(wire, response, until)


def _place(operation: str) -> str:
    """`…/locations/REGION/operationsStatus/ID`, as one asks for many of them."""
    *_, region, _, id = operation.partition("?")[0].split("/")
    return f"{region}/{id}"


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
    if status != "succeeded":
        raise _failure(status, document, address)


def _failure(status: str, document: Any, address: str) -> PlatformError:
    kind = Conflict if status == "canceled" else PlatformError
    return read(kind, document, f"`{address}` ended as {status}")


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
