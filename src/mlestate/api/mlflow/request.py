"""One request: who asks, which workspace, what is sent; decoded where it comes in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from functools import lru_cache
from typing import Any, TypeVar, cast, get_origin
from urllib.parse import parse_qs

import msgspec

from ...core.access import Caller
from ...core.conventions import New
from ...core.errors import Invalid, TooLarge
from ...store.tracking import TrackingStore
from ...tracking.ports import Artifacts, Models, Names, Workspace
from ...tracking.registry import Registry
from ..http import hold_no_nul, why_not_json
from ..trail import Trail
from .address import Roots

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# A full batch: 100 params of 6,000 characters, each written as an escape of six bytes.
BODY = 4_000_000
# A dataset's profile alone may have 16 MB.
LARGE_BODY = 40_000_000

T = TypeVar("T")


class Request:
    __slots__ = (
        "artifacts",
        "caller",
        "models",
        "names",
        "new_id",
        "now",
        "params",
        "receive",
        "record",
        "roots",
        "scope",
        "send",
        "store",
        "trail",
        "warnings",
        "workspace",
    )

    def __init__(
        self,
        scope: Mapping[str, Any],
        receive: Receive,
        send: Send,
        caller: Caller,
        workspace: Workspace,
        store: TrackingStore,
        roots: Roots,
        now: int,
        params: Mapping[str, str],
    ):
        self.scope, self.receive, self.send = scope, receive, send
        self.caller, self.workspace, self.store = caller, workspace, store
        self.roots, self.now, self.params = roots, now, params
        self.models: Models
        self.artifacts: Artifacts
        self.trail: Trail
        # Of an id: what is done to it is in the activity log when that returns.
        self.record: Callable[[str], Awaitable[None]]
        self.names: Names
        self.warnings: list[str] = []
        self.new_id: Callable[[], str]

    @property
    def key(self) -> str:
        return self.workspace.guid

    def header(self, name: bytes) -> str:
        return header(self.scope, name)

    def registry(self) -> Registry:
        models = self.models.asked_by(self.trail.asked)
        return Registry(models, self.caller, self.workspace, self.now)

    async def admit(self, new: New) -> None:
        """Refuse, or warn of, what is against the estate's conventions: before it is made."""
        if self.names.asked(new.of):
            self.warnings += await asyncio.to_thread(
                self.names.admit, self.caller, self.workspace, new
            )

    async def record_warnings(self, of: str, name: str) -> None:
        """After it was made."""
        if self.warnings:
            await asyncio.to_thread(self.names.record, self.caller, self.workspace, of, name)

    async def record_part(self, *names: str) -> None:
        """What of the workspace was changed, by its types and names: `experiments`, `7`."""
        await self.record("/".join((self.workspace.id, *names)))

    async def record_artifact(self, path: str) -> None:
        if id := await self.artifacts.guarded(self.caller, self.workspace, path):
            await self.record(id)

    async def body(self, limit: int = BODY) -> bytes:
        message = await self._next()
        body: bytes = message.get("body", b"")
        if message.get("more_body"):
            pieces, size = [body], len(body)
            while message.get("more_body") and size <= limit:
                message = await self._next()
                pieces.append(message.get("body", b""))
                size += len(pieces[-1])
            body = b"".join(pieces)
        if len(body) > limit:
            raise TooLarge(f"The request has more than {limit} bytes; send it in smaller pieces.")
        return body

    async def stream(self) -> AsyncIterator[bytes]:
        while True:
            message = await self._next()
            if body := message.get("body", b""):
                yield body
            if not message.get("more_body"):
                return

    async def _next(self) -> Message:
        message = await self.receive()
        if message["type"] == "http.disconnect":
            raise Invalid("The client went away before its request was complete.")
        return message

    async def json(self, type: type[T], limit: int = BODY) -> T:
        return decode(await self.body(limit), type)

    def query(self, type: type[T]) -> T:
        """The query string, by the fields of the struct; a list where the field is one."""
        text = self.scope["query_string"].decode("latin-1")
        lists = _lists(cast(Any, type))
        try:
            if "%00" in text:
                raise ValueError("it has a NUL character (`%00`)")
            given = parse_qs(text, keep_blank_values=True, max_num_fields=1000)
            plain = {k: v if k in lists else v[-1] for k, v in given.items()}
            return msgspec.convert(plain, type, strict=False)
        except (msgspec.ValidationError, ValueError) as error:
            raise Invalid(f"Invalid query: {error}") from None

    async def asked(self, type: type[T]) -> T:
        """From the query of a GET, from the body of anything else."""
        return self.query(type) if self.scope["method"] == "GET" else await self.json(type)


def header(scope: Mapping[str, Any], name: bytes) -> str:
    for key, value in scope["headers"]:
        if key == name:
            text: str = value.decode("latin-1")
            return text
    return ""


def decode(body: bytes, type: type[T]) -> T:
    hold_no_nul(body)
    try:
        found: T = _decoder(cast(Any, type)).decode(body or b"{}")
        return found
    except msgspec.ValidationError as error:
        raise Invalid(f"Invalid request: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"The request is not JSON: {why_not_json(body, error)}") from None
    except RecursionError:
        raise Invalid("The request is nested too deeply.") from None


@lru_cache(maxsize=256)
def _decoder(type: Any) -> msgspec.json.Decoder[Any]:
    # 64-bit numbers come as text from clients that follow protobuf's JSON.
    return msgspec.json.Decoder(type, strict=False)


@lru_cache(maxsize=256)
def _lists(type: Any) -> frozenset[str]:
    fields = msgspec.structs.fields(type)
    return frozenset(field.encode_name for field in fields if get_origin(field.type) is list)
