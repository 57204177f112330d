"""The protocol as an ASGI application: parse, authorize, take the body, answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import structlog

from ...blob.buffers import Buffers
from ...core.errors import Forbidden, Invalid, PlatformError
from ..straight import Take, take_of
from ..trail import trail_of
from . import batch, blob, blocks, container, errors, services
from .answer import Answer, header_value
from .authorize import Access, authorize, denial
from .call import Call
from .ports import Ports
from .recorded import record
from .request import Request, need_text, parse
from .rules import Rule, Takes, rule_for
from .upload import BATCH, Disconnected, Receive, Upload, receive_document, receive_into

Send = Callable[[Any], Awaitable[None]]
T = TypeVar("T")

_log = structlog.get_logger(__name__)
# In the words of the protocol.
_FAILED = PlatformError(
    "The server encountered an internal error: its log says how.", code="InternalError"
)
# The largest block list has some 6 MB, and of a batch Azure takes as much.
_LARGEST_DOCUMENTS = {"put_block_list": 8 << 20, "batch": 4 << 20}
_LARGEST_OTHER = 256 << 10
_SPARE_BUFFERS = 32
# What somebody stored is no page of ours, where people log in: a browser shows it and runs nothing.
_INERT = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}
# Conditions, checks and ciphers that we don't know: to ignore one would be to lie.
_REFUSED = (
    "x-ms-content-crc64",
    "x-ms-structured-body",
    "x-ms-source-content-md5",
    "x-ms-source-content-crc64",
    "x-ms-if-tags",
    "x-ms-source-if-tags",
    "x-ms-encryption-key",
    "x-ms-encryption-scope",
    "x-ms-immutability-policy-until-date",
    "x-ms-legal-hold",
)

HANDLERS: dict[str, Callable[[Call], Answer]] = {
    handler.__name__: handler
    for handler in (
        services.list_containers,
        services.get_service_properties,
        services.set_service_properties,
        services.get_account_info,
        services.get_user_delegation_key,
        services.refuse,
        batch.batch,
        container.create_container,
        container.get_container,
        container.delete_container,
        container.set_container_metadata,
        container.lease_container,
        container.get_container_acl,
        container.set_container_acl,
        container.list_blobs,
        blob.put_blob,
        blob.get_blob,
        blob.get_blob_metadata,
        blob.delete_blob,
        blob.set_blob_metadata,
        blob.set_blob_headers,
        blob.set_blob_tier,
        blob.lease_blob,
        blob.get_tags,
        blob.set_tags,
        blob.abort_copy,
        blocks.put_block,
        blocks.put_block_list,
        blocks.get_block_list,
        blocks.append_block,
    )
}


class BlobApp:
    """Serves every account at `/_blob/{account}…` and at the account's own host."""

    def __init__(self, ports: Ports):
        self._ports = ports
        self._buffers = Buffers(BATCH, _SPARE_BUFFERS)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        request: Request | None = None
        try:
            request = parse(scope)
            answer = await self._answer(request, receive, take_of(scope))
        except PlatformError as error:
            trail_of(scope).note(error)
            answer = errors.answer(error, request, self._ports.tenant)
        except Disconnected:
            return
        except Exception:  # noqa: BLE001
            # The border: whoever asked gets an answer of the protocol, and the log says the rest.
            _log.exception("blob request failed", method=scope["method"], path=scope["path"])
            answer = errors.answer(_FAILED, request, self._ports.tenant)
        await self._send(answer, request, receive, send)

    async def _answer(self, request: Request, receive: Receive, take: Take | None) -> Answer:
        need_text(request)
        rule = rule_for(request)
        if rule.takes is Takes.NOTHING:
            return await self._in_thread(lambda: self._perform(request, rule))
        access = await self._in_thread(lambda: authorize(self._ports, request, rule))
        if rule.takes is Takes.DOCUMENT:
            most = _LARGEST_DOCUMENTS.get(rule.operation, _LARGEST_OTHER)
            document = await receive_document(receive, most)
            return await self._in_thread(lambda: self._handle(request, rule, access, document))
        return await self._take(request, rule, access, receive, take)

    async def _take(
        self, request: Request, rule: Rule, access: Access, receive: Receive, take: Take | None
    ) -> Answer:
        # Azure tells the MD5 of what is put whole, and of a block where the client tells its own.
        with_md5 = not request.comp or "content-md5" in request.headers
        cell = self._ports.cell(access.account.region)
        upload = Upload(cell.bodies, self._buffers, with_md5)
        length = request.number("content-length") or 0
        try:
            await receive_into(upload, receive, length, take, self._ports.threads)
            return await self._in_thread(lambda: self._handle(request, rule, access, upload=upload))
        finally:
            if upload.open:
                await self._in_thread(upload.abandon)
            upload.close()

    def _perform(self, request: Request, rule: Rule) -> Answer:
        return self._handle(request, rule, authorize(self._ports, request, rule))

    def _handle(
        self,
        request: Request,
        rule: Rule,
        access: Access,
        document: bytes = b"",
        upload: Upload | None = None,
    ) -> Answer:
        _need_known(request)
        cell = self._ports.cell(access.account.region)
        call = Call(request, access, cell, self._ports, self._part, document, upload)
        try:
            answer = HANDLERS[rule.operation](call)
        except Forbidden as error:
            who = access.caller or access.bound
            told = error.refused or denial(who, access.account, request.address, rule)
            raise error.of(told) from None
        record(self._ports, request, access, rule, answer)
        return answer

    def _part(self, request: Request) -> Answer:
        """A part of a batch: its refusal is its own answer."""
        try:
            need_text(request)
            return self._perform(request, rule_for(request))
        except PlatformError as error:
            request.trail.note(error)
            return errors.answer(error, request, self._ports.tenant)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._ports.threads, work)

    async def _send(
        self, answer: Answer, request: Request | None, receive: Receive, send: Send
    ) -> None:
        length = len(answer.body) if answer.length is None else answer.length
        headers = answer.headers | _common(request)
        if answer.status not in (204, 304):
            headers["Content-Length"] = str(length)
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": [
                    (
                        name.lower().encode("latin-1"),
                        header_value(value).encode("latin-1", "replace"),
                    )
                    for name, value in headers.items()
                ],
            }
        )
        if answer.pieces is not None:
            await self._send_pieces(answer.pieces, receive, send)
        await send({"type": "http.response.body", "body": answer.body})

    async def _send_pieces(self, pieces: Iterator[bytes], receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        # A server takes what is sent to somebody who left, so we have to look ourselves.
        gone = asyncio.ensure_future(_disconnect(receive))
        try:
            piece = await self._in_thread(lambda: next(pieces, None))
            while piece is not None and not gone.done():
                # The next piece is read while this one is on its way.
                coming = loop.run_in_executor(self._ports.threads, lambda: next(pieces, None))
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                piece = await coming
        finally:
            gone.cancel()


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _common(request: Request | None) -> dict[str, str]:
    if request is None:
        return _INERT
    headers = _INERT | {"x-ms-request-id": request.id, "x-ms-version": request.version}
    client = request.header("x-ms-client-request-id")
    return headers | ({"x-ms-client-request-id": client} if client else {})


def _need_known(request: Request) -> None:
    for name in _REFUSED:
        if name in request.headers:
            raise Invalid(f"{name} is not supported.", code="UnsupportedHeader", target=name)
