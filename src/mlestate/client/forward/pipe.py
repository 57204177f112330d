"""Two connections made one: what arrives at an end leaves by the other, as fast as it is taken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

Lost = Callable[[Exception | None], None]
# Every end that is open, so that they can be closed.
Open = set["Pipe"]


class Pipe(asyncio.Protocol):
    """One end. It reads nothing until it is joined to another."""

    transport: asyncio.Transport

    def __init__(self, open_ends: Open, lost: Lost | None = None):
        self.other: Pipe | None = None
        self._open, self._lost, self._early = open_ends, lost, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's are none by inheritance.
        self.transport = cast(asyncio.Transport, transport)
        self._open.add(self)
        if self.other is None:
            self.transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        if self.other is not None:
            self.other.transport.write(data)
        else:
            # TLS gives what came with its last greeting, paused or not.
            self._early += data

    def join(self, other: Pipe) -> None:
        self.other, other.other = other, self
        if self.transport.is_closing() or other.transport.is_closing():
            self.transport.close()
            other.transport.close()
            return
        for end, far in ((self, other), (other, self)):
            far.transport.write(end._early)
            end.transport.resume_reading()

    def pause_writing(self) -> None:
        if self.other is not None and not self.other.transport.is_closing():
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None and not self.other.transport.is_closing():
            self.other.transport.resume_reading()

    def eof_received(self) -> bool:
        """A side that has said all may still listen; TLS has no such half."""
        if self.other is None or self.transport.get_extra_info("ssl_object") is not None:
            return False
        if not self.other.transport.can_write_eof():
            return False
        self.other.transport.write_eof()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.discard(self)
        if self._lost is not None:
            self._lost(exc)
        if self.other is not None:
            self.other.transport.close()
