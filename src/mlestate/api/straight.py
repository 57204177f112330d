"""uvicorn's protocol, with a way for a large body to go from the socket straight into a buffer.

Ordinarily each byte of a body is copied four times before an application sees it. An application
that asks `take_of(scope)` may take the rest of its request's body itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from .bounded import BoundedProtocol

STRAIGHT = "mlestate.straight"
# Takes the body's last so many bytes. Only right after `receive` answered that there is more.
Take = Callable[[int], "Straight"]
_SCRATCH = 256 << 10


class StraightProtocol(BoundedProtocol):
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {STRAIGHT: {"take": self._take}}

    def _take(self, left: int) -> Straight:
        return Straight(self, left)

    def body_taken(self) -> None:
        """The parser never saw the rest of the body."""
        if self.parser is not None:
            self.renew_parser()
        self.on_message_complete()


class Straight(asyncio.BufferedProtocol):
    """Stands in for the connection's protocol until the body's end."""

    def __init__(self, http: StraightProtocol, left: int):
        self._http, self._left = http, left
        self._view: memoryview | None = None
        self._filled: asyncio.Future[bool] | None = None
        http.flow.pause_reading()
        # While reading is paused: the transport then begins anew, with our buffers.
        http.transport.set_protocol(self)

    @property
    def left(self) -> int:
        return self._left

    async def fill(self, view: memoryview) -> bool:
        """Fill it to its end, which is not behind the body's. False: the client went away."""
        if self._http.cycle.disconnected:
            return False
        self._view = view
        self._filled = self._http.loop.create_future()
        self._http.flow.resume_reading()
        try:
            return await self._filled
        finally:
            self._view = self._filled = None

    def discard(self) -> None:
        """Nobody wants the rest; what comes after it shall be read all the same."""
        if self._left and not self._http.cycle.disconnected:
            self._view = None
            self._http.flow.resume_reading()

    def get_buffer(self, sizehint: int) -> memoryview:
        if self._view is None:
            return memoryview(bytearray(min(self._left, _SCRATCH)))
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        self._left -= nbytes
        if self._view is not None:
            self._view = self._view[nbytes:]
            if not self._view:
                self._http.flow.pause_reading()
                self._settle(True)
        if not self._left:
            self._http.flow.pause_reading()
            self._http.transport.set_protocol(self._http)
            self._http.flow.resume_reading()
            self._http.body_taken()

    def connection_lost(self, exc: Exception | None) -> None:
        self._http.connection_lost(exc)
        self._settle(False)

    def eof_received(self) -> None:
        self._http.eof_received()

    def pause_writing(self) -> None:
        self._http.pause_writing()

    def resume_writing(self) -> None:
        self._http.resume_writing()

    def _settle(self, full: bool) -> None:
        if self._filled is not None and not self._filled.done():
            self._filled.set_result(full)


def take_of(scope: Any) -> Take | None:
    """What the server lends an application that knows it; None from any other server."""
    found: Take | None = scope.get("extensions", {}).get(STRAIGHT, {}).get("take")
    return found
