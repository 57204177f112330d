"""A request's bytes on their way into a body, with bounded memory."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import Any

from ...blob.bodies import Bodies, Body, BodyWriter
from ...core.errors import Invalid, TooLarge

# One batch is being written (and hashed) in a thread while the next one comes in.
BATCH = 512 << 10
Receive = Callable[[], Awaitable[Any]]


class Disconnected(Exception):
    """The client went away in the middle; there's nobody to answer."""


class Upload:
    """`feed`, `finish` and `abandon` are for a worker thread, one at a time."""

    def __init__(self, bodies: Bodies, with_md5: bool):
        self._bodies = bodies
        self._writer: BodyWriter | None = None
        self._md5 = hashlib.md5(usedforsecurity=False) if with_md5 else None
        self._rest: list[bytes] = []

    def feed(self, pieces: list[bytes]) -> None:
        if self._writer is None:
            self._writer = self._bodies.writer()
        if self._md5:
            for piece in pieces:
                self._md5.update(piece)
        self._writer.write(pieces)

    def leave(self, pieces: list[bytes]) -> None:
        """The last pieces. `finish` writes them: a small body then takes one turn of a thread."""
        self._rest = pieces

    def finish(self, expected: bytes | None) -> Body:
        """Durable when it returns. Invalid `Md5Mismatch` when the bytes are not what was meant."""
        self.feed(self._rest)
        if expected is not None and self._md5 and self._md5.digest() != expected:
            raise Invalid("The MD5 of the body is another.", code="Md5Mismatch")
        assert self._writer is not None
        writer, self._writer = self._writer, None
        return writer.finish()

    @property
    def md5(self) -> str:
        return base64.b64encode(self._md5.digest()).decode() if self._md5 else ""

    @property
    def open(self) -> bool:
        return self._writer is not None

    def abandon(self) -> None:
        """What was written so far is nobody's."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            writer.abandon()


async def receive_into(upload: Upload, receive: Receive, threads: Executor) -> None:
    """Take the whole body; all but the last batch is written when this returns."""
    loop = asyncio.get_running_loop()
    writing: asyncio.Future[None] | None = None
    more = True
    try:
        while more:
            pieces, more = await _batch(receive)
            if writing is not None:
                await writing
                writing = None
            if more:
                writing = loop.run_in_executor(threads, upload.feed, pieces)
            else:
                upload.leave(pieces)
    finally:
        # The thread must be done with the upload before anybody abandons it.
        if writing is not None:
            await asyncio.wait([writing])


async def receive_document(receive: Receive, most: int) -> bytes:
    pieces: list[bytes] = []
    size, more = 0, True
    while more:
        piece, more = await _piece(receive)
        size += len(piece)
        if size > most:
            raise TooLarge(f"The body is limited to {most} bytes.")
        pieces.append(piece)
    return b"".join(pieces)


async def _batch(receive: Receive) -> tuple[list[bytes], bool]:
    pieces: list[bytes] = []
    size, more = 0, True
    while more and size < BATCH:
        piece, more = await _piece(receive)
        pieces.append(piece)
        size += len(piece)
    return pieces, more


async def _piece(receive: Receive) -> tuple[bytes, bool]:
    event = await receive()
    if event["type"] == "http.disconnect":
        raise Disconnected
    return event.get("body", b""), event.get("more_body", False)
