"""Where a program's connection comes in, and is led to where it asks for."""

from __future__ import annotations

import asyncio
import hmac
import ssl
from base64 import b64encode
from collections.abc import Callable, Set
from contextlib import suppress
from typing import cast

import msgspec

from ...core import azure_hosts
from ...core.errors import Invalid, PlatformError
from .dial import dial, dial_through
from .pipe import Open, Pipe
from .place import Place, address, authority
from .request import Request
from .upstream import Upstream, Upstreams

_HTTPS = 443
_CONNECTED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_BAD = "400 Bad Request"
_UNKNOWN = "407 Proxy Authentication Required"
_UNREACHED = "502 Bad Gateway"


class Ways(msgspec.Struct, frozen=True):
    """`trust` is for the estate's certificate; `stand_in` serves under Azure's names.

    `through` are hosts of Azure that are left alone. `secret` is asked of every program: other
    users of the machine can reach the loopback too. `say` hears of each connection, never more
    than the host's name and where it leads.
    """

    estate: Place
    trust: ssl.SSLContext
    stand_in: ssl.SSLContext
    upstreams: Upstreams
    secret: str
    through: Set[str] = frozenset()
    say: Callable[[str], None] = lambda text: None

    def to_estate(self, place: Place) -> bool:
        return azure_hosts.answered(place.host) and place.host not in self.through


class Door(Pipe):
    """Reads one request. A CONNECT becomes a tunnel; any other is answered, and that was all."""

    def __init__(self, ways: Ways, open_ends: Open):
        super().__init__(open_ends)
        self._ways, self._request = ways, Request()
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        try:
            self._request.feed(data)
        except Invalid as error:
            self._refuse(_BAD, str(error))
            return
        if self.other is not None:
            self.other.transport.write(self._request.take())
        elif self._request.headed and self._task is None:
            # What comes now is for whoever is found.
            self.transport.pause_reading()
            self._task = asyncio.get_running_loop().create_task(self._lead())

    def eof_received(self) -> bool:
        """Who has asked may still listen; the other end would take it for going away."""
        return self._task is not None

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._task is not None:
            self._task.cancel()

    async def _lead(self) -> None:
        asked = self._request
        if not self._known():
            self._refuse(_UNKNOWN, "this proxy is another's")
            return
        try:
            if asked.method == "CONNECT":
                await self._connect(authority(asked.target))
            else:
                await self._send(*address(asked.target))
        except Invalid as error:
            self._refuse(_BAD, str(error))
        except PlatformError as error:
            self._ways.say(str(error))
            self._refuse(_UNREACHED, str(error))

    async def _connect(self, place: Place) -> None:
        if place.port == _HTTPS and self._ways.to_estate(place):
            await self._stand_in(place)
            return
        upstream = self._upstream("https", place)
        if upstream is None:
            found, rest = await dial(place, self._open), b""
        else:
            found, rest = await dial_through(upstream, place, self._open)
        self._ways.say(f"{place} is left alone")
        self.transport.write(_CONNECTED + rest)
        found.transport.write(self._request.rest)
        own = self._succeeded(Pipe(self._open))
        own.connection_made(self.transport)
        self.transport.set_protocol(own)
        own.join(found)

    async def _stand_in(self, place: Place) -> None:
        """Nothing inside is looked at or changed: the estate answers by the Host that is asked."""
        if self._request.rest:
            raise Invalid("nothing is to be said before the answer to CONNECT")
        found = await dial(self._ways.estate, self._open, self._ways.trust)
        self._ways.say(f"{place} is answered by the estate")
        own = self._succeeded(Pipe(self._open, lambda error: self._told(place, error)))
        self.transport.write(_CONNECTED)
        loop, context = asyncio.get_running_loop(), self._ways.stand_in
        # What fails here is told to the pipe as well, as the loss of its connection.
        with suppress(OSError):
            tls = await loop.start_tls(self.transport, own, context, server_side=True)
            own.connection_made(cast(asyncio.Transport, tls))
            own.join(found)
        if found.other is None:
            found.transport.abort()

    async def _send(self, place: Place, path: str) -> None:
        if self._ways.to_estate(place):
            raise Invalid(f"{place.host} is answered by the estate, over https alone")
        upstream = self._upstream("http", place)
        found = await dial(upstream.place if upstream else place, self._open)
        host = str(place).removesuffix(":80")
        self._ways.say(f"{place} is left alone")
        target = f"http://{host}{path}" if upstream else path
        granted = upstream.authorization if upstream else ""
        found.transport.write(self._request.head(target, host, granted) + self._request.take())
        self.join(found)

    def _succeeded(self, pipe: Pipe) -> Pipe:
        """From now on the connection is that one's, and this door hears no more of it."""
        self._open.discard(self)
        return pipe

    def _upstream(self, scheme: str, place: Place) -> Upstream | None:
        # A proxy for the internet is none for the estate.
        return None if place == self._ways.estate else self._ways.upstreams.way(scheme, place)

    def _known(self) -> bool:
        given = self._request.value("proxy-authorization").encode("latin-1")
        return hmac.compare_digest(given, b"Basic " + b64encode(self._ways.secret.encode()))

    def _told(self, place: Place, error: Exception | None) -> None:
        if isinstance(error, ssl.SSLError) and "ALERT" in str(error.reason):
            self._ways.say(
                f"the program does not take the certificate for {place.host} ({error.reason}): "
                "it reads none of SSL_CERT_FILE, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE"
            )

    def _refuse(self, status: str, why: str) -> None:
        """Many clients show the first line alone, so the reason stands in it."""
        if self.other is not None:
            self.transport.abort()
            return
        said = f"mlestate run: {' '.join(why.split())}"
        text = said.encode("ascii", "replace") + b"\n"
        head = [
            f"HTTP/1.1 {status} ({said})",
            "Content-Type: text/plain",
            f"Content-Length: {len(text)}",
            "Connection: close",
        ]
        if status == _UNKNOWN:
            head.append('Proxy-Authenticate: Basic realm="mlestate run"')
        self.transport.write("\r\n".join(head).encode("ascii", "replace") + b"\r\n\r\n" + text)
        self.transport.close()
