"""Connections outward: to the estate, to a place, or to it through the machine's own proxy."""

from __future__ import annotations

import asyncio
import os
import ssl

from ...core.errors import Unavailable
from .pipe import Open, Pipe
from .place import Place
from .upstream import Upstream

_PATIENCE = 30.0
_LONGEST_ANSWER = 16 << 10


async def dial(place: Place, open_ends: Open, trust: ssl.SSLContext | None = None) -> Pipe:
    """With `trust` over TLS. Raises Unavailable."""
    loop = asyncio.get_running_loop()
    name = place.host if trust else None
    try:
        async with asyncio.timeout(_PATIENCE):
            _, pipe = await loop.create_connection(
                lambda: Pipe(open_ends), place.host, place.port, ssl=trust, server_hostname=name
            )
    except TimeoutError:
        raise Unavailable(f"{place} does not answer") from None
    except ssl.SSLError as error:
        raise Unavailable(f"{place} is not trusted: {error.reason or error}") from None
    except OSError as error:
        raise Unavailable(f"{place} cannot be reached: {_why(error)}") from None
    return pipe


async def dial_through(upstream: Upstream, place: Place, open_ends: Open) -> tuple[Pipe, bytes]:
    """A tunnel, and what came out of it with the answer. Raises Unavailable."""
    trust = ssl.create_default_context() if upstream.tls else None
    pipe = await dial(upstream.place, open_ends, trust)
    asked = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    if upstream.authorization:
        asked.append(f"Proxy-Authorization: {upstream.authorization}")
    answer = _Answer(pipe)
    pipe.transport.write(("\r\n".join(asked) + "\r\n\r\n").encode("latin-1"))
    try:
        async with asyncio.timeout(_PATIENCE):
            head, rest = await answer.heard
    except TimeoutError:
        pipe.transport.abort()
        raise Unavailable(f"the proxy {upstream.place} does not answer") from None
    words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
    if len(words) < 2 or not words[1].startswith("2"):
        pipe.transport.abort()
        said = " ".join(words[1:]) or "nothing"
        raise Unavailable(f"the proxy {upstream.place} refuses {place}: {said}")
    pipe.transport.pause_reading()
    pipe.transport.set_protocol(pipe)
    return pipe, rest


class _Answer(asyncio.Protocol):
    """Listens in a pipe's stead until the head of one answer is there."""

    def __init__(self, pipe: Pipe):
        self.heard: asyncio.Future[tuple[bytes, bytes]] = asyncio.get_running_loop().create_future()
        self._said = b""
        pipe.transport.set_protocol(self)
        pipe.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        self._said += data
        head, end, rest = self._said.partition(b"\r\n\r\n")
        if (end or len(self._said) > _LONGEST_ANSWER) and not self.heard.done():
            self.heard.set_result((head, rest))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.heard.done():
            self.heard.set_result((b"", b""))


def _why(error: OSError) -> str:
    """Without the addresses that asyncio puts into the text."""
    if error.errno is None or error.errno < 0:
        return error.strerror or str(error)
    return os.strerror(error.errno)
