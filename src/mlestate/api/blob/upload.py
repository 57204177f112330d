"""A request's bytes on their way into a body, with bounded memory."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from mmap import mmap
from typing import Any

from ...blob.bodies import Bodies, Body, BodyWriter, Piece
from ...blob.buffers import Buffers
from ...core.errors import Invalid, TooLarge
from ..straight import Straight, Take

# One batch is being written (and hashed) in a thread while the next one comes in.
BATCH = 1 << 20
# From here on a body is worth being read straight into buffers.
_LARGE = 512 << 10
Receive = Callable[[], Awaitable[Any]]


class Disconnected(Exception):
    """The client went away in the middle; there's nobody to answer."""


class Upload:
    """`feed`, `finish` and `abandon` are for a worker thread, one at a time."""

    def __init__(self, bodies: Bodies, buffers: Buffers, with_md5: bool):
        self._bodies, self._buffers = bodies, buffers
        self._borrowed: list[mmap] = []
        self._writer: BodyWriter | None = None
        self._md5 = hashlib.md5(usedforsecurity=False) if with_md5 else None
        self._rest: Sequence[Piece] = ()

    def feed(self, pieces: Sequence[Piece]) -> None:
        if self._writer is None:
            self._writer = self._bodies.writer()
        if self._md5:
            for piece in pieces:
                self._md5.update(piece)
        self._writer.write(pieces)

    def leave(self, pieces: Sequence[Piece]) -> None:
        """The last pieces. `finish` writes them: a small body then takes one turn of a thread."""
        self._rest = pieces

    def finish(self, expected: bytes | None) -> Body:
        """Durable when it returns. Invalid `Md5Mismatch` when the bytes are not what was meant."""
        return self._checked(expected).finish()

    def stage(self, expected: bytes | None) -> Body:
        """Like `finish`, for who keeps the body later."""
        return self._checked(expected).stage()

    def _checked(self, expected: bytes | None) -> BodyWriter:
        self.feed(self._rest)
        if expected is not None and self._md5 and self._md5.digest() != expected:
            raise Invalid("The MD5 of the body is another.", code="Md5Mismatch")
        assert self._writer is not None
        writer, self._writer = self._writer, None
        return writer

    @property
    def md5(self) -> str:
        return base64.b64encode(self._md5.digest()).decode() if self._md5 else ""

    @property
    def open(self) -> bool:
        return self._writer is not None

    def buffer(self, index: int) -> mmap:
        while len(self._borrowed) <= index:
            self._borrowed.append(self._buffers.borrow())
        return self._borrowed[index]

    def close(self) -> None:
        """Nobody writes from the buffers any more."""
        for buffer in self._borrowed:
            self._buffers.give_back(buffer)
        self._borrowed = []

    def abandon(self) -> None:
        """What was written so far is nobody's."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            writer.abandon()


async def receive_into(
    upload: Upload, receive: Receive, length: int, take: Take | None, threads: Executor
) -> None:
    """Take the whole body; all but the last batch is written when this returns.

    `length` is what the request says, 0 when it does not.
    """
    piece, more = await _piece(receive)
    if not more:
        upload.leave([piece])
    elif take is not None and len(piece) < BATCH and length - len(piece) >= _LARGE:
        await _receive_straight(upload, piece, take(length - len(piece)), threads)
    else:
        await _receive_pieces(upload, piece, receive, threads)


async def _receive_pieces(
    upload: Upload, first: bytes, receive: Receive, threads: Executor
) -> None:
    writing = _Turns(upload, threads)
    more, pieces = True, [first]
    try:
        while more:
            batch, more = await _batch(receive)
            pieces += batch
            await writing.done()
            if more:
                writing.begin(pieces)
            else:
                upload.leave(pieces)
            pieces = []
    finally:
        await writing.settle()


async def _receive_straight(
    upload: Upload, first: bytes, body: Straight, threads: Executor
) -> None:
    """Into two buffers in turns: one is written while the other one fills."""
    writing = _Turns(upload, threads)
    begin = len(first)
    try:
        for turn in itertools.count():
            view = memoryview(upload.buffer(turn % 2))
            end = min(BATCH, begin + body.left)
            view[:begin] = first[:begin]
            if not await body.fill(view[begin:end]):
                raise Disconnected
            await writing.done()
            if not body.left:
                upload.leave([view[:end]])
                return
            writing.begin([view])
            begin = 0
    finally:
        body.discard()
        await writing.settle()


class _Turns:
    """At most one batch is being written."""

    def __init__(self, upload: Upload, threads: Executor):
        self._upload, self._threads = upload, threads
        self._writing: asyncio.Future[None] | None = None

    def begin(self, pieces: Sequence[Piece]) -> None:
        loop = asyncio.get_running_loop()
        self._writing = loop.run_in_executor(self._threads, self._upload.feed, pieces)

    async def done(self) -> None:
        if self._writing is not None:
            writing, self._writing = self._writing, None
            await writing

    async def settle(self) -> None:
        """The thread must be done with the upload before anybody abandons it."""
        if self._writing is not None:
            await asyncio.wait([self._writing])


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
