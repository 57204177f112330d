"""Many PUTs at once: sent in parts, and what the server goes on with is awaited together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from ..core.errors import PlatformError
from .operations import await_all, path_of
from .refusals import refused
from .wire import Wire, no_estate

Document = Mapping[str, Any]
RESOURCES = "/estate/v1/resources"
# Of one request. More would hold up whoever else writes, and say less of what was cut off.
MOST = 200
LARGEST = 2 << 20


class _Answered(msgspec.Struct, frozen=True):
    status: int
    headers: dict[str, str]
    body: Any = None


class _Answers(msgspec.Struct, frozen=True):
    value: list[_Answered]


def put_many(wire: Wire, items: Sequence[tuple[str, Document]]) -> list[Document | PlatformError]:
    """In their order, for each the document as it was answered, or why it was refused; what the
    server went on with has ended."""
    found: list[Document | PlatformError] = []
    begun: dict[int, str] = {}
    for part in _parts(items):
        for answer in _sent(wire, part):
            if isinstance(answer, _Answered) and answer.status < 300:
                if operation := answer.headers.get("azure-asyncoperation"):
                    begun[len(found)] = path_of(operation)
                found.append(answer.body or {})
            elif isinstance(answer, _Answered):
                found.append(refused(answer.status, answer.body))
            else:
                found.append(answer)
    for place, error in await_all(wire, begun).items():
        found[place] = error
    return found


def _parts(items: Sequence[tuple[str, Document]]) -> Iterator[list[bytes]]:
    """The items as JSON, in lists that one request can take."""
    part: list[bytes] = []
    size = 0
    for id, body in items:
        encoded = msgspec.json.encode({"id": id, "body": body})
        if part and (len(part) == MOST or size + len(encoded) > LARGEST):
            yield part
            part, size = [], 0
        part.append(encoded)
        size += len(encoded)
    if part:
        yield part


def _sent(wire: Wire, part: list[bytes]) -> Sequence[_Answered | PlatformError]:
    """A request that is refused as a whole is refused for each."""
    try:
        # Each is a PUT: the same again is harmless.
        response = wire.ask("POST", RESOURCES, {"value": list(map(msgspec.Raw, part))}, again=True)
        return msgspec.json.decode(response.content, type=_Answers).value
    except msgspec.DecodeError:
        return [no_estate(response.request.url)] * len(part)
    except PlatformError as error:
        return [error] * len(part)
