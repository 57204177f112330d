"""uvicorn's protocol, with bounds on what anybody at all can make the server keep or wait for.

Bounded are the head of a request, what comes with a body in chunks without being part of it, the
time that a head takes, how long what was answered already goes on coming, and how many requests
wait for their turn in one connection. How large a body may be is for the addresses to say.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Of the address, and of all of a head: a token, or a page's, has some kilobytes; blob storage's
# metadata and tags have 8 KiB and, encoded, some 12 KiB.
LARGEST_HEAD = 64 << 10
# A blob may have 8 KiB of metadata, in as many headers.
MOST_LINES = 500
# Of requests sent on without awaiting an answer.
MOST_WAITING = 100
HEAD_SECONDS = 30.0
# So long a client that is still sending can read why it was refused: closed at once, the connection
# would be reset under its hands.
_LINGER = 1.0


class BoundedProtocol(HttpToolsProtocol):
    # Whether a head is awaited or coming in, and not a body.
    _heading = True
    # Of this request's head and trailers.
    _size = _lines = 0
    # Bytes that came in since anything was made of them: the beginning of a header, or padding.
    _unread = 0
    # The head asks for another protocol: the parser takes no body behind it.
    _upgrading = False
    _late: asyncio.TimerHandle | None = None
    _fault: HTTPStatus | None = None
    _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._unread += len(data)
        try:
            self._parse(data)
        except httptools.HttpParserError:
            # What the parser stopped at, or one of the bounds.
            self._refuse(self._fault or HTTPStatus.BAD_REQUEST)
            return
        if self._unread > LARGEST_HEAD:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._heading and self._unread and self._late is None:
            self._unset_keepalive_if_required()
            self._wait()

    def on_message_begin(self) -> None:
        self._size = self._lines = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._hold(len(url), HTTPStatus.REQUEST_URI_TOO_LONG)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._lines += 1
        self._hold(len(name) + len(value), HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        # Behind a body come trailers. They are nobody's: the request was judged without them.
        if self._heading:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        names = [name for name, _ in self.headers]
        self._upgrading = self.parser.should_upgrade() and b"upgrade" in names
        if self._upgrading:
            return
        if names.count(b"host") > 1:
            raise ValueError("it has more than one host")
        if len(self.pipeline) >= MOST_WAITING:
            self._fault = HTTPStatus.TOO_MANY_REQUESTS
            raise ValueError(self._fault.phrase)
        self._heading, self._unread = False, 0
        self._stop_waiting()
        self._unset_keepalive_if_required()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._upgrading:
            return
        self._heading, self._unread = True, 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        last = not self.pipeline
        super().on_response_complete()
        if last and self._refused:
            self._say()

    def _parse(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as stopped:
            if not self._upgrading:
                raise httptools.HttpParserError("a tunnel is asked for") from None
            self._upgrading = False
            # No other protocol is spoken: it is a request like any other, body and all.
            head = self._head()
            self.renew_parser()
            self._parse(head + data[stopped.args[0] :])

    def renew_parser(self) -> None:
        """One that begins with the next request, since the other can't be told that it comes."""
        self.parser = httptools.HttpRequestParser(self)
        # As uvicorn has it: a request may be followed by others whatever `connection` says.
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)

    def _head(self) -> bytes:
        """As it came, without the offer of another protocol."""
        version = self.parser.get_http_version().encode()
        first = b"%s %s HTTP/%s\r\n" % (self.parser.get_method(), self.url, version)
        lines = (b"%s: %s\r\n" % each for each in self.headers if each[0] != b"upgrade")
        return b"".join((first, *lines, b"\r\n"))

    def _hold(self, more: int, fault: HTTPStatus) -> None:
        """Raises where a bound is passed; the parser then gives up."""
        self._size += more
        if self._size > LARGEST_HEAD or self._lines > MOST_LINES:
            self._fault = fault
            raise ValueError(fault.phrase)

    def _refuse(self, status: HTTPStatus) -> None:
        """Nothing more is read. Requests that came whole are answered before it is said."""
        self._refused, self._fault = True, status
        self._stop_waiting()
        self._unset_keepalive_if_required()
        if not self._heading and self._answering:
            self._give_up()
        elif not self._answering:
            self._say()

    def _give_up(self) -> None:
        """The newest request, whose body can't be read to its end."""
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        if self.pipeline:
            # It has not begun. Those before it go on.
            self.pipeline.popleft()
        elif self.cycle.response_started:
            self.transport.close()
        else:
            self._say()

    def _say(self) -> None:
        status = self._fault
        if self.transport.is_closing() or status is None:
            return
        said = f"{status.phrase}\n".encode()
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nconnection: close\r\n"
            f"content-type: text/plain; charset=utf-8\r\ncontent-length: {len(said)}\r\n\r\n"
        )
        self.transport.write(head.encode() + said)
        self.loop.call_later(_LINGER, self.transport.close)

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait(self) -> None:
        self._late = self.loop.call_later(HEAD_SECONDS, self._is_late)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _is_late(self) -> None:
        self._late = None
        if self._answering:
            self._wait()
        elif self._unread:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()
